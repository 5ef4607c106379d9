import { type Finding, localDate, type Schedule } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import { whenView } from "../views/when.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { caretLines, configuredZone, readingsOf, tellPlace } from "./expression.ts";
import { readInstant, type Standpoint } from "./instants.ts";
import { type CalendarDay, clockChangeLines, daysOfMonth, monthLines } from "./month-calendar.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords, offsetText, relativeWords } from "./terminal/time-words.ts";
import { answerLines } from "./when-lines.ts";

const OPTIONS = {
  dialect: {
    value: "NAME",
    help: "whose it is: unix, quartz, systemd …; else by how it is written",
  },
  tz: {
    value: "ZONE",
    help: "time zone, such as Europe/London; else the configured one, else UTC",
  },
  from: { value: "TIME", help: "first instant to show; else now" },
  until: { value: "TIME", help: "show instants before this one" },
  n: { value: "N", short: "n", help: "how many instants; else 5, or all up to --until" },
  calendar: {
    value: "SHEET",
    help: "month: a sheet of that month, -n of several; year: of twelve",
  },
  stdin: { help: "answer schedules from standard input, JSON a line, with JSON a line" },
} as const;

/** More than anybody reads; an endless list is a mistake. */
const MOST = 10_000;
const FEW = 5;

const DAY_MS = 86_400_000;

export const whenCommand: Command = defineCommand({
  name: "when",
  summary: "Tells what a schedule means: in words, its next instants, what may not be meant",
  details: [
    "Needs no store and runs nothing. Quote the expression, or the shell will expand its *.",
  ],
  arguments: [{ name: "EXPR", presence: "any" }],
  options: OPTIONS,
  examples: [
    ['belfry when "30 2 * * *" --tz Europe/London', "what DST does to half past two"],
    ['belfry when "every 90m" -n 10', "an interval, counted from the epoch"],
    ['belfry when "Mon..Fri *-*-* 09:00" --tz Europe/Paris', "as another system has it"],
    ['belfry when "@hourly" --from 2027-01-01 --until 2027-01-02', "all of a day"],
    ['belfry when "0 9 * * 1-5" --calendar month', "on which days"],
  ],
  async run(session, call) {
    const expression = call.positionals.join(" ");
    const timeZone = call.value("tz") ?? (await configuredZone(session));
    checkAsked(call);
    if (call.has("stdin")) return await answerLines(session, timeZone);
    const [schedule, ...others] = tellPlace(session, expression, () =>
      readingsOf(expression, call.value("dialect"), timeZone),
    );
    const now = session.io.clock.now();
    const standpoint = { timeZone: schedule.timeZone, now, bare: "ahead" } as const;
    const sheets = sheetsOf(call, schedule, standpoint);
    const next = sheets === null ? nextInstants(call, schedule, standpoint) : [];
    // Of what is shown, also the first instant may be one that a clock change moved.
    const since = (next[0] ?? now) - DAY_MS;
    if (session.json) {
      const view = whenView(schedule, next, since);
      session.document(sheets === null ? view : { ...view, days: sheets.flat() });
      return 0;
    }
    if (others.length > 0 || !isBare(schedule.dialect)) {
      tellDialects(session, schedule, others, since);
    }
    session.print(session.out.bold(plain(schedule.words(since))));
    if (sheets === null) tellInstants(session, next, schedule.timeZone, now);
    else tellSheets(session, sheets);
    for (const finding of schedule.lint(since)) tellFinding(session, schedule.expression, finding);
    return 0;
  },
});

function checkAsked(call: Call<typeof OPTIONS>): void {
  if (call.has("stdin") === (call.positionals.length === 0)) return;
  const message = call.has("stdin")
    ? "--stdin takes its schedules from standard input, and no EXPR."
    : "Say which schedule: `belfry when EXPR`, or --stdin.";
  throw new BelfryError("usage", "bad-usage", message);
}

const SHEETS_MAX = 120;

/** The days of the months that were asked for, a sheet each; null where none was. */
function sheetsOf(
  call: Call<typeof OPTIONS>,
  schedule: Schedule,
  standpoint: Standpoint,
): CalendarDay[][] | null {
  const sheet = call.value("calendar");
  if (sheet === null) return null;
  if (sheet !== "month" && sheet !== "year") {
    const message = `--calendar takes month or year, not ${JSON.stringify(sheet)}.`;
    throw new BelfryError("usage", "bad-usage", message);
  }
  const from = call.value("from");
  const fromAt = from === null ? standpoint.now : readInstant(from, standpoint);
  const [year = 0, month = 1] = localDate(fromAt, schedule.timeZone).split("-").map(Number);
  const count = readCount(call.value("n"), "-n", 1, SHEETS_MAX) * (sheet === "year" ? 12 : 1);
  const first = sheet === "year" ? 0 : month - 1;
  return Array.from({ length: count }, (_, index) => daysOfMonth(schedule, year, first + index));
}

function tellSheets(session: Session, sheets: readonly CalendarDay[][]): void {
  for (const days of sheets) session.print("", ...monthLines(days, session.out));
  const changes = clockChangeLines(sheets.flat());
  if (changes.length > 0) session.print("", ...changes);
}

/** Whether a task takes it as a bare text. */
function isBare(dialect: string): boolean {
  return dialect === "unix" || dialect === "every" || dialect === "at";
}

/** Whose expression it was taken for; a task has to say so too. */
function tellDialects(
  session: Session,
  schedule: Schedule,
  others: readonly Schedule[],
  since: number,
): void {
  const { dialect } = schedule;
  session.say(`Read as ${dialect}; in a task, cron(…, { dialect: "${dialect}" }).`);
  const meant = (one: Schedule): string => plain(one.words(since));
  for (const other of others) {
    const same = meant(other) === meant(schedule) ? "the same" : meant(other);
    session.say(`As ${other.dialect}: ${same}.`);
  }
}

function nextInstants(
  call: Call<typeof OPTIONS>,
  schedule: { next(after: number): number | null },
  standpoint: Standpoint,
): number[] {
  const from = call.value("from");
  const until = call.value("until");
  const end = until === null ? Number.POSITIVE_INFINITY : readInstant(until, standpoint);
  const most = readCount(call.value("n"), "-n", until === null ? FEW : MOST, MOST);
  const found: number[] = [];
  // The first instant shown is at `from` or after it; `next` excludes the one it is given.
  let at = schedule.next((from === null ? standpoint.now + 1 : readInstant(from, standpoint)) - 1);
  while (at !== null && at < end && found.length < most) {
    found.push(at);
    at = schedule.next(at);
  }
  return found;
}

function tellInstants(
  session: Session,
  instants: readonly number[],
  timeZone: string,
  now: number,
): void {
  if (instants.length === 0) {
    session.say("It is not due in that time.");
    return;
  }
  session.print("");
  session.table(
    [{ title: "LOCAL TIME" }, { title: "ISO 8601" }, { title: "FROM NOW", shrinks: true }],
    instants.map((at) => [
      { text: instantWords(at, timeZone), dress: (text) => session.out.bold(text) },
      offsetText(at, timeZone),
      relativeWords(at, now),
    ]),
  );
}

function tellFinding(session: Session, expression: string, finding: Finding): void {
  const { err } = session;
  const mark = finding.severity === "info" ? err.underWay("i") : err.doubtful("!");
  session.say("", `${mark} ${plain(finding.message)}`, ...caretLines(session, expression, finding));
  if (finding.fix !== null) session.say(err.dim(`  Write ${plain(finding.fix)} instead.`));
}

import type { Finding, Schedule } from "@belfry/schedule";
import { whenView } from "../views/when.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { caretLines, configuredZone, readingsOf, tellPlace } from "./expression.ts";
import { readInstant, type Standpoint } from "./instants.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords, offsetText, relativeWords } from "./terminal/time-words.ts";

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
  arguments: [{ name: "EXPR", presence: "several" }],
  options: OPTIONS,
  examples: [
    ['belfry when "30 2 * * *" --tz Europe/London', "what DST does to half past two"],
    ['belfry when "every 90m" -n 10', "an interval, counted from the epoch"],
    ['belfry when "Mon..Fri *-*-* 09:00" --tz Europe/Paris', "as another system has it"],
    ['belfry when "@hourly" --from 2027-01-01 --until 2027-01-02', "all of a day"],
  ],
  async run(session, call) {
    const expression = call.positionals.join(" ");
    const timeZone = call.value("tz") ?? (await configuredZone(session));
    const [schedule, ...others] = tellPlace(session, expression, () =>
      readingsOf(expression, call.value("dialect"), timeZone),
    );
    const now = session.io.clock.now();
    const next = nextInstants(call, schedule, { timeZone: schedule.timeZone, now, bare: "ahead" });
    // Of what is shown, also the first instant may be one that a clock change moved.
    const findings = schedule.lint((next[0] ?? now) - DAY_MS);
    if (session.json) {
      session.document(whenView(schedule, next, findings));
      return 0;
    }
    if (others.length > 0 || !isBare(schedule.dialect)) tellDialects(session, schedule, others);
    session.print(session.out.bold(plain(schedule.words())));
    tellInstants(session, next, schedule.timeZone, now);
    for (const finding of findings) tellFinding(session, schedule.expression, finding);
    return 0;
  },
});

/** Whether a task takes it as a bare text. */
function isBare(dialect: string): boolean {
  return dialect === "unix" || dialect === "every" || dialect === "at";
}

/** Whose expression it was taken for; a task has to say so too. */
function tellDialects(session: Session, schedule: Schedule, others: readonly Schedule[]): void {
  const { dialect } = schedule;
  session.say(`Read as ${dialect}; in a task, cron(…, { dialect: "${dialect}" }).`);
  const meant = (one: Schedule): string => plain(one.words());
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

import {
  CONVERT_DIALECTS,
  type ConvertDialect,
  convert,
  type Difference,
  firstDifference,
  offsetAt,
  type Schedule,
} from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import { convertView } from "../views/convert.ts";
import { type Command, defineCommand } from "./command.ts";
import { configuredZone, readingsOf, tellPlace } from "./expression.ts";
import { readInstant } from "./instants.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords } from "./terminal/time-words.ts";

const OPTIONS = {
  to: { value: "NAME", help: `the dialect to write: ${CONVERT_DIALECTS.join(", ")}` },
  dialect: { value: "NAME", help: "whose it is: unix, rrule …; else by how it is written" },
  tz: {
    value: "ZONE",
    help: "time zone, such as Europe/London; else the configured one, else UTC",
  },
  from: { value: "TIME", help: "from when on they must be due at the same instants; else now" },
  approximately: {
    help: "take what differs where the clock is changed, or by what an interval counts from",
  },
} as const;

/** Where each of them keeps the zone that its expression is read in. */
const ZONE_PLACES: Readonly<Record<ConvertDialect, string | null>> = {
  unix: "CRON_TZ above the line in cronie, else the zone of the host",
  kubernetes: "spec.timeZone",
  gcp: "timeZone (--time-zone)",
  aws: "ScheduleExpressionTimezone",
  quartz: "the time zone of the trigger",
  systemd: null,
};

export const convertCommand: Command = defineCommand({
  name: "convert",
  summary:
    "Writes a schedule in another system's dialect, due at the same instants, or says why not",
  details: [
    "Prints the expression, and beneath it the time zone, but for systemd, whose expression has it.",
    "They are compared over forty years. Exits 1 where the other dialect cannot say it.",
  ],
  arguments: [{ name: "EXPR", presence: "several" }],
  options: OPTIONS,
  examples: [
    ['belfry convert "0 9 * * 1-5" --to aws --tz Europe/London', "from a crontab to EventBridge"],
    [
      'belfry convert "30 1 * * *" --to kubernetes --tz Europe/London',
      "where DST keeps them apart",
    ],
    ['belfry convert "0 0 12 ? * 6L" --dialect quartz --to systemd', "the last Friday"],
  ],
  async run(session, call) {
    const expression = call.positionals.join(" ");
    const to = dialectTo(call.value("to"));
    const timeZone = call.value("tz") ?? (await configuredZone(session));
    const asked = call.value("dialect");
    const [schedule] = tellPlace(session, expression, () =>
      readingsOf(expression, asked, timeZone),
    );
    const now = session.io.clock.now();
    const given = call.value("from");
    const standpoint = { timeZone: schedule.timeZone, now, bare: "ahead" } as const;
    const from = given === null ? now : readInstant(given, standpoint);
    const written = convert(schedule, to, { from, approximately: call.has("approximately") });
    const remarks = [
      ...(asked === null
        ? [`Read as ${schedule.dialect}: give --dialect where it is of another.`]
        : []),
      ...remarksOn(schedule, written, to, from),
    ];
    if (session.json) {
      session.document(convertView(schedule, written, remarks));
      return 0;
    }
    session.print(plain(written.expression));
    if (ZONE_PLACES[to] !== null) session.print(plain(written.timeZone));
    tell(session, remarks);
    return 0;
  },
});

function dialectTo(asked: string | null): ConvertDialect {
  const known = CONVERT_DIALECTS.find((name) => name === asked);
  if (known !== undefined) return known;
  const problem =
    asked === null
      ? "Which dialect is it to be?"
      : `There is no writing in the dialect ${JSON.stringify(asked)}.`;
  throw new BelfryError("usage", "dialect", problem, `Give --to ${CONVERT_DIALECTS.join(", ")}.`);
}

/** What whoever takes it over has to know. */
function remarksOn(
  schedule: Schedule,
  written: Schedule,
  to: ConvertDialect,
  from: number,
): string[] {
  const remarks: string[] = [];
  const difference = firstDifference(schedule, written, from);
  if (difference !== null) remarks.push(differenceWords(schedule, to, difference));
  if (/^(?:rate|@every)\b/.test(written.expression)) {
    remarks.push(`${to} counts it from when it is made there.`);
  }
  if (written.timeZone === "UTC" && hasClockChanges(schedule.timeZone, from)) {
    remarks.push("It is in UTC, where no clock is changed, to be due at the same instants.");
  }
  const place = ZONE_PLACES[to];
  if (place !== null) remarks.push(`The time zone belongs in ${place}: ${written.timeZone}.`);
  if (to === "gcp" && hasClockChanges(written.timeZone, from)) {
    remarks.push("Google does not publish what it does at a clock change: taken to be as cron's.");
  }
  return remarks;
}

function differenceWords({ dialect, timeZone }: Schedule, to: string, found: Difference): string {
  const [runs, rests] = found.due === "first" ? [dialect, to] : [to, dialect];
  const when = instantWords(found.at, timeZone);
  return `Not quite the same: first at ${when} ${runs} is due, ${rests} is not.`;
}

const MONTH_MS = 30 * 86_400_000;

function hasClockChanges(timeZone: string, from: number): boolean {
  const months = Array.from({ length: 13 }, (_, month) => from + month * MONTH_MS);
  return new Set(months.map((at) => offsetAt(at, timeZone))).size > 1;
}

function tell(session: Session, remarks: readonly string[]): void {
  session.say(...remarks.map((remark) => plain(remark)));
}

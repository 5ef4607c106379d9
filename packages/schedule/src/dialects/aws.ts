import { CalendarSchedule } from "../calendar-schedule.ts";
import { SKIPS_AND_ONCE } from "../clock-changes.ts";
import { quote, readAt, refuse } from "../errors.ts";
import { wholeOf } from "../finding.ts";
import { readInstant } from "../local-time.ts";
import type { Zone } from "../zone.ts";
import { AtSchedule } from "./at.ts";
import { type CronForm, DAY, HOUR, MINUTE, MONTH, readCron, WEEKDAYS, YEAR } from "./cron.ts";
import { anchorAt, EverySchedule } from "./every.ts";

/*
 * Amazon EventBridge, from its user guides: `aws` is EventBridge Scheduler, `aws-rules` the older
 * rules, which know UTC only and no at().
 */

export type AwsDialect = "aws" | "aws-rules";
export type AwsSchedule =
  | CalendarSchedule<AwsDialect>
  | EverySchedule<AwsDialect>
  | AtSchedule<AwsDialect>;

const FORM: CronForm<"aws"> = {
  dialect: "aws",
  minute: MINUTE,
  hour: HOUR,
  day: { ...DAY, question: true, special: ["L", "15W"] },
  month: MONTH,
  weekday: {
    name: "day of week",
    low: 1,
    high: 7,
    names: WEEKDAYS,
    question: true,
    special: ["L", "6L", "6#3"],
  },
  year: YEAR,
  days: "one",
  open: "question",
  stepsToEnd: true,
  wraps: true,
  boundsSteps: false,
};

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["minute", 60_000],
  ["hour", 3_600_000],
  ["day", 86_400_000],
]);
const USE_SCHEDULER = 'use the dialect "aws" (EventBridge Scheduler)';
const LONGEST_EXPRESSION = 256;

const FORMS: Readonly<Record<AwsDialect, CronForm<AwsDialect>>> = {
  aws: FORM,
  "aws-rules": { ...FORM, dialect: "aws-rules" },
};

export function parseAws(
  dialect: AwsDialect,
  expression: string,
  zone: Zone,
  anchor: number | string | undefined,
): AwsSchedule {
  const match = /^\s*(cron|rate|at)\(([^()]*)\)\s*$/.exec(expression);
  const [, kind, inner = ""] = match ?? [];
  if (match === null || expression.length > LONGEST_EXPRESSION) {
    refuse(
      wholeOf(expression),
      `${quote(expression)} is no schedule of EventBridge`,
      match === null
        ? "write cron(0 10 * * ? *), rate(5 minutes) or at(2026-12-01T09:00:00)"
        : `write ${LONGEST_EXPRESSION} characters or less`,
    );
  }
  const from = expression.indexOf("(") + 1;
  if (dialect === "aws-rules" && zone.name !== "UTC") {
    const hint = `leave it out for UTC, or ${USE_SCHEDULER}`;
    refuse(wholeOf(expression), "EventBridge rules know no time zone", hint, "time-zone");
  }
  if (kind === "rate") {
    const periodMs = readRate(inner, from);
    return new EverySchedule(dialect, expression, zone, periodMs, anchorAt(anchor, zone));
  }
  if (kind === "at") return readOnce(dialect, expression, zone, inner, from);
  const form = FORMS[dialect];
  const { calendar } = readCron(expression, form, null, from, from + inner.length);
  // "Nonexistent times are skipped, repeated times run once": the guide does not say which.
  return new CalendarSchedule(expression, form, calendar, zone, SKIPS_AND_ONCE);
}

function readRate(text: string, position: number): number {
  const [, value = "", unit = "", plural = ""] =
    /^(\d{1,9}) (minute|hour|day)(s?)$/.exec(text) ?? [];
  const count = Number(value);
  const place = { text, position };
  if (count === 0) {
    const hint = "write a whole number and minutes, hours or days, for example rate(5 minutes)";
    refuse(place, `${quote(text)} is no rate`, hint, "duration");
  }
  if ((count === 1) !== (plural === "")) {
    const hint = `write rate(${count} ${unit}${count === 1 ? "" : "s"})`;
    refuse(place, `${quote(text)} has the wrong form of ${unit}`, hint, "duration");
  }
  return count * (UNITS_MS.get(unit) ?? 0);
}

function readOnce(
  dialect: AwsDialect,
  expression: string,
  zone: Zone,
  text: string,
  position: number,
): AtSchedule<AwsDialect> {
  const place = { text, position };
  if (dialect === "aws-rules") refuse(place, "EventBridge rules have no at()", USE_SCHEDULER);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) {
    const hint = "write at(2026-12-01T09:00:00), with seconds and without an offset";
    refuse(place, `${quote(text)} is not an instant`, hint, "instant");
  }
  const dueAt = readAt(position, () => readInstant(text, zone));
  return new AtSchedule(dialect, expression, zone, text, dueAt);
}

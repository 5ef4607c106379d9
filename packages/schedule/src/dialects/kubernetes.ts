import { CalendarSchedule } from "../calendar-schedule.ts";
import type { ClockRule } from "../clock-changes.ts";
import { quote, refuse } from "../errors.ts";
import type { Zone } from "../zone.ts";
import { type CronForm, DAY, HOUR, MINUTE, MONTH, readCron, WEEKDAYS } from "./cron.ts";
import { anchorAt, EverySchedule } from "./every.ts";
import type { Field } from "./field.ts";
import { MACROS, unknownMacro } from "./macros.ts";

/*
 * The CronJobs of Kubernetes: the standard parser of robfig/cron v3 (parser.go, spec.go), with what
 * the API server refuses besides (pkg/apis/batch/validation).
 */

const open = (field: Field): Field => ({ ...field, question: true });

const FORM: CronForm<"kubernetes"> = {
  dialect: "kubernetes",
  minute: open(MINUTE),
  hour: open(HOUR),
  day: open(DAY),
  month: open(MONTH),
  weekday: { name: "day of week", low: 0, high: 6, names: WEEKDAYS, question: true },
  days: "either",
  open: "full",
  stepsToEnd: true,
  wraps: false,
  boundsSteps: false,
};

/** The wall clock as it is: what a gap swallows is lost, what an overlap repeats runs twice. */
const AS_SHOWN: ClockRule = { longestGapMinutes: 0, makesUp: "at-once", overlap: "both" };

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
const GO_DURATION = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|[uµμ]s|ms|s|m|h))+$/;
/** Go counts nanoseconds in 64 bits: about 292 years. */
const LONGEST_MS = 9_223_372_036_854;

export function parseKubernetes(
  expression: string,
  zone: Zone,
  anchor: number | string | undefined,
): CalendarSchedule<"kubernetes"> | EverySchedule<"kubernetes"> {
  const name = expression.trim();
  if (expression.includes("TZ")) {
    const [text = ""] = /\S+/.exec(expression) ?? [];
    const problem = "a CronJob takes no TZ= and no CRON_TZ= in its schedule";
    const hint = "leave it out and name the time zone beside the schedule";
    refuse({ text, position: expression.indexOf(text) }, problem, hint);
  }
  if (name.startsWith("@every ")) {
    const periodMs = readGoDuration(expression, name.slice("@every ".length));
    return new EverySchedule("kubernetes", expression, zone, periodMs, anchorAt(anchor, zone));
  }
  const fields = name.startsWith("@") ? MACROS.get(name) : expression;
  if (fields === undefined) unknownMacro(name, expression.indexOf("@"));
  return new CalendarSchedule(expression, FORM, readCron(fields, FORM).calendar, zone, AS_SHOWN);
}

/** Whole seconds, at least one: robfig/cron drops what is less. */
function readGoDuration(expression: string, text: string): number {
  let total = 0;
  for (const [, value, unit = ""] of text.matchAll(/([\d.]+)([^\d.]+)/g)) {
    total += Number(value) * (UNITS_MS.get(unit) ?? 0);
  }
  if (!GO_DURATION.test(text) || total === 0 || total > LONGEST_MS) {
    const place = { text, position: expression.lastIndexOf(text) };
    const hint = "write for example @every 1h30m, with the units h, m and s, and no sign";
    refuse(place, `${quote(text)} is no interval`, hint, "duration");
  }
  return Math.max(1000, Math.floor(total / 1000) * 1000);
}

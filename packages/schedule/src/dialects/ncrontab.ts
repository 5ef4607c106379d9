import { CalendarSchedule } from "../calendar-schedule.ts";
import type { ClockRule } from "../clock-changes.ts";
import { SecondSchedule } from "../second-schedule.ts";
import type { Zone } from "../zone.ts";
import { type CronForm, countFields, DAY, HOUR, MINUTE, readCron, SECOND } from "./cron.ts";

/*
 * The timers of Azure Functions: NCrontab 3.3 for the fields, and the timer extension's CronSchedule
 * for the clock changes. Five fields begin with the minute.
 */

const MONTHS =
  "january february march april may june july august september october november december";
const WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday";

const FORM: CronForm<"ncrontab"> = {
  dialect: "ncrontab",
  minute: MINUTE,
  hour: HOUR,
  day: DAY,
  month: { name: "month", low: 1, high: 12, names: MONTHS.split(" ") },
  weekday: { name: "day of week", low: 0, high: 6, names: WEEKDAYS.split(" ") },
  days: "both",
  open: "moving",
  stepsToEnd: true,
  wraps: false,
  boundsSteps: false,
};
const FORM_WITH_SECONDS: CronForm<"ncrontab"> = { ...FORM, second: SECOND };

const HALF_DAY_MINUTES = 720;
/** The next time is reckoned on the local clock: the first in a gap moves on by its length. */
const FIXED_TIME: ClockRule = {
  longestGapMinutes: HALF_DAY_MINUTES,
  makesUp: "shifted",
  overlap: "first",
};
/** Expressions with `*`, `-` or `/` in a field of the time. */
const INTERVAL: ClockRule = { ...FIXED_TIME, overlap: "both" };

export function parseNcrontab(expression: string, zone: Zone): SecondSchedule<"ncrontab"> {
  const form = countFields(expression) === 6 ? FORM_WITH_SECONDS : FORM;
  const reading = readCron(expression, form);
  const rule = [SECOND, MINUTE, HOUR].some((field) => reading.open.includes(field))
    ? INTERVAL
    : FIXED_TIME;
  const minutes = new CalendarSchedule(expression, form, reading.calendar, zone, rule);
  return new SecondSchedule(minutes, reading);
}

import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import { CalendarSchedule } from "../calendar-schedule.ts";
import { AtSchedule } from "../dialects/at.ts";
import { YEAR } from "../dialects/cron.ts";
import { EverySchedule } from "../dialects/every.ts";
import { SystemdSchedule } from "../dialects/systemd.ts";
import type { Schedule } from "../schedule.ts";
import { SecondSchedule, type Seconds } from "../second-schedule.ts";
import type { SpecialDay } from "../special-days.ts";
import { ALL_DATES, ALL_WEEKDAYS } from "./field-values.ts";

/**
 * What a schedule means by a wall clock, in whatever dialect it was written. Equal sets are written
 * equally: `years` is `null` where it is all of them, and a weekday of the last seven days is the last.
 */
export interface Shape extends Seconds {
  readonly fields: CalendarFields;
}

const WHOLE_MINUTES: Seconds = { secondsLow: 1, secondsHigh: 0 };

/** The shape of a schedule whose dialect has fields, else `null`. */
export function writtenShape(schedule: Pick<Schedule, "timeZone">): Shape | null {
  if (schedule instanceof SecondSchedule) {
    const { minutes, secondsLow, secondsHigh } = schedule;
    return { fields: plain(minutes.calendar), secondsLow, secondsHigh };
  }
  if (schedule instanceof CalendarSchedule) {
    return { fields: plain(schedule.calendar), ...WHOLE_MINUTES };
  }
  if (schedule instanceof SystemdSchedule) {
    const { calendar } = schedule;
    return calendar === null ? null : { ...calendar, fields: plain(calendar.fields) };
  }
  return null;
}

/** Whether its expression says all of it: what has been combined keeps the dialect of a part. */
export function isExpression(schedule: Schedule): boolean {
  const classes = [SecondSchedule, CalendarSchedule, SystemdSchedule, EverySchedule, AtSchedule];
  return classes.some((one) => schedule instanceof one);
}

/** Whether they are due at the same times of the wall clock, but for the years. */
export function isSameShape(one: Shape, other: Shape): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ fields, secondsLow, secondsHigh }: Shape): string {
  const { minutesLow, minutesHigh, hours, daysOfMonth, months, weekdays, dayRule } = fields;
  const years = fields.years === null ? "" : [...fields.years].sort((a, b) => a - b).join();
  const numbers = [secondsLow, secondsHigh, minutesLow, minutesHigh, hours, daysOfMonth, months];
  return JSON.stringify([numbers, weekdays, dayRule, years, fields.specialDays]);
}

function plain(calendar: CalendarFields): CalendarFields {
  const { minutesLow, minutesHigh, hours, months, dayRule } = calendar;
  const { daysOfMonth, weekdays, specialDays } = calendar;
  const time = { minutesLow, minutesHigh, hours, months, years: someYears(calendar.years) };
  const given = { daysOfMonth, weekdays, specialDays };
  if (dayRule === "either") {
    const every = daysOfMonth === ALL_DATES || weekdays === ALL_WEEKDAYS;
    if (!every) return { ...time, ...given, dayRule };
    const all = { daysOfMonth: ALL_DATES, weekdays: ALL_WEEKDAYS, specialDays: [] };
    return { ...time, ...all, dayRule: "both" };
  }
  const last = lastWeekday(calendar);
  if (last === null) return { ...time, ...given, dayRule };
  return { ...time, daysOfMonth: ALL_DATES, weekdays: 0, specialDays: [last], dayRule };
}

/** One weekday among the last seven days of a month. */
function lastWeekday({ weekdays, daysOfMonth, specialDays }: CalendarFields): SpecialDay | null {
  const [weekday, other] = valuesOf(weekdays, 0);
  if (weekday === undefined || other !== undefined || daysOfMonth !== 0) return null;
  const before = specialDays.flatMap((each) =>
    each.kind === "last" && !each.nearest ? [each.before] : [],
  );
  const week = before.length === 7 && specialDays.length === 7 && Math.max(...before) === 6;
  return week ? { kind: "last-weekday", weekday } : null;
}

/** `null` for all of them. */
function someYears(years: ReadonlySet<number> | null): ReadonlySet<number> | null {
  if (years === null) return null;
  for (let year = YEAR.low; year <= YEAR.high; year++) if (!years.has(year)) return years;
  return null;
}

import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import { pad } from "../civil.ts";
import type { SpecialDay } from "../special-days.ts";
import * as say from "./english.ts";

const ALL_DAYS = 0x7fffffff;
const ALL_WEEKDAYS = 0x7f;
/** More than any list of years that is meant as one: all of them. */
const MANY_YEARS = 200;
/** As many times of day as are named one by one. */
const MANY = 6;

/**
 * What the fields say, read from the sets and not from how they were written, so that the sentence
 * holds for each spelling of them. The zone is the caller's to add.
 */
export function calendarWords(fields: CalendarFields): string {
  const days = fields.specialDays.length > 0 ? specialDayWords(fields) : dayWords(fields);
  return timeWords(fields) + days + yearWords(fields.years);
}

/** The words of a schedule of minutes, and which seconds of them. */
export function secondWords(low: number, high: number, minutes: string): string {
  if (low === 1 && high === 0) return minutes;
  const seconds = [...valuesOf(low, 0), ...valuesOf(high, 30)];
  const step = stepOf(seconds);
  const whole = step !== null && isWhole(seconds, step);
  return say.ofEachMinute(whole ? say.every(step, "second") : say.atSeconds(seconds), minutes);
}

function timeWords(fields: CalendarFields): string {
  const minutes = [...valuesOf(fields.minutesLow, 0), ...valuesOf(fields.minutesHigh, 30)];
  const hours = valuesOf(fields.hours, 0);
  const minuteStep = stepOf(minutes);
  const hourStep = stepOf(hours);
  const [minute = 0] = minutes;
  const [first = 0] = hours;
  const last = hours.at(-1);
  if (hours.length === 24) return everyHourWords(minutes, minuteStep);
  if (minutes.length * hours.length <= MANY && (hours.length < 4 || hourStep === null)) {
    return say.at(hours.flatMap((hour) => minutes.map((value) => say.clock(hour, value))));
  }
  if (minutes.length === 1) {
    if (hourStep === null) return say.atMinuteOfHours(minute, hourList(hours));
    const rhythm = say.every(hourStep, "hour");
    return say.between(rhythm, say.clock(first, minute), say.clock(last, minute));
  }
  if (hourStep === 1 || (hours.length === 1 && minuteStep !== null && minutes.length > 3)) {
    if (minuteStep !== null && 60 % minuteStep === 0 && minutes.length === 60 / minuteStep) {
      const rhythm = say.every(minuteStep, "minute");
      return say.between(rhythm, say.clock(first, minute), say.clock(last, minutes.at(-1)));
    }
    return say.ofEachHour(minuteWords(minutes, minuteStep), pad(first), pad(last ?? 0));
  }
  const which = minuteWords(minutes, minuteStep);
  return hours.length === 1 ? say.ofHour(which, pad(first)) : say.ofHours(which, hourList(hours));
}

function everyHourWords(minutes: readonly number[], step: number | null): string {
  const [minute = 0] = minutes;
  if (minutes.length === 1) return say.eachHourAt(minute);
  if (step !== null && isWhole(minutes, step)) return say.every(step, "minute");
  return say.ofEveryHour(minuteWords(minutes, step));
}

function minuteWords(minutes: readonly number[], step: number | null): string {
  if (minutes.length === 60) return say.every(1, "minute");
  if (minutes.length > 3 && step !== null) {
    return say.minuteSpan(say.every(step, "minute"), minutes[0], minutes.at(-1));
  }
  return say.atMinutes(minutes);
}

/** Whether steps go round from 0, with the same distance everywhere. */
function isWhole(values: readonly number[], step: number): boolean {
  return values[0] === 0 && values.length * step === 60;
}

/** ` on the last Friday of every month`: such days are the only ones of their schedule. */
function specialDayWords({ specialDays, months }: CalendarFields): string {
  return say.onOf(say.list(specialDays.map(specialDayName)), say.months(valuesOf(months, 0)));
}

/** `the last Friday`. */
export function specialDayName(special: SpecialDay): string {
  if (special.kind === "nth") return say.nth(special.nth, say.weekdayName(special.weekday));
  if (special.kind === "last-weekday") return say.nth(-1, say.weekdayName(special.weekday));
  if (special.kind === "nearest") return say.nearest(say.days([special.day]));
  const day = say.nth(-1 - special.before, "day");
  return special.nearest ? say.nearest(day) : day;
}

function yearWords(years: ReadonlySet<number> | null): string {
  if (years === null || years.size >= MANY_YEARS) return "";
  return say.inYears([...years].sort((a, b) => a - b));
}

function dayWords(fields: CalendarFields): string {
  const anyDate = fields.daysOfMonth === ALL_DAYS;
  const anyWeekday = fields.weekdays === ALL_WEEKDAYS;
  const months = valuesOf(fields.months, 0);
  const dates = dateWords(valuesOf(fields.daysOfMonth, 1), months);
  const weekdays = valuesOf(fields.weekdays, 0);
  const inMonths = months.length === 12 ? "" : say.within(say.months(months));
  if (fields.dayRule === "either" ? anyDate || anyWeekday : anyDate && anyWeekday) return inMonths;
  if (fields.dayRule === "either") {
    return say.andOnEvery(dates, say.weekdays(weekdays)) + inMonths;
  }
  if (anyDate) return say.on(say.weekdays(weekdays)) + inMonths;
  return anyWeekday ? dates : say.ifItIs(dates, say.weekdays(weekdays, "or"));
}

/** ` on 29 February`, ` on days 1 and 15 of every month`, ` on every 2nd day of …`. */
function dateWords(dates: readonly number[], months: readonly number[]): string {
  const [date = 1] = dates;
  const [month = 0] = months;
  if (dates.length <= 3 && months.length === 1) {
    return say.on(`${say.list(dates.map(String))} ${say.monthName(month)}`);
  }
  const step = stepOf(dates);
  const stepped = step !== null && step > 1 && dates.length > 3;
  const which = stepped ? say.everyNthDay(step, date, dates.at(-1)) : say.days(dates);
  return say.onOf(which, say.months(months));
}

function hourList(hours: readonly number[]): string {
  const step = stepOf(hours);
  if (step !== null && step > 1 && hours.length > 3) {
    return say.steps(pad(hours[0] ?? 0), pad(hours.at(-1) ?? 0), step);
  }
  return say.runs(hours, pad);
}

/** The distance of values that are evenly spaced, where there are at least two. */
function stepOf(values: readonly number[]): number | null {
  const [first = 0, second] = values;
  if (second === undefined) return null;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : null;
}

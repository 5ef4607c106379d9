import { bitCount, type CalendarFields } from "./calendar.ts";
import { pad } from "./civil.ts";
import type { SpecialDay } from "./special-days.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ALL_DAYS = 0x7fffffff;
const ALL_MONTHS = 0xfff;
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
  const [first = 0] = seconds;
  const whole = step !== null && first === 0 && 60 % step === 0 && seconds.length === 60 / step;
  const which = whole
    ? everyNth(step, "second")
    : `At second${seconds.length === 1 ? "" : "s"} ${runs(seconds, String)}`;
  return `${which} of each minute: ${minutes}`;
}

function timeWords(fields: CalendarFields): string {
  const minutes = [...valuesOf(fields.minutesLow, 0), ...valuesOf(fields.minutesHigh, 30)];
  const hours = valuesOf(fields.hours, 0);
  const minuteStep = stepOf(minutes);
  const hourStep = stepOf(hours);
  const [minute = 0] = minutes;
  if (hours.length === 24) return everyHourWords(minutes, minuteStep);
  if (minutes.length * hours.length <= MANY && !(minutes.length === 60)) {
    const times = hours.flatMap((hour) => minutes.map((value) => clock(hour, value)));
    if (hours.length < 4 || hourStep === null) return `At ${list(times)}`;
  }
  if (minutes.length === 1) {
    if (hourStep === null) return `At minute ${minute} of the hours ${hourList(hours)}`;
    return `${everyNth(hourStep, "hour")} from ${clock(hours[0], minute)} to ${clock(hours.at(-1), minute)}`;
  }
  if (hourStep === 1 || (hours.length === 1 && minuteStep !== null && minutes.length > 3)) {
    const [first, last] = [hours[0], hours.at(-1)];
    if (minuteStep !== null && 60 % minuteStep === 0 && minutes.length === 60 / minuteStep) {
      return `${everyNth(minuteStep, "minute")} from ${clock(first, minute)} to ${clock(last, minutes.at(-1))}`;
    }
    return `${minuteWords(minutes, minuteStep)} of each hour from ${pad(first ?? 0)} to ${pad(last ?? 0)}`;
  }
  const ofHours =
    hours.length === 1 ? `hour ${pad(hours[0] ?? 0)}` : `the hours ${hourList(hours)}`;
  return `${minuteWords(minutes, minuteStep)} of ${ofHours}`;
}

function everyHourWords(minutes: readonly number[], step: number | null): string {
  if (minutes.length === 60) return "Every minute";
  const [minute = 0] = minutes;
  if (minutes.length === 1)
    return minute === 0 ? "Every hour on the hour" : `Every hour at minute ${minute}`;
  if (step !== null && minute === 0 && 60 % step === 0 && minutes.length === 60 / step) {
    return everyNth(step, "minute");
  }
  return `${minuteWords(minutes, step)} of every hour`;
}

function minuteWords(minutes: readonly number[], step: number | null): string {
  if (minutes.length === 60) return "Every minute";
  if (minutes.length > 3 && step !== null) {
    return `${everyNth(step, "minute")} from minute ${minutes[0]} to ${minutes.at(-1)}`;
  }
  return minutes.length === 1 ? `At minute ${minutes[0]}` : `At minutes ${runs(minutes, String)}`;
}

/** ` on the last Friday of every month`: such days are the only ones of their schedule. */
function specialDayWords({ specialDays, months }: CalendarFields): string {
  const ofMonths = months === ALL_MONTHS ? "every month" : monthWords(valuesOf(months, 0));
  return ` on ${list(specialDays.map(specialDayName))} of ${ofMonths}`;
}

/** `the last Friday`. */
export function specialDayName(special: SpecialDay): string {
  if (special.kind === "nth") return `the ${ordinal(special.nth)} ${WEEKDAYS[special.weekday]}`;
  if (special.kind === "last-weekday") return `the last ${WEEKDAYS[special.weekday]}`;
  const nearest = "the day from Monday to Friday nearest to";
  if (special.kind === "nearest") return `${nearest} day ${special.day}`;
  const { before } = special;
  const day = before === 0 ? "the last day" : `the ${ordinal(before + 1)} day from the end`;
  return special.nearest ? `${nearest} ${day}` : day;
}

function yearWords(years: ReadonlySet<number> | null): string {
  if (years === null || years.size >= MANY_YEARS) return "";
  return `, in ${runs(
    [...years].sort((a, b) => a - b),
    String,
  )}`;
}

function dayWords(fields: CalendarFields): string {
  const anyDate = fields.daysOfMonth === ALL_DAYS;
  const anyWeekday = fields.weekdays === ALL_WEEKDAYS;
  const dates = valuesOf(fields.daysOfMonth, 1);
  const anyMonth = fields.months === ALL_MONTHS;
  const weekdays = weekdayNames(fields.weekdays);
  const inMonths = anyMonth ? "" : ` in ${monthWords(valuesOf(fields.months, 0))}`;
  if (fields.dayRule === "either" ? anyDate || anyWeekday : anyDate && anyWeekday) return inMonths;
  if (fields.dayRule === "either") {
    return `${dateWords(dates, fields.months)}, and on every ${weekdays}${inMonths}`;
  }
  if (anyDate) return ` on ${weekdays}${inMonths}`;
  if (anyWeekday) return dateWords(dates, fields.months);
  const theDate = dateWords(dates, fields.months).slice(1);
  return ` ${theDate}, if it is a ${weekdayNames(fields.weekdays, "or")}`;
}

/** ` on 29 February`, ` on days 1 and 15 of every month`, ` on every 2nd day of …`. */
function dateWords(dates: readonly number[], months: number): string {
  const [date = 1] = dates;
  const names = valuesOf(months, 0).map(monthName);
  if (dates.length <= 3 && names.length === 1) {
    return ` on ${list(dates.map(String))} ${names[0]}`;
  }
  const ofMonths = months === ALL_MONTHS ? "every month" : monthWords(valuesOf(months, 0));
  if (dates.length === 1) return ` on day ${date} of ${ofMonths}`;
  const step = stepOf(dates);
  if (step !== null && step > 1 && dates.length > 3) {
    return ` on every ${ordinal(step)} day from ${date} to ${dates.at(-1)} of ${ofMonths}`;
  }
  return ` on days ${runs(dates, String)} of ${ofMonths}`;
}

/** Names of months that are counted from 0. */
export function monthWords(months: readonly number[]): string {
  return runs(months, monthName);
}

/** A week is told from Monday on, so that a weekend stays together. */
export function weekdayNames(weekdays: number, joint: "and" | "or" = "and"): string {
  const fromMonday = valuesOf((weekdays >>> 1) | ((weekdays & 1) << 6), 0);
  return runs(fromMonday, (day) => WEEKDAYS[(day + 1) % 7] ?? "", joint);
}

function monthName(month: number): string {
  return MONTHS[month] ?? "";
}

function hourList(hours: readonly number[]): string {
  const step = stepOf(hours);
  if (step !== null && step > 1 && hours.length > 3) {
    return `${pad(hours[0] ?? 0)} to ${pad(hours.at(-1) ?? 0)} in steps of ${step}`;
  }
  return runs(hours, pad);
}

/** `1 to 5, 8 and 10`: three or more in a row are told as a range. */
function runs(
  values: readonly number[],
  name: (value: number) => string,
  joint: "and" | "or" = "and",
): string {
  const parts: string[] = [];
  for (let index = 0; index < values.length; ) {
    let last = index;
    while (values[last + 1] === (values[last] ?? 0) + 1) last++;
    const ends = [values[index] ?? 0, values[last] ?? 0].map(name);
    if (last - index >= 2) parts.push(ends.join(" to "));
    else parts.push(...ends.slice(0, last - index + 1));
    index = last + 1;
  }
  return list(parts, joint);
}

function list(parts: readonly string[], joint: "and" | "or" = "and"): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${joint} ${parts.at(-1)}`;
}

function everyNth(step: number, unit: string): string {
  return step === 1 ? `Every ${unit}` : `Every ${step} ${unit}s`;
}

function ordinal(value: number): string {
  const tail =
    value % 100 > 10 && value % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${tail}`;
}

function clock(hour = 0, minute = 0): string {
  return `${pad(hour)}:${pad(minute)}`;
}

function valuesOf(bits: number, base: number): number[] {
  const values: number[] = [];
  for (let bit = 0; values.length < bitCount(bits); bit++) {
    if (((bits >>> bit) & 1) !== 0) values.push(base + bit);
  }
  return values;
}

/** The distance of values that are evenly spaced, where there are at least two. */
function stepOf(values: readonly number[]): number | null {
  const [first = 0, second] = values;
  if (second === undefined) return null;
  const step = second - first;
  return values.every((value, index) => value === first + index * step) ? step : null;
}

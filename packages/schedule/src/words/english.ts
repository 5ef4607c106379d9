import { dateText, MINUTES_PER_DAY, pad } from "../civil.ts";
import type { ClockChange } from "../clock-changes.ts";

/*
 * All that `words()` says, in English. What to say is decided elsewhere, from the values alone; for
 * another language this file is written anew, with the same names.
 */

export type Unit = "year" | "month" | "week" | "day" | "hour" | "minute" | "second" | "millisecond";
type Joint = "and" | "or";

const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );
const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** `month` counts from 0. */
export function monthName(month: number): string {
  return MONTHS[month] ?? "";
}

/** 0 is Sunday. */
export function weekdayName(weekday: number): string {
  return WEEKDAYS[weekday] ?? "";
}

export function list(parts: readonly string[], joint: Joint = "and"): string {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} ${joint} ${parts.at(-1)}`;
}

/** `1 to 5, 8 and 10`: three or more in a row are told as a range. */
export function runs(
  values: readonly number[],
  name: (value: number) => string = String,
  joint: Joint = "and",
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

/** `weeks 1 and 20`. */
export function numbered(unit: Unit, values: readonly number[]): string {
  return `${unit}${values.length === 1 ? "" : "s"} ${runs(values)}`;
}

/** Names of months, counted from 0. */
export function months(values: readonly number[]): string {
  return values.length === 12 ? "every month" : runs(values, monthName);
}

/** Names of weekdays; a week is told from Monday on, so that a weekend stays together. */
export function weekdays(values: readonly number[], joint: Joint = "and"): string {
  const fromMonday = values.map((day) => (day + 6) % 7).sort((a, b) => a - b);
  return runs(fromMonday, (day) => weekdayName((day + 1) % 7), joint);
}

/** `3rd`. */
export function ordinal(value: number): string {
  const tail =
    value % 100 > 10 && value % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${tail}`;
}

/** `the 3rd Friday`; -1 is `the last Friday`, -2 `the 2nd Friday from the end`. */
export function nth(value: number, what: string): string {
  if (value > 0) return `the ${ordinal(value)} ${what}`;
  return value === -1 ? `the last ${what}` : `the ${ordinal(-value)} ${what} from the end`;
}

/** `1 month`, `3 months`. */
export function count(value: number, unit: string): string {
  return value === 1 ? `1 ${unit}` : `${value} ${unit}s`;
}

export function times(value: number): string {
  return value === 1 ? "once" : `${value} times`;
}

export function every(step: number, unit: Unit): string {
  return step === 1 ? `Every ${unit}` : `Every ${step} ${unit}s`;
}

/** `09:30`, and `09:30:15` where there are seconds. */
export function clock(hour = 0, minute = 0, second = 0): string {
  return [hour, minute, ...(second > 0 ? [second] : [])].map(pad).join(":");
}

/** Of local minutes since 1970. */
export function clockOf(minute: number): string {
  const ofDay = minute - Math.floor(minute / MINUTES_PER_DAY) * MINUTES_PER_DAY;
  return clock(Math.floor(ofDay / 60), ofDay % 60);
}

/** `29 March 2026`, of local minutes since 1970. */
export function dateOf(minute: number): string {
  const [, year, month, day] =
    /^(.*)-(\d\d)-(\d\d)$/.exec(dateText(Math.floor(minute / MINUTES_PER_DAY))) ?? [];
  return `${Number(day)} ${monthName(Number(month) - 1)} ${year}`;
}

/** `15 minutes`, but `hour` for one hour: what follows "every". */
export function period(units: readonly (readonly [number, Unit])[]): string {
  const [first] = units;
  return units.length === 1 && first?.[0] === 1 ? first[1] : duration(units);
}

export function duration(units: readonly (readonly [number, Unit])[]): string {
  return units.map(([value, unit]) => count(value, unit)).join(" ");
}

// Times of day.

export const at = (clocks: readonly string[]): string => `At ${list(clocks)}`;
export const atMinuteOfHours = (minute: number, hours: string): string =>
  `At minute ${minute} of the hours ${hours}`;
export const between = (rhythm: string, from: string, to: string): string =>
  `${rhythm} from ${from} to ${to}`;
export const ofEachHour = (minutes: string, from: string, to: string): string =>
  between(`${minutes} of each hour`, from, to);
export const ofEveryHour = (minutes: string): string => `${minutes} of every hour`;
export const ofHour = (minutes: string, hour: string): string => `${minutes} of hour ${hour}`;
export const ofHours = (minutes: string, hours: string): string =>
  `${minutes} of the hours ${hours}`;
export const steps = (from: string, to: string, step: number): string =>
  `${from} to ${to} in steps of ${step}`;
export const eachHourAt = (minute: number): string =>
  minute === 0 ? "Every hour on the hour" : `Every hour at minute ${minute}`;
export const atMinutes = (minutes: readonly number[]): string =>
  `At ${numbered("minute", minutes)}`;
export const minuteSpan = (rhythm: string, from = 0, to = 0): string =>
  `${rhythm} from minute ${from} to ${to}`;
export const atSeconds = (seconds: readonly number[]): string =>
  `At ${numbered("second", seconds)}`;
export const ofEachMinute = (seconds: string, minutes: string): string =>
  `${seconds} of each minute: ${minutes}`;

// Days.

export const on = (days: string): string => ` on ${days}`;
export const onOf = (days: string, ofMonths: string): string => ` on ${days} of ${ofMonths}`;
export const within = (period: string): string => ` in ${period}`;
export const days = (values: readonly number[]): string => numbered("day", values);
export const everyNthDay = (step: number, from: number, to = 0): string =>
  `every ${ordinal(step)} day from ${from} to ${to}`;
export const andOnEvery = (dates: string, names: string): string =>
  `${dates}, and on every ${names}`;
export const ifItIs = (dates: string, names: string): string => `${dates}, if it is a ${names}`;
export const nearest = (day: string): string => `the day from Monday to Friday nearest to ${day}`;
export const inYears = (years: readonly number[]): string => `, in ${runs(years)}`;

// Intervals and single instants.

export function interval(
  period: string,
  count: number | null,
  base: string,
  backwards: boolean,
): string {
  const often = count === null ? "" : `, ${count} times`;
  return `Every ${period}${often}, counted ${backwards ? "back " : ""}from ${base}`;
}
/** What the clock does with the time of a single instant, as it was written. */
export const instantChanged = (kind: ClockChange["kind"], written: string): string =>
  kind === "gap" ? `; ${written} does not exist` : "; that time comes twice: runs at the first";
export const once = (local: string, zone: string): string => `Once, at ${local}, ${zone}`;

// Recurrence rules: parts of a sentence between commas.

export const weeksFrom = (weekday: string): string => `counting weeks from ${weekday}`;
export const inMonths = (values: readonly number[]): string => `in ${runs(values, monthName)}`;
export const inPeriod = (parts: string, whole: Unit): string => `in ${parts} of the ${whole}`;
export const onDays = (names: string, whole: Unit): string => `on ${names} of the ${whole}`;
export const onEach = (names: string): string => `on ${names}`;
export const atClocks = (clocks: readonly string[]): string => `at ${list(clocks)}`;
export const inHours = (hours: string): string => `in the hours ${hours}`;
export const atNumbered = (unit: Unit, values: readonly number[]): string =>
  `at ${numbered(unit, values)}`;
export const only = (which: string, unit: Unit): string => `only ${which} of each ${unit}`;
export const onDates = (dates: string): string => `on ${dates}`;
export const except = (dates: string): string => `except ${dates}`;
export const more = (value: number): string => `${value} more`;
export const fromUntil = (from: string, until: string | null): string =>
  until === null ? `from ${from}` : `from ${from} until ${until}`;

// systemd.

export const daysFromEnd = (values: string): string =>
  `counting days from the month's end: ${values}`;
export const inSome = (years: string): string => `in ${years}`;
export const atSomeSeconds = (seconds: string): string => `at second ${seconds} of the minute`;
export const andSoOn = (head: string, last = 0): string => `${head} and so on to ${last}`;

// Clock changes.

export const stretch = (from: string, to: string): string => `${from} to ${to}`;
export const THAT_TIME = "that time";
export function changedOn(
  date: string,
  times: string,
  kind: ClockChange["kind"],
  outcome: string,
): string {
  return `; on ${date} ${times} ${kind === "gap" ? "does not exist" : "comes twice"}: ${outcome}`;
}

/** What then becomes of one time, or of several. */
export function outcome(then: ClockChange["then"], single: boolean, madeUpAt: string): string {
  switch (then) {
    case "lost":
      return single ? "does not run" : "what is due then does not run";
    case "day-lost":
      return "does not run, nor later that day";
    case "made-up":
      return single ? `runs at ${madeUpAt}` : `what is due then runs once, at ${madeUpAt}`;
    case "both":
      return single ? "runs both times" : "what is due then runs both times";
    case "first":
      return single ? "runs at the first" : "runs the first time only";
    case "last":
      return single ? "runs at the second" : "runs the second time only";
  }
}

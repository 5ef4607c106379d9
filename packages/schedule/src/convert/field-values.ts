import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import type { Seconds } from "../second-schedule.ts";
import type { SpecialDay } from "../special-days.ts";

export const ALL_DATES = 0x7fffffff;
export const ALL_MONTHS = 0xfff;
export const ALL_WEEKDAYS = 0x7f;

/** `size` values from `low` on, as bits. */
export function bitsOf(values: Iterable<number>, low: number, size: number): number {
  let bits = 0;
  for (const value of values) {
    if (value >= low && value < low + size) bits |= 1 << (value - low);
  }
  return bits;
}

export function minutesOf({ minutesLow, minutesHigh }: CalendarFields): readonly number[] {
  return [...valuesOf(minutesLow, 0), ...valuesOf(minutesHigh, 30)];
}

export function secondsOf({ secondsLow, secondsHigh }: Seconds): readonly number[] {
  return [...valuesOf(secondsLow, 0), ...valuesOf(secondsHigh, 30)];
}

/** Whether it is due only as a minute begins. */
export function isWholeMinutes({ secondsLow, secondsHigh }: Seconds): boolean {
  return secondsLow === 1 && secondsHigh === 0;
}

/** Whether both the date and the weekday count. */
export function bothGiven({ daysOfMonth, weekdays }: CalendarFields): boolean {
  return daysOfMonth !== ALL_DATES && weekdays !== ALL_WEEKDAYS;
}

/** The dates of the nth week of a month, of which each weekday has one. */
export function weekDates(nth: number): number {
  return (0x7f << ((nth - 1) * 7)) & ALL_DATES;
}

/** Of the days that only quartz and aws name, the one that these fields amount to. */
export function specialOf(fields: CalendarFields): SpecialDay | null {
  const { daysOfMonth, weekdays, specialDays, dayRule } = fields;
  const [special = null, another] = specialDays;
  if (another !== undefined || special !== null) return another === undefined ? special : null;
  const [weekday, other] = valuesOf(weekdays, 0);
  if (weekday === undefined || other !== undefined || dayRule === "either") return null;
  const nth = [1, 2, 3, 4, 5].find((each) => daysOfMonth === weekDates(each));
  return nth === undefined ? null : { kind: "nth", weekday, nth };
}

/** Where all are even: how far apart; at least two, and more than one apart. Else `null`. */
export function stepOf(values: readonly number[]): number | null {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return step > 1 && values.every((value, index) => value === first + index * step) ? step : null;
}

/** Ranges of three or more, and what is left one by one. */
export function runsOf(values: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.flatMap(([from, to]): (readonly [number, number])[] => {
    const pair = to === from + 1;
    return pair
      ? [
          [from, from],
          [to, to],
        ]
      : [[from, to]];
  });
}

import { highestBit } from "../bits.ts";
import { Calendar, type CalendarFields } from "../calendar.ts";
import {
  DAY_MS,
  daysInMonth,
  firstDayOfMonth,
  MINUTES_PER_DAY,
  monthOfDay,
  weekdayOf,
  yearOfDay,
} from "../civil.ts";
import type { Schedule } from "../schedule.ts";
import { isOfWeekday, type SpecialDay } from "../special-days.ts";
import { instantOfLocal, type Span, type Zone } from "../zone.ts";
import { ALL_DATES, ALL_MONTHS, ALL_WEEKDAYS, bitsOf } from "./field-values.ts";
import type { Shape } from "./shape.ts";

/** Two rounds of leap years: 29 February, and every date on every day of the week it has soon. */
const YEARS = 8;
/** So many days are looked at for their times. */
const SAMPLES = 12;

/**
 * Finds the fields of a schedule in how it occurs from `from` on by the clock of a zone: rules,
 * intervals and unions need not be made of fields, and mostly are. What is found holds for the years
 * that were looked at: whoever uses it compares it with the schedule.
 *
 * @returns what keeps it from having fields, in words, where it has none.
 */
export function observe(schedule: Schedule, zone: Zone, from: number): Shape | string {
  const firstAt = schedule.next(from - 1);
  if (firstAt === null) return "it has no occurrence from then on";
  const to = firstAt + YEARS * 365.25 * DAY_MS;
  const days = daysOf(schedule, zone, firstAt, to);
  const [first = 0] = days;
  const changed = changedDays(zone, first, to);
  const times = timesOf(schedule, zone, days, changed);
  if (typeof times === "string") return times;
  const ends = schedule.next(to) === null;
  const end = dayOf(zone, to);
  const last = days.at(-1) ?? first;
  // The day of `from` counts where something could still have been due on it.
  const fromDay = dayOf(zone, from);
  const isLate = from > startOf(zone, fromDay) + lastOf(times);
  const waited = Math.min(first, isLate ? fromDay + 1 : fromDay);
  // What only begins or ends otherwise is still worth finding: so it can be told.
  const stretches = [
    [waited, end],
    [first, end],
    [first, ends ? last + 1 : end],
  ] as const;
  let fields: DayFields | null = null;
  for (const [start, stop] of stretches) {
    fields ??= dayFieldsOf({ days, changed, first: start, end: stop }, ends);
  }
  if (fields === null) {
    return "its days are none that a day of the month or of the week names";
  }
  const { minutesLow, minutesHigh, hours, secondsLow, secondsHigh } = times;
  return { fields: { ...fields, minutesLow, minutesHigh, hours }, secondsLow, secondsHigh };
}

/** Days that the clock does not show whole and once. */
function changedDays(zone: Zone, first: number, to: number): ReadonlySet<number> {
  const days = new Set<number>();
  let span: Span | null = zone.spanAfter(zone.spanAt(startOf(zone, first)));
  for (; span !== null && span.fromAt < to; span = zone.spanAfter(span)) {
    const { startMinute, gapMinutes, freshMinute } = span;
    const from = Math.floor((startMinute - gapMinutes) / MINUTES_PER_DAY);
    const last = Math.floor(Math.max(startMinute, freshMinute) / MINUTES_PER_DAY);
    for (let day = from; day <= last; day++) days.add(day);
  }
  return days;
}

/** The local days on which it occurs, as days since 1970-01-01. */
function daysOf(schedule: Schedule, zone: Zone, from: number, to: number): readonly number[] {
  const days = new Set<number>();
  let at = schedule.next(from - 1);
  while (at !== null && at < to) {
    const day = dayOf(zone, at);
    days.add(day);
    at = schedule.next(Math.max(at, startOf(zone, day + 1) - 1));
  }
  return [...days];
}

function dayOf(zone: Zone, at: number): number {
  return Math.floor((at + zone.spanAt(at).offsetMs) / DAY_MS);
}

type Times = Pick<Shape, "secondsLow" | "secondsHigh"> &
  Pick<CalendarFields, "minutesLow" | "minutesHigh" | "hours">;

/** Days of which the clock is not changed have the same times, or the schedule has no fields. */
function timesOf(
  schedule: Schedule,
  zone: Zone,
  days: readonly number[],
  changed: ReadonlySet<number>,
): Times | string {
  const quiet = days.filter((day) => !changed.has(day));
  // The first and the last may be cut short by where the schedule begins and ends.
  const inner = quiet.length > 4 ? quiet.slice(1, -1) : quiet;
  const whole = inner.length > 0 ? inner : days;
  const stride = Math.max(1, Math.floor(whole.length / SAMPLES));
  const sampled = whole.filter((_, index) => index % stride === 0);
  const [day, ...others] = sampled;
  if (day === undefined) return MOVES;
  if (countOf(schedule, zone, day) > DAY_SECONDS) return FRACTIONS;
  const times = secondsOf(schedule, zone, day);
  const product = productOf(times);
  if (typeof product === "string") return product;
  const key = times.join();
  for (const other of others) {
    if (times.length > MINUTES_PER_DAY) {
      if (countOf(schedule, zone, other) !== times.length) return MOVES;
    } else if (secondsOf(schedule, zone, other).join() !== key) return MOVES;
  }
  return product;
}

const DAY_SECONDS = 86_400;
const FRACTIONS = "it has fractions of seconds";
const MOVES = "its times of day are not the same on all of its days";

function countOf(schedule: Schedule, zone: Zone, day: number): number {
  return schedule.count(startOf(zone, day), startOf(zone, day + 1));
}

/** Its times on a day, as seconds of the day. */
function secondsOf(schedule: Schedule, zone: Zone, day: number): readonly number[] {
  const times = schedule.between(startOf(zone, day), startOf(zone, day + 1));
  return Array.from(times, (at) => (at + zone.spanAt(at).offsetMs - day * DAY_MS) / 1000);
}

function productOf(times: readonly number[]): Times | string {
  if (times.some((time) => !Number.isInteger(time))) return FRACTIONS;
  const seconds = new Set(times.map((time) => time % 60));
  const minutes = new Set(times.map((time) => Math.floor(time / 60) % 60));
  const hours = new Set(times.map((time) => Math.floor(time / 3600)));
  if (seconds.size * minutes.size * hours.size !== times.length) {
    return "its times of day are not the same minutes of several hours";
  }
  return {
    hours: bitsOf(hours, 0, 24),
    minutesLow: bitsOf(minutes, 0, 30),
    minutesHigh: bitsOf(minutes, 30, 30),
    secondsLow: bitsOf(seconds, 0, 30),
    secondsHigh: bitsOf(seconds, 30, 30),
  };
}

/** The last time of a day, as milliseconds of the day. */
function lastOf(times: Times): number {
  const second =
    60 * 60 * highestBit(times.hours) + 60 * lastOfSixty(times.minutesLow, times.minutesHigh);
  return (second + lastOfSixty(times.secondsLow, times.secondsHigh)) * 1000;
}

function lastOfSixty(low: number, high: number): number {
  return high === 0 ? highestBit(low) : 30 + highestBit(high);
}

type DayFields = Omit<CalendarFields, "minutesLow" | "minutesHigh" | "hours">;

/** Days that were looked at from `first` to before `end`, and the ones on which something occurs. */
interface Looked {
  readonly days: readonly number[];
  /** Of which it does not matter whether something occurs. */
  readonly changed: ReadonlySet<number>;
  readonly first: number;
  readonly end: number;
}

/** The first of the ways to name days, the simple ones first, that names these and no others. */
function dayFieldsOf(looked: Looked, ends: boolean): DayFields | null {
  const dates = looked.days.map(dateOf);
  const open = {
    months: ALL_MONTHS,
    years: ends ? new Set(dates.map(({ year }) => year)) : null,
    dayRule: "both",
    specialDays: [],
    daysOfMonth: ALL_DATES,
    weekdays: ALL_WEEKDAYS,
  } as const;
  const daysOfMonth = bitsOf(new Set(dates.map(({ date }) => date - 1)), 0, 31);
  const weekdays = bitsOf(new Set(dates.map(({ weekday }) => weekday)), 0, 7);
  const months = bitsOf(new Set(dates.map(({ month }) => month)), 0, 12);
  const ways: DayFields[] = [
    open,
    { ...open, weekdays },
    { ...open, daysOfMonth },
    ...specialsOf(dates).map((special) => onlyOn(special, open)),
    { ...open, daysOfMonth, weekdays },
  ];
  const fitting = ways.flatMap((way) => [way, { ...way, months }]);
  return fitting.find((fields) => isExactly(looked, fields)) ?? null;
}

function onlyOn(special: SpecialDay, open: DayFields): DayFields {
  const field = isOfWeekday(special) ? { weekdays: 0 } : { daysOfMonth: 0 };
  return { ...open, ...field, specialDays: [special] };
}

interface DateOfDay {
  readonly year: number;
  readonly month: number;
  readonly date: number;
  readonly length: number;
  readonly weekday: number;
}

function dateOf(day: number): DateOfDay {
  const year = yearOfDay(day);
  const month = monthOfDay(day, year);
  const date = day - firstDayOfMonth(year, month) + 1;
  return { year, month, date, length: daysInMonth(year, month), weekday: weekdayOf(day) };
}

/** Each special day that may be the one of which all of these are. */
function specialsOf(dates: readonly DateOfDay[]): readonly SpecialDay[] {
  const [first] = dates;
  if (first === undefined) return [];
  const { weekday, date, length } = first;
  const specials: SpecialDay[] = [
    { kind: "last", before: length - date, nearest: false },
    { kind: "last", before: 0, nearest: true },
  ];
  if (dates.every((each) => each.weekday === weekday)) {
    specials.push({ kind: "nth", weekday, nth: Math.ceil(date / 7) });
    specials.push({ kind: "last-weekday", weekday });
  }
  for (let day = 1; day <= 31; day++) specials.push({ kind: "nearest", day });
  return specials;
}

function isExactly({ days, changed, first, end }: Looked, fields: DayFields): boolean {
  const calendar = new Calendar({ ...fields, minutesLow: 1, minutesHigh: 0, hours: 1 });
  const dayFrom = (day: number): number => {
    const found = calendar.first(day * MINUTES_PER_DAY) / MINUTES_PER_DAY;
    return found < end && changed.has(found) ? dayFrom(found + 1) : found;
  };
  let from = first;
  for (const day of days) {
    if (changed.has(day)) continue;
    if (dayFrom(from) !== day) return false;
    from = day + 1;
  }
  return dayFrom(from) >= end;
}

function startOf(zone: Zone, day: number): number {
  return instantOfLocal(zone, day * DAY_MS);
}

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
import { instantOfLocal, type Zone, zoneOf } from "../zone.ts";
import type { Shape } from "./shape.ts";

/** Two rounds of leap years: 29 February, and every date on every day of the week it has soon. */
const YEARS = 8;
/** So many days are looked at for their times. */
const SAMPLES = 12;
const ALL_DAYS = 0x7fffffff;
const ALL_WEEKDAYS = 0x7f;
const ALL_MONTHS = 0xfff;

/**
 * Finds the fields of a schedule in how it occurs from `from` on: rules, intervals and unions need
 * not be made of fields, and mostly are. What is found holds for the years that were looked at:
 * whoever uses it compares it with the schedule.
 *
 * @returns what keeps it from having fields, in words, where it has none.
 */
export function observe(schedule: Schedule, from: number): Shape | string {
  if (schedule.timeZone.includes(",")) return "its parts have different time zones";
  const zone = zoneOf(schedule.timeZone);
  const to = from + YEARS * 365.25 * DAY_MS;
  const days = daysOf(schedule, zone, from, to);
  const last = days.at(-1);
  if (last === undefined) return "it has no occurrence from then on";
  const times = timesOf(schedule, zone, days);
  if (typeof times === "string") return times;
  const ends = schedule.next(startOf(zone, last + 1)) === null;
  // Of the first day the times before `from` are missing, and maybe all.
  const first = Math.min(days[0] ?? 0, dayOf(zone, from) + 1);
  const fields = dayFieldsOf({ days, first, end: dayOf(zone, to) }, ends);
  if (fields === null) {
    return "its days are none that a day of the month or of the week names";
  }
  const { minutesLow, minutesHigh, hours, secondsLow, secondsHigh } = times;
  return { fields: { ...fields, minutesLow, minutesHigh, hours }, secondsLow, secondsHigh };
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
function timesOf(schedule: Schedule, zone: Zone, days: readonly number[]): Times | string {
  const quiet = days.filter((day) => {
    const { fromAt, toAt } = zone.spanAt(startOf(zone, day));
    return fromAt <= startOf(zone, day) && toAt >= startOf(zone, day + 1);
  });
  // The first and the last may be cut short by where the schedule begins and ends.
  const whole = quiet.length > 4 ? quiet.slice(1, -1) : quiet.length > 0 ? quiet : days;
  const stride = Math.max(1, Math.floor(whole.length / SAMPLES));
  const sampled = whole.filter((_, index) => index % stride === 0);
  const [day, ...others] = sampled;
  if (day === undefined) return MOVES;
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
  if (times.some((time) => !Number.isInteger(time))) return "it has fractions of seconds";
  const seconds = new Set(times.map((time) => time % 60));
  const minutes = new Set(times.map((time) => Math.floor(time / 60) % 60));
  const hours = new Set(times.map((time) => Math.floor(time / 3600)));
  if (seconds.size * minutes.size * hours.size !== times.length) {
    return "its times of day are not the same minutes of several hours";
  }
  return {
    hours: bits(hours, 0, 24),
    minutesLow: bits(minutes, 0, 30),
    minutesHigh: bits(minutes, 30, 30),
    secondsLow: bits(seconds, 0, 30),
    secondsHigh: bits(seconds, 30, 30),
  };
}

/** `size` values from `low` on, as bits. */
function bits(values: Iterable<number>, low: number, size: number): number {
  let found = 0;
  for (const value of values) {
    if (value >= low && value < low + size) found |= 1 << (value - low);
  }
  return found;
}

type DayFields = Omit<CalendarFields, "minutesLow" | "minutesHigh" | "hours">;

/** Days that were looked at from `first` to before `end`, and the ones on which something occurs. */
interface Looked {
  readonly days: readonly number[];
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
    daysOfMonth: ALL_DAYS,
    weekdays: ALL_WEEKDAYS,
  } as const;
  const daysOfMonth = bits(new Set(dates.map(({ date }) => date - 1)), 0, 31);
  const weekdays = bits(new Set(dates.map(({ weekday }) => weekday)), 0, 7);
  const months = bits(new Set(dates.map(({ month }) => month)), 0, 12);
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

function isExactly({ days, first, end }: Looked, fields: DayFields): boolean {
  const calendar = new Calendar({ ...fields, minutesLow: 1, minutesHigh: 0, hours: 1 });
  let minute = first * MINUTES_PER_DAY;
  for (const day of days) {
    if (calendar.first(minute) !== day * MINUTES_PER_DAY) return false;
    minute = (day + 1) * MINUTES_PER_DAY;
  }
  return calendar.first(minute) >= end * MINUTES_PER_DAY;
}

function startOf(zone: Zone, day: number): number {
  return instantOfLocal(zone, day * DAY_MS);
}

import { bitCount, highestBit, lowestBit } from "./calendar.ts";
import { DAY_MS, daysInMonth, firstDayOfMonth, monthOfDay, yearOfDay } from "./civil.ts";

/**
 * A set of times of a wall clock that never changes: milliseconds since 1970-01-01T00:00, without any
 * zone. `offsetMs` is how far the clock is ahead of UTC meanwhile; only what counts elapsed time asks.
 */
export interface LocalTimes {
  /** The first in [localMs, endMs), else some number from `endMs` on; infinite where none ever comes. */
  first(localMs: number, endMs: number, offsetMs: number): number;
  /** The last in [startMs, localMs], else some number before `startMs`; infinite where none ever was. */
  last(localMs: number, startMs: number, offsetMs: number): number;
  /** How many there are in [fromMs, toMs). */
  count(fromMs: number, toMs: number, offsetMs: number): number;
}

/** A sorted list of times of day in milliseconds, written out or not. */
export interface TimesOfDay {
  readonly size: number;
  at(index: number): number;
  /** How many come before a time of day. */
  rank(ofDayMs: number): number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Each of the hours with each of the minutes with each of the milliseconds of a minute, all sorted. */
export class TimeProduct implements TimesOfDay {
  readonly size: number;
  readonly #hours: readonly number[];
  readonly #minutes: readonly number[];
  readonly #parts: readonly number[];

  constructor(hours: readonly number[], minutes: readonly number[], parts: readonly number[]) {
    this.#hours = hours;
    this.#minutes = minutes;
    this.#parts = parts;
    this.size = hours.length * minutes.length * parts.length;
  }

  at(index: number): number {
    const parts = this.#parts.length;
    const minutes = this.#minutes.length;
    const whole = Math.floor(index / parts);
    const hour = this.#hours[Math.floor(whole / minutes)] ?? 0;
    const minute = this.#minutes[whole % minutes] ?? 0;
    return hour * HOUR_MS + minute * MINUTE_MS + (this.#parts[index - whole * parts] ?? 0);
  }

  rank(ofDayMs: number): number {
    const hour = Math.floor(ofDayMs / HOUR_MS);
    const rest = ofDayMs - hour * HOUR_MS;
    const minute = Math.floor(rest / MINUTE_MS);
    const hours = rankIn(this.#hours, hour);
    let rank = hours * this.#minutes.length;
    if (this.#hours[hours] !== hour) return rank * this.#parts.length;
    const minutes = rankIn(this.#minutes, minute);
    rank = (rank + minutes) * this.#parts.length;
    if (this.#minutes[minutes] !== minute) return rank;
    return rank + rankIn(this.#parts, rest - minute * MINUTE_MS);
  }
}

export class TimeList implements TimesOfDay {
  readonly #times: readonly number[];

  constructor(times: readonly number[]) {
    this.#times = times;
  }

  get size(): number {
    return this.#times.length;
  }

  at(index: number): number {
    return this.#times[index] ?? 0;
  }

  rank(ofDayMs: number): number {
    return rankIn(this.#times, ofDayMs);
  }
}

/** 0 and all that come before `end`. */
export function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, value) => value);
}

/** How many of some sorted numbers are less than `value`. */
export function rankIn(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The Gregorian calendar repeats itself after 400 years. */
const MOST_MONTHS = 4800;

/** A set of days, month by month. It remembers the month it last looked at. */
export abstract class DaySet {
  readonly #firstMonth: number;
  readonly #lastMonth: number;
  #month = Number.NaN;
  #start = 0;
  #length = 0;
  #days = 0;

  constructor(firstYear: number, lastYear: number) {
    this.#firstMonth = firstYear * 12;
    this.#lastMonth = lastYear * 12 + 11;
  }

  /** The days of a month as bits, bit 0 for day 1; `month` counts from 0, `start` is its first day. */
  protected abstract daysOf(year: number, month: number, start: number, length: number): number;

  /** The first month from this one on (counted from year 0) that can have a day. */
  protected monthFrom(month: number): number {
    return month;
  }

  /** The last month up to this one that can have a day. */
  protected monthUpTo(month: number): number {
    return month;
  }

  /** The first day at or after `day`; infinite where there is none within 400 years. */
  first(day: number): number {
    this.#openMonthOf(day);
    const past = day - this.#start;
    let days = past < 0 ? this.#days : past >= 31 ? 0 : this.#days & (-1 << past);
    for (let looked = 0; days === 0; looked++) {
      const month = this.monthFrom(this.#month + 1);
      if (!(month <= this.#lastMonth) || looked === MOST_MONTHS) return Number.POSITIVE_INFINITY;
      this.#open(month);
      days = this.#days;
    }
    return this.#start + lowestBit(days);
  }

  /** The last day at or before `day`. */
  last(day: number): number {
    this.#openMonthOf(day);
    const past = day - this.#start;
    let days = past >= 31 ? this.#days : past < 0 ? 0 : this.#days & ((2 << past) - 1);
    for (let looked = 0; days === 0; looked++) {
      const month = this.monthUpTo(this.#month - 1);
      if (!(month >= this.#firstMonth) || looked === MOST_MONTHS) return Number.NEGATIVE_INFINITY;
      this.#open(month);
      days = this.#days;
    }
    return this.#start + highestBit(days);
  }

  /** How many days there are in [fromDay, toDay). */
  count(fromDay: number, toDay: number): number {
    if (fromDay >= toDay) return 0;
    let total = 0;
    this.#openMonthOf(fromDay);
    while (this.#start < toDay) {
      let days = this.#days;
      if (this.#start < fromDay) days &= -1 << (fromDay - this.#start);
      if (this.#start + this.#length > toDay) days &= ~(-1 << (toDay - this.#start));
      total += bitCount(days);
      const month = this.monthFrom(this.#month + 1);
      if (!(month <= this.#lastMonth)) break;
      this.#open(month);
    }
    return total;
  }

  /** The days in [fromDay, toDay), in order. */
  list(fromDay: number, toDay: number): number[] {
    const list: number[] = [];
    for (let day = this.first(fromDay); day < toDay; ) {
      let days = this.#days & (-1 << (day - this.#start));
      for (; days !== 0; days &= days - 1) list.push(this.#start + lowestBit(days));
      day = this.first(this.#start + this.#length);
    }
    while ((list.at(-1) ?? Number.NEGATIVE_INFINITY) >= toDay) list.pop();
    return list;
  }

  #openMonthOf(day: number): void {
    const past = day - this.#start;
    if (past >= 0 && past < this.#length) return;
    const year = yearOfDay(day);
    const month = year * 12 + monthOfDay(day, year);
    this.#open(Math.min(Math.max(month, this.#firstMonth), this.#lastMonth));
  }

  #open(index: number): void {
    const year = Math.floor(index / 12);
    const month = index - year * 12;
    const start = firstDayOfMonth(year, month);
    this.#month = index;
    this.#start = start;
    this.#length = daysInMonth(year, month);
    this.#days = this.daysOf(year, month, start, this.#length);
  }
}

/** The same times on each day of a set. */
export class DailyTimes implements LocalTimes {
  readonly days: DaySet;
  readonly times: TimesOfDay;
  readonly #firstMs: number;
  readonly #lastMs: number;

  constructor(days: DaySet, times: TimesOfDay) {
    this.days = days;
    this.times = times;
    this.#firstMs = times.at(0);
    this.#lastMs = times.at(times.size - 1);
  }

  first(localMs: number): number {
    if (this.times.size === 0) return Number.POSITIVE_INFINITY;
    const day = Math.floor(localMs / DAY_MS);
    let found = this.days.first(day);
    if (found === day) {
      const ofDayMs = localMs - day * DAY_MS;
      // Most questions are asked after the only time of a day.
      if (ofDayMs <= this.#lastMs) return day * DAY_MS + this.times.at(this.times.rank(ofDayMs));
      found = this.days.first(day + 1);
    }
    return found * DAY_MS + this.#firstMs;
  }

  last(localMs: number): number {
    if (this.times.size === 0) return Number.NEGATIVE_INFINITY;
    const day = Math.floor(localMs / DAY_MS);
    let found = this.days.last(day);
    if (found === day) {
      const rank = this.times.rank(localMs - day * DAY_MS + 1);
      if (rank > 0) return day * DAY_MS + this.times.at(rank - 1);
      found = this.days.last(day - 1);
    }
    return found * DAY_MS + this.#lastMs;
  }

  count(fromMs: number, toMs: number): number {
    if (fromMs >= toMs) return 0;
    const firstDay = Math.floor(fromMs / DAY_MS);
    const lastDay = Math.floor(toMs / DAY_MS);
    return (
      this.days.count(firstDay, lastDay) * this.times.size -
      this.#before(firstDay, fromMs - firstDay * DAY_MS) +
      this.#before(lastDay, toMs - lastDay * DAY_MS)
    );
  }

  #before(day: number, ofDayMs: number): number {
    const rank = ofDayMs === 0 ? 0 : this.times.rank(ofDayMs);
    return rank === 0 ? 0 : rank * this.days.count(day, day + 1);
  }
}

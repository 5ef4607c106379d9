import { DAY_MS } from "./civil.ts";
import type { DaySet } from "./day-set.ts";

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

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Times of day in milliseconds: each of the hours with each of the minutes with each of the milliseconds of a minute, all sorted. */
export class TimeProduct {
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

  /** How many come before a time of day. */
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

/** The same times on each day of a set. */
export class DailyTimes implements LocalTimes {
  readonly days: DaySet;
  readonly times: TimeProduct;
  readonly #firstMs: number;
  readonly #lastMs: number;

  constructor(days: DaySet, times: TimeProduct) {
    this.days = days;
    this.times = times;
    this.#firstMs = times.at(0);
    this.#lastMs = times.at(times.size - 1);
  }

  first(localMs: number): number {
    if (this.times.size === 0) return Number.POSITIVE_INFINITY;
    const day = Math.floor(localMs / DAY_MS);
    let found = this.days.firstDay(day);
    if (found === day) {
      const ofDayMs = localMs - day * DAY_MS;
      // Most questions are asked after the only time of a day.
      if (ofDayMs <= this.#lastMs) return day * DAY_MS + this.times.at(this.times.rank(ofDayMs));
      found = this.days.firstDay(day + 1);
    }
    return found * DAY_MS + this.#firstMs;
  }

  last(localMs: number): number {
    if (this.times.size === 0) return Number.NEGATIVE_INFINITY;
    const day = Math.floor(localMs / DAY_MS);
    let found = this.days.lastDay(day);
    if (found === day) {
      const rank = this.times.rank(localMs - day * DAY_MS + 1);
      if (rank > 0) return day * DAY_MS + this.times.at(rank - 1);
      found = this.days.lastDay(day - 1);
    }
    return found * DAY_MS + this.#lastMs;
  }

  count(fromMs: number, toMs: number): number {
    if (fromMs >= toMs) return 0;
    const firstDay = Math.floor(fromMs / DAY_MS);
    const lastDay = Math.floor(toMs / DAY_MS);
    return (
      this.days.countDays(firstDay, lastDay) * this.times.size -
      this.#before(firstDay, fromMs - firstDay * DAY_MS) +
      this.#before(lastDay, toMs - lastDay * DAY_MS)
    );
  }

  #before(day: number, ofDayMs: number): number {
    const rank = ofDayMs === 0 ? 0 : this.times.rank(ofDayMs);
    return rank === 0 ? 0 : rank * this.days.countDays(day, day + 1);
  }
}

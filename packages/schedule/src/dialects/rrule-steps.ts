import { DAY_MS } from "../civil.ts";
import type { DaySet } from "../day-set.ts";
import { type LocalTimes, rankIn, TimeProduct, upTo } from "../local-times.ts";

/** Steps that are looked at before a search is given up: some milliseconds. */
const MOST_STEPS = 100_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What a step of hours, minutes or seconds may be of. */
export interface StepFilter {
  readonly days: DaySet;
  readonly hours: readonly number[] | null;
  readonly minutes: readonly number[] | null;
  readonly seconds: readonly number[] | null;
}

interface Level {
  readonly values: readonly number[] | null;
  readonly size: number;
  readonly count: number;
}

/**
 * Each nth hour, minute or second, counted from a start. Hours are those of the wall clock; minutes
 * and seconds are elapsed time, so after a clock change they stand elsewhere on the wall.
 */
export class SteppedTimes implements LocalTimes {
  readonly #unitMs: number;
  readonly #interval: number;
  readonly #start: number;
  readonly #startOffsetMs: number;
  readonly #filter: StepFilter;
  /** Times within a step, in milliseconds. */
  readonly #parts: readonly number[];
  /** By the day's place among the steps: how many of them it has. */
  readonly #perDay = new Map<number, number>();
  /** By the steps' place, as far as days do not shift it: whether they meet the times of day. */
  readonly #meeting = new Map<number, boolean>();
  /** What a unit may be of, from the hour on; `size` is in units. */
  readonly #levels: readonly Level[];
  /** Whether any time of a let-through day will do. */
  readonly #anyTime: boolean;
  /** Where each unit is taken: those of a day, for counting. */
  #everyUnit: TimeProduct | null = null;
  /** The offset of the latest question, and what follows from it: most ask for the same one. */
  #offsetMs = Number.NaN;
  #phase = 0;
  #meets = false;

  constructor(
    unitMs: number,
    interval: number,
    startMs: number,
    startOffsetMs: number,
    filter: StepFilter,
    parts: readonly number[],
  ) {
    this.#unitMs = unitMs;
    this.#interval = interval;
    this.#start = Math.floor(startMs / unitMs);
    this.#startOffsetMs = startOffsetMs;
    this.#filter = filter;
    this.#parts = parts;
    this.#levels = [
      { values: filter.hours, size: HOUR_MS / unitMs, count: 24 },
      { values: filter.minutes, size: MINUTE_MS / unitMs, count: 60 },
      { values: filter.seconds, size: 1000 / unitMs, count: 60 },
    ].filter(({ size }) => size >= 1);
    this.#anyTime = filter.hours === null && filter.minutes === null && filter.seconds === null;
  }

  first(localMs: number, endMs: number, offsetMs: number): number {
    if (!this.#meetsAt(offsetMs)) return endMs;
    const end = endMs / this.#unitMs;
    const unit = Math.floor(localMs / this.#unitMs);
    const rank = rankIn(this.#parts, localMs - unit * this.#unitMs);
    const part = this.#parts[rank];
    const found = this.#unitFrom(part === undefined ? unit + 1 : unit, end);
    if (found === unit && part !== undefined) return unit * this.#unitMs + part;
    return found * this.#unitMs + (this.#parts[0] ?? 0);
  }

  last(localMs: number, startMs: number, offsetMs: number): number {
    if (!this.#meetsAt(offsetMs)) return startMs - 1;
    const least = Math.floor(startMs / this.#unitMs);
    const unit = Math.floor(localMs / this.#unitMs);
    const part = this.#parts[rankIn(this.#parts, localMs - unit * this.#unitMs + 1) - 1];
    const found = this.#unitFrom(part === undefined ? unit - 1 : unit, least - 1, -1);
    if (found === unit && part !== undefined) return unit * this.#unitMs + part;
    return found * this.#unitMs + (this.#parts.at(-1) ?? 0);
  }

  count(fromMs: number, toMs: number, offsetMs: number): number {
    if (fromMs >= toMs || !this.#meetsAt(offsetMs)) return 0;
    return this.#countBefore(toMs, fromMs) - this.#partsBefore(fromMs);
  }

  /** Times from the beginning of the unit of `fromMs` up to `toMs`. */
  #countBefore(toMs: number, fromMs: number): number {
    const { days } = this.#filter;
    const perDay = DAY_MS / this.#unitMs;
    const from = Math.floor(fromMs / this.#unitMs);
    const to = Math.floor(toMs / this.#unitMs);
    const firstDay = Math.floor(from / perDay);
    const lastDay = Math.floor(to / perDay);
    const within = (start: number, end: number): number => this.#countUnits(start, end);
    let units: number;
    if (firstDay === lastDay || this.#interval >= perDay) units = within(from, to);
    else {
      units = within(from, (firstDay + 1) * perDay) + within(lastDay * perDay, to);
      const first = days.firstDay(firstDay + 1);
      if (perDay % this.#interval === 0 && first < lastDay) {
        units += days.countDays(first, lastDay) * this.#unitsOf(first);
      } else {
        for (let day = first; day < lastDay; day = days.firstDay(day + 1))
          units += this.#unitsOf(day);
      }
    }
    return units * this.#parts.length + this.#partsBefore(toMs);
  }

  /** How many units a let-through day has. */
  #unitsOf(day: number): number {
    const perDay = DAY_MS / this.#unitMs;
    const place = modulo(this.#phase - day * perDay, this.#interval);
    let known = this.#perDay.get(place);
    if (known === undefined) {
      known = this.#countUnits(day * perDay, (day + 1) * perDay);
      this.#perDay.set(place, known);
    }
    return known;
  }

  /** Times of the unit of an instant that come before it. */
  #partsBefore(localMs: number): number {
    const unit = Math.floor(localMs / this.#unitMs);
    if (this.#unitFrom(unit, unit + 1) !== unit) return 0;
    return rankIn(this.#parts, localMs - unit * this.#unitMs);
  }

  /** How many units of a day are in [from, to): block by block of what is let through as a whole. */
  #countUnits(from: number, to: number): number {
    const { hours, minutes, seconds } = this.#filter;
    const shortest =
      seconds !== null ? 1 : minutes !== null ? MINUTE_MS : hours !== null ? HOUR_MS : DAY_MS;
    const block = Math.max(1, shortest / this.#unitMs);
    const perDay = DAY_MS / this.#unitMs;
    if (this.#interval === 1) {
      const day = Math.floor(from / perDay);
      if (from >= to || this.#filter.days.firstDay(day) !== day) return 0;
      const dayMs = day * DAY_MS;
      this.#everyUnit ??= allUnits(this.#unitMs, this.#filter);
      return (
        this.#everyUnit.rank(to * this.#unitMs - dayMs) -
        this.#everyUnit.rank(from * this.#unitMs - dayMs)
      );
    }
    let units = 0;
    for (let unit = this.#unitFrom(from, to); unit < to; ) {
      const day = Math.floor(unit / perDay) * perDay;
      const end = Math.min(to, day + (Math.floor((unit - day) / block) + 1) * block);
      units += Math.floor((end - 1 - unit) / this.#interval) + 1;
      unit = end < to ? this.#unitFrom(end, to) : to;
    }
    return units;
  }

  /** Whether there is anything at this offset. */
  #meetsAt(offsetMs: number): boolean {
    if (offsetMs !== this.#offsetMs) {
      this.#offsetMs = offsetMs;
      // The taken units are those that differ from this one by a multiple of the interval.
      this.#phase = this.#start;
      if (this.#unitMs !== HOUR_MS) {
        this.#phase += Math.round((offsetMs - this.#startOffsetMs) / this.#unitMs);
      }
      this.#meets = this.#parts.length > 0 && this.#meetsTimes(this.#phase);
    }
    return this.#meets;
  }

  /**
   * Whether the steps ever meet the hours, minutes and seconds: every second hour from 00:00 on never
   * meets 01:00. The days shift the steps by whole days, so only what both have in common counts.
   */
  #meetsTimes(phase: number): boolean {
    const perDay = DAY_MS / this.#unitMs;
    const common = greatestCommonDivisor(this.#interval, perDay);
    const place = modulo(phase, common);
    let meets = this.#meeting.get(place);
    if (meets === undefined) {
      meets = this.#timeFrom(0, place, common, 0, 1) < perDay;
      this.#meeting.set(place, meets);
    }
    return meets;
  }

  /** The nearest unit in a direction that is taken and let through, or one at or beyond `end`. */
  #unitFrom(unit: number, end: number, direction: 1 | -1 = 1): number {
    const { days } = this.#filter;
    const perDay = DAY_MS / this.#unitMs;
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      unit = taken(unit, this.#phase, this.#interval, direction);
      if (direction === 1 ? unit >= end : unit <= end) return unit;
      const day = Math.floor(unit / perDay);
      const found = direction === 1 ? days.firstDay(day) : days.lastDay(day);
      if (!Number.isFinite(found)) return found;
      if (found !== day) unit = direction === 1 ? found * perDay : (found + 1) * perDay - 1;
      else if (this.#anyTime) return unit;
      else {
        unit = this.#timeFrom(unit, this.#phase, this.#interval, day * perDay, direction);
        if (unit >= day * perDay && unit < (day + 1) * perDay) return unit;
      }
    }
    return direction * Infinity;
  }

  /** The nearest unit of a day that is taken and of a time let through, or one of another day. */
  #timeFrom(
    unit: number,
    phase: number,
    interval: number,
    dayStart: number,
    direction: 1 | -1,
  ): number {
    const dayEnd = dayStart + DAY_MS / this.#unitMs;
    search: for (;;) {
      unit = taken(unit, phase, interval, direction);
      if (unit < dayStart || unit >= dayEnd) return unit;
      let from = dayStart;
      for (const { values, size, count } of this.#levels) {
        const value = Math.floor((unit - from) / size);
        if (values !== null && !values.includes(value)) {
          const rank = rankIn(values, value);
          const next = direction === 1 ? (values[rank] ?? count) : (values[rank - 1] ?? -1) + 1;
          unit = from + next * size - (direction === 1 ? 0 : 1);
          continue search;
        }
        from += value * size;
      }
      return unit;
    }
  }
}

/** The nearest in a direction of the units that differ from `phase` by a multiple of the interval. */
function taken(unit: number, phase: number, interval: number, direction: 1 | -1): number {
  return unit + direction * modulo(direction * (phase - unit), interval);
}

function allUnits(unitMs: number, { hours, minutes, seconds }: StepFilter): TimeProduct {
  return new TimeProduct(
    hours ?? upTo(24),
    unitMs === HOUR_MS ? [0] : (minutes ?? upTo(60)),
    // A second 60 is none of a clock's.
    unitMs === 1000 ? (seconds ?? upTo(60)).filter((s) => s < 60).map((s) => s * 1000) : [0],
  );
}

/** Never negative; a division is quicker than `%` where numbers are not small. */
function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

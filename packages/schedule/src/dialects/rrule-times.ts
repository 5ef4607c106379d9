import { DAY_MS, firstDayOfMonth, monthOfDay, yearOfDay } from "../civil.ts";
import type { DaySet } from "../day-set.ts";
import { type LocalTimes, rankIn, type TimeProduct } from "../local-times.ts";
import { weekStartOf } from "./rrule-days.ts";
import type { Frequency } from "./rrule-reader.ts";

/** A search that has found nothing in so many periods of its own is given up. */
const MOST_PERIODS = 400;
/** The days of the longest period. */
const MOST_DAYS: Readonly<Partial<Record<Frequency, number>>> = {
  YEARLY: 366,
  MONTHLY: 31,
  WEEKLY: 7,
  DAILY: 1,
};

/** BYSETPOS: the nth of all times of each year, month, week or day. */
export class PeriodTimes implements LocalTimes {
  readonly #days: DaySet;
  readonly #times: TimeProduct;
  readonly #positions: readonly number[];
  readonly #frequency: Frequency;
  readonly #weekStart: number;
  /** In how many periods to look: in none where none has so many times. */
  readonly #mostPeriods: number;
  #start = Number.NaN;
  #end = Number.NaN;
  #list: readonly number[] = [];
  /** By the days of a period: how many times are chosen. */
  readonly #sizes = new Map<number, number>();

  constructor(
    days: DaySet,
    times: TimeProduct,
    positions: readonly number[],
    frequency: Frequency,
    weekStart: number,
  ) {
    this.#days = days;
    this.#times = times;
    this.#positions = positions;
    this.#frequency = frequency;
    this.#weekStart = weekStart;
    const most = (MOST_DAYS[frequency] ?? 0) * times.size;
    this.#mostPeriods = positions.some((nth) => Math.abs(nth) <= most) ? MOST_PERIODS : 0;
  }

  first(localMs: number): number {
    let day = Math.floor(localMs / DAY_MS);
    for (let looked = 0; looked < this.#mostPeriods; looked++) {
      this.#open(day);
      const found = this.#list[rankIn(this.#list, localMs)];
      if (found !== undefined) return found;
      day = this.#days.firstDay(this.#end);
      if (day === Number.POSITIVE_INFINITY) break;
    }
    return Number.POSITIVE_INFINITY;
  }

  last(localMs: number): number {
    let day = Math.floor(localMs / DAY_MS);
    for (let looked = 0; looked < this.#mostPeriods; looked++) {
      this.#open(day);
      const found = this.#list[rankIn(this.#list, localMs + 1) - 1];
      if (found !== undefined) return found;
      day = this.#days.lastDay(this.#start - 1);
      if (day === Number.NEGATIVE_INFINITY) break;
    }
    return Number.NEGATIVE_INFINITY;
  }

  count(fromMs: number, toMs: number): number {
    if (fromMs >= toMs) return 0;
    let total = 0;
    const lastDay = Math.floor(toMs / DAY_MS);
    let [start, end] = this.#periodOf(Math.floor(fromMs / DAY_MS));
    this.#open(start);
    total -= rankIn(this.#list, fromMs);
    while (end <= lastDay) {
      total += this.#sizeOf(this.#days.countDays(start, end));
      const day = this.#days.firstDay(end);
      if (day > lastDay) return total;
      [start, end] = this.#periodOf(day);
    }
    this.#open(start);
    return total + rankIn(this.#list, toMs);
  }

  #sizeOf(days: number): number {
    let size = this.#sizes.get(days);
    if (size === undefined) {
      size = this.#chosen(days * this.#times.size).length;
      this.#sizes.set(days, size);
    }
    return size;
  }

  #chosen(total: number): number[] {
    return chosen(this.#positions, total);
  }

  #open(day: number): void {
    if (day >= this.#start && day < this.#end) return;
    [this.#start, this.#end] = this.#periodOf(day);
    const days = this.#days.listDays(this.#start, this.#end);
    const { size } = this.#times;
    this.#list = this.#chosen(days.length * size).map((index) => {
      const nth = Math.floor(index / size);
      return (days[nth] ?? 0) * DAY_MS + this.#times.at(index - nth * size);
    });
  }

  /** The first day of a day's period, and the first after it. */
  #periodOf(day: number): [number, number] {
    if (this.#frequency === "DAILY") return [day, day + 1];
    if (this.#frequency === "WEEKLY") {
      const start = weekStartOf(day, this.#weekStart);
      return [start, start + 7];
    }
    const year = yearOfDay(day);
    if (this.#frequency === "YEARLY")
      return [firstDayOfMonth(year, 0), firstDayOfMonth(year + 1, 0)];
    const month = monthOfDay(day, year);
    const end = month === 11 ? firstDayOfMonth(year + 1, 0) : firstDayOfMonth(year, month + 1);
    return [firstDayOfMonth(year, month), end];
  }
}

/** Which of `total` the positions choose, as sorted indexes. */
export function chosen(positions: readonly number[], total: number): number[] {
  const indexes: number[] = [];
  for (const position of positions) {
    const index = position > 0 ? position - 1 : total + position;
    if (index >= 0 && index < total) indexes.push(index);
  }
  return indexes.length < 2 ? indexes : [...new Set(indexes)].sort((a, b) => a - b);
}

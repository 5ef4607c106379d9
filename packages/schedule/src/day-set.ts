import { bitCount, highestBit, lowestBit } from "./bits.ts";
import {
  daysInMonth,
  FIRST_YEAR,
  firstDayOfMonth,
  monthOfDay,
  weekdayOf,
  yearOfDay,
} from "./civil.ts";

/** The Gregorian calendar repeats itself after 400 years. */
const MOST_MONTHS = 4800;
const FIRST_MONTH = FIRST_YEAR * 12;

/** A set of days from 1900 on, month by month. It remembers the month it last looked at. */
export abstract class DaySet {
  /** Those that have days, bit 0 for January. */
  readonly months: number;
  readonly #lastMonth: number;
  #month = FIRST_MONTH;
  #start = 0;
  #length = 0;
  #days = 0;

  constructor(months: number, lastYear: number) {
    this.months = months;
    this.#lastMonth = lastYear * 12 + 11;
  }

  /** The days of a month as bits, bit 0 for day 1; `month` counts from 0, `start` is its first day. */
  abstract daysOf(year: number, month: number, start: number, length: number): number;

  /** The nearest month in a direction (counted from year 0) of those that the set can have. */
  protected nearest(month: number, _direction: 1 | -1): number {
    return month;
  }

  /** The first day at or after `day`; infinite where there is none within 400 years. */
  firstDay(day: number): number {
    this.#openMonthOf(day);
    const past = day - this.#start;
    let days = past < 0 ? this.#days : past > 30 ? 0 : this.#days & (-1 << past);
    for (let looked = 0; days === 0; looked++) {
      const month = this.#from(this.#month + 1, 1);
      if (!(month <= this.#lastMonth) || looked === MOST_MONTHS) return Infinity;
      this.#open(month);
      days = this.#days;
    }
    return this.#start + lowestBit(days);
  }

  /** The last day at or before `day`; infinite likewise. */
  lastDay(day: number): number {
    this.#openMonthOf(day);
    const past = day - this.#start;
    let days = past > 30 ? this.#days : past < 0 ? 0 : this.#days & ((2 << past) - 1);
    for (let looked = 0; days === 0; looked++) {
      const month = this.#from(this.#month - 1, -1);
      if (!(month >= FIRST_MONTH) || looked === MOST_MONTHS) return -Infinity;
      this.#open(month);
      days = this.#days;
    }
    return this.#start + highestBit(days);
  }

  /** How many days there are in [fromDay, toDay). */
  countDays(fromDay: number, toDay: number): number {
    if (fromDay >= toDay) return 0;
    let total = 0;
    this.#openMonthOf(fromDay);
    while (this.#start < toDay) {
      let days = this.#days;
      if (this.#start < fromDay) days &= -1 << (fromDay - this.#start);
      if (this.#start + this.#length > toDay) days &= ~(-1 << (toDay - this.#start));
      total += bitCount(days);
      const month = this.#from(this.#month + 1, 1);
      if (!(month <= this.#lastMonth)) break;
      this.#open(month);
    }
    return total;
  }

  /** The days in [fromDay, toDay), in order. */
  listDays(fromDay: number, toDay: number): number[] {
    const list: number[] = [];
    for (let day = this.firstDay(fromDay); day < toDay; ) {
      let days = this.#days & (-1 << (day - this.#start));
      for (; days !== 0; days &= days - 1) list.push(this.#start + lowestBit(days));
      day = this.firstDay(this.#start + this.#length);
    }
    while ((list.at(-1) ?? -Infinity) >= toDay) list.pop();
    return list;
  }

  /** The first month from this one on, in a direction, that can have a day. */
  #from(month: number, direction: 1 | -1): number {
    while (month >= FIRST_MONTH && month <= this.#lastMonth) {
      const listed = this.#listed(month, direction);
      month = this.nearest(listed, direction);
      if (month === listed) break;
    }
    return month;
  }

  /** The same by `months` alone. */
  #listed(index: number, direction: 1 | -1): number {
    const year = (index / 12) | 0;
    const month = index - year * 12;
    const { months } = this;
    if (((months >>> month) & 1) !== 0) return index;
    if (direction === 1) {
      const later = months & (-1 << month);
      return later === 0 ? year * 12 + 12 + lowestBit(months) : year * 12 + lowestBit(later);
    }
    const earlier = months & ((1 << month) - 1);
    return earlier === 0 ? year * 12 - 12 + highestBit(months) : year * 12 + highestBit(earlier);
  }

  #openMonthOf(day: number): void {
    const past = day - this.#start;
    if (past >= 0 && past < this.#length) return;
    const year = yearOfDay(day);
    const month = year * 12 + monthOfDay(day, year);
    this.#open(Math.min(Math.max(month, FIRST_MONTH), this.#lastMonth));
  }

  #open(index: number): void {
    const year = (index / 12) | 0;
    const month = index - year * 12;
    const start = firstDayOfMonth(year, month);
    this.#month = index;
    this.#start = start;
    this.#length = daysInMonth(year, month);
    const listed = ((this.months >>> month) & 1) !== 0;
    this.#days = listed ? this.daysOf(year, month, start, this.#length) : 0;
  }
}

/** Weekdays (bit 0 for Sunday) as the days of a month that begins on `start`. */
export function everyWeek(weekdays: number, start: number): number {
  // The week is laid end to end from the weekday on which the month begins.
  const weekday = weekdayOf(start);
  const week = ((weekdays >>> weekday) | (weekdays << (7 - weekday))) & 0x7f;
  const fortnight = week | (week << 7);
  return fortnight | (fortnight << 14) | (fortnight << 28);
}

/** Dates of a month of this length as bits; -1 is its last day. */
export function datesIn(dates: readonly number[], length: number): number {
  let bits = 0;
  for (const date of dates) {
    const index = date > 0 ? date - 1 : length + date;
    if (index >= 0 && index < length) bits |= 1 << index;
  }
  return bits;
}

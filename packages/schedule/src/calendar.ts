import {
  DAY_MS,
  daysInMonth,
  FIRST_YEAR,
  firstDayOfMonth,
  LAST_YEAR,
  MINUTES_PER_DAY,
  monthOfDay,
  weekdayOf,
  yearOfDay,
} from "./civil.ts";
import { isOfWeekday, type SpecialDay, specialDay } from "./special-days.ts";

/** Sets of numbers as bits. */
export interface CalendarFields {
  /** Minutes 0 to 29, and 30 to 59: two words, because a word has 32 bits. */
  readonly minutesLow: number;
  readonly minutesHigh: number;
  readonly hours: number;
  /** Bit 0 is day 1. */
  readonly daysOfMonth: number;
  /** Bit 0 is January. */
  readonly months: number;
  /** Bit 0 is Sunday. */
  readonly weekdays: number;
  /** Days besides, which belong to `daysOfMonth` or `weekdays` by their kind. */
  readonly specialDays: readonly SpecialDay[];
  /** Whether a day must be in both `daysOfMonth` and `weekdays`, or in either. */
  readonly dayRule: "both" | "either";
  /** `null` for all. */
  readonly years: ReadonlySet<number> | null;
}

/** Later (or, negated, earlier) than each minute of the calendar, and still a small integer. */
export const NO_MINUTE = 1_000_000_000;

const FIRST_DAY = firstDayOfMonth(FIRST_YEAR, 0);
/** Days: further back than the calendar and its neighbourhood go. */
const BEFORE_ALL = 30_000;
const END_DAY = firstDayOfMonth(LAST_YEAR + 1, 0);
/** With so many of them, whatever comes in some year comes in one of these. */
const MANY_YEARS = 200;
/** The first instant of the calendar, 1900-01-01T00:00Z. */
export const CALENDAR_FROM_AT: number = FIRST_DAY * DAY_MS;
/** The first instant after the calendar, 2200-01-01T00:00Z. */
export const CALENDAR_TO_AT: number = END_DAY * DAY_MS;

/**
 * The minutes of a wall clock that never changes: minutes since 1970-01-01T00:00, without any zone.
 * It remembers the month and the day it last found, since most questions are about the next one.
 */
export class Calendar implements CalendarFields {
  readonly minutesLow: number;
  readonly minutesHigh: number;
  readonly hours: number;
  readonly daysOfMonth: number;
  readonly months: number;
  readonly weekdays: number;
  readonly specialDays: readonly SpecialDay[];
  readonly dayRule: "both" | "either";
  readonly years: ReadonlySet<number> | null;
  #day = -NO_MINUTE;
  #year = 0;
  #month = 0;
  #monthStart = 0;
  #monthLength = 0;
  #monthDays = 0;

  constructor(fields: CalendarFields) {
    this.minutesLow = fields.minutesLow;
    this.minutesHigh = fields.minutesHigh;
    this.hours = fields.hours;
    this.daysOfMonth = fields.daysOfMonth;
    this.months = fields.months;
    this.weekdays = fields.weekdays;
    this.specialDays = fields.specialDays;
    this.dayRule = fields.dayRule;
    this.years = fields.years;
  }

  /** The first minute at or after `minute`, or `NO_MINUTE`. */
  first(minute: number): number {
    let day = dayOf(minute);
    if (day !== this.#day) {
      const found = this.#firstDay(day);
      if (found !== day) return found === NO_MINUTE ? NO_MINUTE : this.#opening(found);
      this.#day = day;
    }
    const ofDay = minute - day * MINUTES_PER_DAY;
    let hour = (ofDay / 60) | 0;
    if (((this.hours >>> hour) & 1) !== 0) {
      const left = firstFrom(this.minutesLow, this.minutesHigh, ofDay - hour * 60);
      if (left >= 0) return day * MINUTES_PER_DAY + hour * 60 + left;
    }
    const later = this.hours & (-2 << hour);
    if (later !== 0) {
      hour = lowestBit(later);
      return day * MINUTES_PER_DAY + hour * 60 + this.#firstOfHour();
    }
    day = this.#firstDay(day + 1);
    return day === NO_MINUTE ? NO_MINUTE : this.#opening(day);
  }

  /** The last minute at or before `minute`, or `-NO_MINUTE`. */
  last(minute: number): number {
    const day = dayOf(minute);
    const found = day === this.#day ? day : this.#lastDay(day);
    if (found === day) {
      const ofDay = minute - day * MINUTES_PER_DAY;
      let hour = (ofDay / 60) | 0;
      if (((this.hours >>> hour) & 1) !== 0) {
        const left = lastUpTo(this.minutesLow, this.minutesHigh, ofDay - hour * 60);
        if (left >= 0) return day * MINUTES_PER_DAY + hour * 60 + left;
      }
      const earlier = this.hours & ~(-1 << hour);
      if (earlier !== 0) {
        hour = highestBit(earlier);
        return day * MINUTES_PER_DAY + hour * 60 + this.#lastOfHour();
      }
      return this.#closing(this.#lastDay(day - 1));
    }
    return this.#closing(found);
  }

  /** How many minutes there are in [from, to). */
  count(from: number, to: number): number {
    from = Math.max(from, FIRST_DAY * MINUTES_PER_DAY);
    to = Math.min(to, END_DAY * MINUTES_PER_DAY);
    if (from >= to) return 0;
    const firstDay = Math.floor(from / MINUTES_PER_DAY);
    const lastDay = Math.floor(to / MINUTES_PER_DAY);
    const perHour = bitCount(this.minutesLow) + bitCount(this.minutesHigh);
    const perDay = perHour * bitCount(this.hours);
    return (
      perDay * this.#countDays(firstDay, lastDay) -
      this.#countBefore(firstDay, from - firstDay * MINUTES_PER_DAY, perHour) +
      this.#countBefore(lastDay, to - lastDay * MINUTES_PER_DAY, perHour)
    );
  }

  /** The days of a month as bits, bit 0 for day 1. */
  daysOf(year: number, month: number, monthStart: number): number {
    if (((this.months >>> month) & 1) === 0) return 0;
    if (this.years !== null && !this.years.has(year)) return 0;
    const length = daysInMonth(year, month);
    // The week is laid end to end from the weekday on which the month begins.
    const weekday = weekdayOf(monthStart);
    const week = (this.weekdays >>> weekday) | (this.weekdays << (7 - weekday));
    const fortnight = (week & 0x7f) | ((week & 0x7f) << 7);
    let byWeekday = fortnight | (fortnight << 14) | (fortnight << 28);
    let byDate = this.daysOfMonth;
    for (const special of this.specialDays) {
      const day = specialDay(special, length, weekday);
      if (isOfWeekday(special)) byWeekday |= day;
      else byDate |= day;
    }
    const days = this.dayRule === "both" ? byDate & byWeekday : byDate | byWeekday;
    return days & (-1 >>> (32 - length));
  }

  #opening(day: number): number {
    this.#day = day;
    return day * MINUTES_PER_DAY + lowestBit(this.hours) * 60 + this.#firstOfHour();
  }

  #closing(day: number): number {
    if (day === -NO_MINUTE) return -NO_MINUTE;
    this.#day = day;
    return day * MINUTES_PER_DAY + highestBit(this.hours) * 60 + this.#lastOfHour();
  }

  #firstOfHour(): number {
    return this.minutesLow !== 0 ? lowestBit(this.minutesLow) : 30 + lowestBit(this.minutesHigh);
  }

  #lastOfHour(): number {
    return this.minutesHigh !== 0 ? 30 + highestBit(this.minutesHigh) : highestBit(this.minutesLow);
  }

  #firstDay(from: number): number {
    if (from >= END_DAY) return NO_MINUTE;
    const day = Math.max(from, FIRST_DAY);
    let past = day - this.#monthStart;
    if (past < 0 || past >= this.#monthLength) {
      this.#openMonthOf(day);
      past = day - this.#monthStart;
    }
    const days = this.#monthDays & (-1 << past);
    if (days === 0 && !this.#openLaterMonth()) return NO_MINUTE;
    return this.#monthStart + lowestBit(days === 0 ? this.#monthDays : days);
  }

  #lastDay(from: number): number {
    if (from < FIRST_DAY) return -NO_MINUTE;
    const day = Math.min(from, END_DAY - 1);
    let past = day - this.#monthStart;
    if (past < 0 || past >= this.#monthLength) {
      this.#openMonthOf(day);
      past = day - this.#monthStart;
    }
    const days = this.#monthDays & ((2 << past) - 1);
    if (days === 0 && !this.#openEarlierMonth()) return -NO_MINUTE;
    return this.#monthStart + highestBit(days === 0 ? this.#monthDays : days);
  }

  #openMonthOf(day: number): void {
    const year = yearOfDay(day);
    const month = monthOfDay(day, year);
    this.#setMonth(year, month, daysInMonth(year, month));
  }

  /** Goes on to the next month that has a day; answers whether there is one. */
  #openLaterMonth(): boolean {
    let year = this.#year;
    let month = this.#month;
    do {
      const later = this.months & (-2 << month);
      if (later === 0 && ++year > LAST_YEAR) return false;
      month = lowestBit(later === 0 ? this.months : later);
    } while (!this.#openMonth(year, month));
    return true;
  }

  /** Goes back to the previous month that has a day; answers whether there is one. */
  #openEarlierMonth(): boolean {
    let year = this.#year;
    let month = this.#month;
    do {
      const earlier = this.months & ~(-1 << month);
      if (earlier === 0 && --year < FIRST_YEAR) return false;
      month = highestBit(earlier === 0 ? this.months : earlier);
    } while (!this.#openMonth(year, month));
    return true;
  }

  /** Turns to a month; answers whether it has a day, and where it plainly has none, stays. */
  #openMonth(year: number, month: number): boolean {
    const length = daysInMonth(year, month);
    const dates = this.daysOfMonth & (-1 >>> (32 - length));
    const none = dates === 0 && this.dayRule === "both" && this.specialDays.length === 0;
    if (none) return false;
    this.#setMonth(year, month, length);
    return this.#monthDays !== 0;
  }

  #setMonth(year: number, month: number, length: number): void {
    const start = firstDayOfMonth(year, month);
    this.#year = year;
    this.#month = month;
    this.#monthStart = start;
    this.#monthLength = length;
    this.#monthDays = this.daysOf(year, month, start);
  }

  /** How many days there are in [fromDay, toDay). */
  #countDays(fromDay: number, toDay: number): number {
    let year = yearOfDay(fromDay);
    let month = monthOfDay(fromDay, year);
    let start = firstDayOfMonth(year, month);
    let total = 0;
    while (start < toDay) {
      let days = this.daysOf(year, month, start);
      const length = daysInMonth(year, month);
      if (start < fromDay) days &= -1 << (fromDay - start);
      if (start + length > toDay) days &= ~(-1 << (toDay - start));
      total += bitCount(days);
      start += length;
      if (++month === 12) {
        month = 0;
        year++;
      }
    }
    return total;
  }

  /** How many minutes of a day come before its minute `ofDay`. */
  #countBefore(day: number, ofDay: number, perHour: number): number {
    if (ofDay === 0) return 0;
    const year = yearOfDay(day);
    const month = monthOfDay(day, year);
    const start = firstDayOfMonth(year, month);
    if (((this.daysOf(year, month, start) >>> (day - start)) & 1) === 0) return 0;
    const hour = (ofDay / 60) | 0;
    const minute = ofDay - hour * 60;
    const whole = bitCount(this.hours & ~(-1 << hour)) * perHour;
    if (((this.hours >>> hour) & 1) === 0 || minute === 0) return whole;
    return (
      whole +
      bitCount(this.minutesLow & ~(minute < 30 ? -1 << minute : 0)) +
      (minute > 30 ? bitCount(this.minutesHigh & ~(-1 << (minute - 30))) : 0)
    );
  }
}

/** The day of a minute. Adding first keeps the division whole and positive, which is the fast one. */
function dayOf(minute: number): number {
  return (((minute + BEFORE_ALL * MINUTES_PER_DAY) / MINUTES_PER_DAY) | 0) - BEFORE_ALL;
}

/** Whether there is any day at all. */
export function everMatches(calendar: Calendar): boolean {
  const { dayRule, daysOfMonth, weekdays, years } = calendar;
  // A day that each month has comes each year, and falls on each weekday in some year.
  const eachMonth = (daysOfMonth & 0xfffffff) !== 0 && weekdays !== 0;
  const eachYear = eachMonth && (weekdays === 0x7f || daysOfMonth === 0x7fffffff);
  const manyYears = years === null || years.size > MANY_YEARS;
  if (dayRule === "either" || eachYear || (eachMonth && manyYears)) return true;
  // Lists of years begin no earlier than 1970.
  return calendar.first(years === null ? FIRST_DAY * MINUTES_PER_DAY : 0) !== NO_MINUTE;
}

/** `bits` must not be 0. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** `bits` must not be 0. */
export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

export function bitCount(bits: number): number {
  bits -= (bits >>> 1) & 0x55555555;
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The values that bits stand for, of which the lowest stands for `low`. */
export function valuesOf(bits: number, low: number): number[] {
  const values: number[] = [];
  for (let bit = 0; bit < 31; bit++) if (((bits >>> bit) & 1) !== 0) values.push(low + bit);
  return values;
}

function firstFrom(low: number, high: number, minute: number): number {
  if (minute < 30) {
    const bits = low & (-1 << minute);
    if (bits !== 0) return lowestBit(bits);
    return high === 0 ? -1 : 30 + lowestBit(high);
  }
  const bits = high & (-1 << (minute - 30));
  return bits === 0 ? -1 : 30 + lowestBit(bits);
}

function lastUpTo(low: number, high: number, minute: number): number {
  if (minute >= 30) {
    const bits = high & ((2 << (minute - 30)) - 1);
    if (bits !== 0) return 30 + highestBit(bits);
    return low === 0 ? -1 : highestBit(low);
  }
  const bits = low & ((2 << minute) - 1);
  return bits === 0 ? -1 : highestBit(bits);
}

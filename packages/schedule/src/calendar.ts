import { bitCount, firstFrom, highestBit, lastUpTo, lowestBit } from "./bits.ts";
import {
  DAY_MS,
  FIRST_YEAR,
  firstDayOfMonth,
  LAST_YEAR,
  MINUTES_PER_DAY,
  weekdayOf,
} from "./civil.ts";
import { DaySet, everyWeek } from "./day-set.ts";
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
export class Calendar extends DaySet implements CalendarFields {
  readonly minutesLow: number;
  readonly minutesHigh: number;
  readonly hours: number;
  readonly daysOfMonth: number;
  readonly weekdays: number;
  readonly specialDays: readonly SpecialDay[];
  readonly dayRule: "both" | "either";
  readonly years: ReadonlySet<number> | null;
  #day = -NO_MINUTE;

  constructor(fields: CalendarFields) {
    super(fields.months, LAST_YEAR);
    this.minutesLow = fields.minutesLow;
    this.minutesHigh = fields.minutesHigh;
    this.hours = fields.hours;
    this.daysOfMonth = fields.daysOfMonth;
    this.weekdays = fields.weekdays;
    this.specialDays = fields.specialDays;
    this.dayRule = fields.dayRule;
    this.years = fields.years;
  }

  /** The first minute at or after `minute`, or `NO_MINUTE`. */
  first(minute: number): number {
    const day = dayOf(minute);
    if (day !== this.#day) {
      const found = this.firstDay(day);
      if (found !== day) return this.#opening(found);
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
    return this.#opening(this.firstDay(day + 1));
  }

  /** The last minute at or before `minute`, or `-NO_MINUTE`. */
  last(minute: number): number {
    const day = dayOf(minute);
    const found = day === this.#day ? day : this.lastDay(day);
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
      return this.#closing(this.lastDay(day - 1));
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
      perDay * this.countDays(firstDay, lastDay) -
      this.#countBefore(firstDay, from - firstDay * MINUTES_PER_DAY, perHour) +
      this.#countBefore(lastDay, to - lastDay * MINUTES_PER_DAY, perHour)
    );
  }

  override daysOf(year: number, _month: number, monthStart: number, length: number): number {
    if (this.years !== null && !this.years.has(year)) return 0;
    let byDate = this.daysOfMonth & (-1 >>> (32 - length));
    const both = this.dayRule === "both";
    if (both && byDate === 0 && this.specialDays.length === 0) return 0;
    let byWeekday = everyWeek(this.weekdays, monthStart);
    for (const special of this.specialDays) {
      const day = specialDay(special, length, weekdayOf(monthStart));
      if (isOfWeekday(special)) byWeekday |= day;
      else byDate |= day;
    }
    const days = both ? byDate & byWeekday : byDate | byWeekday;
    return days & (-1 >>> (32 - length));
  }

  #opening(day: number): number {
    if (day === Infinity) return NO_MINUTE;
    this.#day = day;
    return day * MINUTES_PER_DAY + lowestBit(this.hours) * 60 + this.#firstOfHour();
  }

  #closing(day: number): number {
    if (day === -Infinity) return -NO_MINUTE;
    this.#day = day;
    return day * MINUTES_PER_DAY + highestBit(this.hours) * 60 + this.#lastOfHour();
  }

  #firstOfHour(): number {
    return this.minutesLow !== 0 ? lowestBit(this.minutesLow) : 30 + lowestBit(this.minutesHigh);
  }

  #lastOfHour(): number {
    return this.minutesHigh !== 0 ? 30 + highestBit(this.minutesHigh) : highestBit(this.minutesLow);
  }

  /** How many minutes of a day come before its minute `ofDay`. */
  #countBefore(day: number, ofDay: number, perHour: number): number {
    if (ofDay === 0 || this.countDays(day, day + 1) === 0) return 0;
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

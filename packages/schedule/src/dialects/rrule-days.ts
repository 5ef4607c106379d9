import { firstDayOfMonth, monthOfDay, weekdayOf, yearOfDay } from "../civil.ts";
import { DaySet, datesIn, everyWeek } from "../day-set.ts";
import type { OrdinalDay, RuleParts } from "./rrule-reader.ts";

const ALL = 0x7fffffff;

/** The days that a rule's parts let through, in the periods that its interval lets through. */
export class RuleDays extends DaySet {
  readonly #rule: RuleParts;
  readonly #startDay: number;
  readonly #startYear: number;
  readonly #startMonth: number;
  readonly #weekdays: number;
  readonly #ordinals: readonly OrdinalDay[];

  /** `rule` has had its gaps filled from the start, which is in `startMonth` (from 0). */
  constructor(
    rule: RuleParts,
    startDay: number,
    startYear: number,
    startMonth: number,
    lastYear: number,
  ) {
    const listed = rule.months?.reduce((bits, month) => bits | (1 << (month - 1)), 0);
    super(listed ?? 0xfff, lastYear);
    this.#rule = rule;
    this.#startDay = startDay;
    this.#startYear = startYear;
    this.#startMonth = startMonth;
    const days = rule.days ?? [];
    this.#ordinals = days.filter((day) => day.ordinal !== 0);
    this.#weekdays = days
      .filter((day) => day.ordinal === 0)
      .reduce((bits, day) => bits | (1 << day.weekday), 0);
  }

  /** Passes years and months that the interval leaves out. */
  protected override nearest(month: number, direction: 1 | -1): number {
    const { frequency, interval } = this.#rule;
    if (interval === 1) return month;
    const round = direction === 1 ? Math.ceil : Math.floor;
    if (frequency === "MONTHLY") {
      const start = this.#startYear * 12 + this.#startMonth;
      return start + round((month - start) / interval) * interval;
    }
    if (frequency === "WEEKLY") {
      const { weekStart } = this.#rule;
      const week = weekStartOf(this.#startDay, weekStart);
      return nearestPeriod(month, direction, week, interval * 7, 7);
    }
    if (frequency === "DAILY") return nearestPeriod(month, direction, this.#startDay, interval, 1);
    const year = Math.floor(month / 12);
    if (frequency !== "YEARLY" || (year - this.#startYear) % interval === 0) return month;
    const found = this.#startYear + round((year - this.#startYear) / interval) * interval;
    return found * 12 + (direction === 1 ? 0 : 11);
  }

  override daysOf(year: number, month: number, start: number, length: number): number {
    const index = year * 12 + month;
    if (this.nearest(index, 1) !== index) return 0;
    const { monthDays, yearDays, weeks, days, frequency, interval, weekStart } = this.#rule;
    let found = ALL >>> (31 - length);
    if (monthDays !== null) found &= datesIn(monthDays, length);
    if (days !== null) {
      found &= everyWeek(this.#weekdays, start) | this.#ordinalDays(year, start, length);
    }
    if (yearDays !== null) found &= inYear(yearDays, year, start, length);
    if (weeks !== null && found !== 0) found &= this.#inWeeks(weeks, year, start, length);
    if (frequency === "WEEKLY" && interval > 1) {
      found &= this.#everyNth(7, weekStartOf(this.#startDay, weekStart), start, length);
    }
    if (frequency === "DAILY" && interval > 1) {
      found &= this.#everyNth(1, this.#startDay, start, length);
    }
    return found;
  }

  #ordinalDays(year: number, start: number, length: number): number {
    let bits = 0;
    if (this.#ordinals.length === 0) return bits;
    const perYear = this.#rule.frequency === "YEARLY" && this.#rule.months === null;
    const from = perYear ? firstDayOfMonth(year, 0) : start;
    const size = perYear ? firstDayOfMonth(year + 1, 0) - from : length;
    for (const { weekday, ordinal } of this.#ordinals) {
      const day =
        ordinal > 0
          ? from + ((weekday - weekdayOf(from) + 7) % 7) + (ordinal - 1) * 7
          : from + size - 1 - ((weekdayOf(from + size - 1) - weekday + 7) % 7) + (ordinal + 1) * 7;
      const past = day - start;
      if (day >= from && day < from + size && past >= 0 && past < length) bits |= 1 << past;
    }
    return bits;
  }

  /** The days of each nth period of `size` days, one of which begins on `first`. */
  #everyNth(size: number, first: number, start: number, length: number): number {
    let bits = 0;
    for (let day = 0; day < length; day++) {
      const period = Math.floor((start + day - first) / size);
      if (period % this.#rule.interval === 0) bits |= 1 << day;
    }
    return bits;
  }

  #inWeeks(weeks: readonly number[], year: number, start: number, length: number): number {
    const { weekStart } = this.#rule;
    let bits = 0;
    // A month may have days of the last week of the year before, or of the first of the year after.
    for (let ofYear = year - 1; ofYear <= year + 1; ofYear++) {
      const first = firstWeekOf(ofYear, weekStart);
      const end = firstWeekOf(ofYear + 1, weekStart);
      for (const number of weeks) {
        const week = number > 0 ? first + (number - 1) * 7 : end + number * 7;
        const past = week - start;
        if (week < first || week >= end || past <= -7 || past >= length) continue;
        bits |= past < 0 ? 0x7f >>> -past : 0x7f << past;
      }
    }
    return bits;
  }
}

/** The next month, in a direction, with a day of a period that begins each `step` days from `base`. */
function nearestPeriod(
  month: number,
  direction: 1 | -1,
  base: number,
  step: number,
  length: number,
): number {
  // Shorter steps reach each month.
  if (step <= 28) return month;
  const start = dayOfMonth(month);
  if (direction === 1) {
    const period = base + Math.ceil((start - length + 1 - base) / step) * step;
    return monthIndex(Math.max(period, start));
  }
  const last = dayOfMonth(month + 1) - 1;
  const period = base + Math.floor((last - base) / step) * step;
  return monthIndex(Math.min(period + length - 1, last));
}

function dayOfMonth(index: number): number {
  const year = Math.floor(index / 12);
  return firstDayOfMonth(year, index - year * 12);
}

function monthIndex(day: number): number {
  const year = yearOfDay(day);
  return year * 12 + monthOfDay(day, year);
}

/** The day on which the first week of a year begins: the one of 4 January. */
function firstWeekOf(year: number, weekStart: number): number {
  return weekStartOf(firstDayOfMonth(year, 0) + 3, weekStart);
}

/** The day on which a day's week begins. */
export function weekStartOf(day: number, weekStart: number): number {
  return day - weekdayOf(day - weekStart);
}

function inYear(yearDays: readonly number[], year: number, start: number, length: number): number {
  const from = firstDayOfMonth(year, 0);
  const end = firstDayOfMonth(year + 1, 0);
  let bits = 0;
  for (const yearDay of yearDays) {
    const day = yearDay > 0 ? from + yearDay - 1 : end + yearDay;
    if (day >= from && day < end && day >= start && day < start + length)
      bits |= 1 << (day - start);
  }
  return bits;
}

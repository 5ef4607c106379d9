import { LAST_YEAR, weekdayOf } from "../civil.ts";
import { DaySet } from "../day-set.ts";
import { quote } from "../errors.ts";
import { isRule, readDates, readRun } from "./dates.ts";
import { type MonthDays, refuse } from "./month-days.ts";

/**
 * Which days, as plain data: those of `weekdays` that are among `dates`, where these are given, and
 * not in `except`; with `nth`, of those only the nth of each month. Business days are
 * `{ weekdays: "mon-fri", except: holidays }`, and the last of each month has `nth: -1` besides.
 */
export interface Days {
  /** Names and ranges of names: `mon-fri`, `sat,sun`. */
  readonly weekdays?: string;
  /**
   * Each a date (`2026-12-25`), a date of every year (`12-25`), all days from one to another
   * (`2026-12-24/2027-01-02`), or a rule of RFC 5545 (`DTSTART:20261126` and `RRULE:…`, a line each;
   * with a line `DURATION:P2D` it is two days each time). Time zones in rules say nothing.
   */
  readonly dates?: readonly string[];
  readonly except?: Days;
  /** From 1 on, or from -1, the last, backwards. */
  readonly nth?: number | readonly number[];
}

export const ALL_WEEKDAYS = 0x7f;
const NAMES = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

class NamedDays extends DaySet {
  readonly #days: MonthDays;

  constructor(days: MonthDays) {
    super(0xfff, LAST_YEAR);
    this.#days = days;
  }

  override daysOf(year: number, month: number, start: number, length: number): number {
    return this.#days(year, month, start, length);
  }
}

/** @throws ScheduleError with code `calendar` that quotes what cannot be read. */
export function daySetOf(days: Days): DaySet {
  return new NamedDays(monthDaysOf(days));
}

function monthDaysOf({ weekdays, dates, except, nth }: Days): MonthDays {
  const parts: MonthDays[] = [];
  if (weekdays !== undefined) parts.push(weekdayDays(readWeekdays(weekdays)));
  if (dates !== undefined) parts.push(readDates(dates));
  const excluded = except === undefined ? () => 0 : monthDaysOf(except);
  const wanted = nth === undefined ? null : readNth([nth].flat());
  return (year, month, start, length) => {
    let found = -1 >>> (32 - length);
    for (const part of parts) found &= part(year, month, start, length);
    if (found !== 0) found &= ~excluded(year, month, start, length);
    return wanted === null ? found : pick(found, wanted);
  };
}

function pick(days: number, wanted: readonly number[]): number {
  const each: number[] = [];
  for (let rest = days; rest !== 0; rest &= rest - 1) each.push(rest & -rest);
  return wanted.reduce((bits, nth) => bits | (each.at(nth > 0 ? nth - 1 : nth) ?? 0), 0);
}

function readNth(values: readonly number[]): readonly number[] {
  const hint = "write 1 for the first of each month, -1 for the last";
  if (values.length === 0) refuse("nth names no day", hint);
  for (const nth of values) {
    if (!Number.isInteger(nth) || nth === 0 || Math.abs(nth) > 31) {
      refuse(`nth: ${nth} is none of a month's days`, hint);
    }
  }
  return values;
}

function weekdayDays(weekdays: number): MonthDays {
  return (_year, _month, start, length) => {
    let days = 0;
    let weekday = weekdayOf(start);
    for (let index = 0; index < length; index++) {
      days |= ((weekdays >>> weekday) & 1) << index;
      weekday = weekday === 6 ? 0 : weekday + 1;
    }
    return days;
  };
}

/** As bits; Sunday is bit 0. */
export function readWeekdays(text: string): number {
  let bits = 0;
  for (const part of text.split(",")) {
    const [first = 0, last = first, more] = part.split("-").map((name) => weekdayNamed(name, text));
    if (more !== undefined) refuseWeekdays(text);
    for (let day = first; ; day = (day + 1) % 7) {
      bits |= 1 << day;
      if (day === last) break;
    }
  }
  return bits;
}

/** Of three letters at least. */
function weekdayNamed(name: string, text: string): number {
  const start = name.trim().toLowerCase();
  const day = NAMES.findIndex((each) => start.length >= 3 && each.startsWith(start));
  return day < 0 ? refuseWeekdays(text) : day;
}

function refuseWeekdays(text: string): never {
  return refuse(`${quote(text)} names no weekdays`, "write for example mon-fri or sat,sun");
}

/** The last day of a list that ends, in all that these days are made of; else `null`. */
export function lastListed({ dates, except }: Days): number | null {
  const own = dates === undefined || dates.length === 0 ? null : lastOf(dates);
  const other = except === undefined ? null : lastListed(except);
  return own === null || other === null ? (own ?? other) : Math.max(own, other);
}

function lastOf(dates: readonly string[]): number | null {
  const endless = dates.some((text) => isRule(text) || /^\d\d-\d\d$/.test(text.trim()));
  return endless ? null : dates.reduce((last, text) => Math.max(last, readRun(text)[1]), -Infinity);
}

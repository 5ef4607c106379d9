import { valuesOf } from "../calendar.ts";
import {
  daysInMonth,
  FIRST_YEAR,
  firstDayOfMonth,
  LAST_YEAR,
  longestMonth,
  monthOfDay,
  weekdayOf,
  yearOfDay,
} from "../civil.ts";
import { parseRrule } from "../dialects/rrule.ts";
import { quote, ScheduleError } from "../errors.ts";
import { DaySet } from "../local-times.ts";
import * as say from "../words/english.ts";
import { zoneOf } from "../zone.ts";

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
   * (`2026-12-24/2027-01-02`), or a rule of RFC 5545 (`DTSTART:20261126` and `RRULE:…`, a line each).
   */
  readonly dates?: readonly string[];
  readonly except?: Days;
  /** From 1 on, or from -1, the last, backwards. */
  readonly nth?: number | readonly number[];
}

/** The days of a month as bits, bit 0 for day 1; `start` is its first day since 1970-01-01. */
type MonthDays = (year: number, month: number, start: number, length: number) => number;

const ALL_WEEKDAYS = 0x7f;
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const UTC = zoneOf("UTC");
/** As many as a list of decades has. */
const MOST_DATES = 10_000;

class NamedDays extends DaySet {
  readonly #days: MonthDays;

  constructor(days: MonthDays) {
    super(FIRST_YEAR, LAST_YEAR);
    this.#days = days;
  }

  protected override daysOf(year: number, month: number, start: number, length: number): number {
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
  if (dates !== undefined) parts.push(dateDays(dates));
  const excluded = except === undefined ? () => 0 : monthDaysOf(except);
  const wanted = nth === undefined ? null : readNth([nth].flat());
  return (year, month, start, length) => {
    let found = 2 ** length - 1;
    for (const part of parts) found &= part(year, month, start, length);
    found &= ~excluded(year, month, start, length);
    return wanted === null ? found : pick(found, wanted);
  };
}

function pick(days: number, wanted: readonly number[]): number {
  const each: number[] = [];
  for (let rest = days; rest !== 0; rest &= rest - 1) each.push(rest & -rest);
  return wanted.reduce((bits, nth) => bits | (each.at(nth > 0 ? nth - 1 : nth) ?? 0), 0);
}

function readNth(values: readonly number[]): readonly number[] {
  for (const nth of values) {
    if (!Number.isInteger(nth) || nth === 0 || Math.abs(nth) > 31) {
      const hint = "write 1 for the first of each month, -1 for the last";
      fail(`nth: ${nth} is none of a month's days`, hint);
    }
  }
  return values;
}

function weekdayDays(weekdays: number): MonthDays {
  return (_year, _month, start, length) => {
    let days = 0;
    for (let index = 0; index < length; index++) {
      days |= ((weekdays >>> weekdayOf(start + index)) & 1) << index;
    }
    return days;
  };
}

/** Sunday is bit 0. */
function readWeekdays(text: string): number {
  let bits = 0;
  for (const part of text.split(",")) {
    const [first, last = first] = part.split("-").map((name) => weekdayNamed(name, text));
    for (let day = first ?? 0; ; day = (day + 1) % 7) {
      bits |= 1 << day;
      if (day === last) break;
    }
  }
  return bits;
}

function weekdayNamed(name: string, text: string): number {
  const day = NAMES.findIndex((each) => new RegExp(`^${each}[a-z]*$`, "i").test(name.trim()));
  if (day < 0) fail(`${quote(text)} names no weekdays`, "write for example mon-fri or sat,sun");
  return day;
}

interface Dates {
  /** By month since year 0, as bits. */
  readonly single: Map<number, number>;
  /** By month, of every year. */
  readonly yearly: Map<number, number>;
  readonly ranges: (readonly [first: number, last: number])[];
  readonly rules: ReturnType<typeof parseRrule>[];
}

function dateDays(texts: readonly string[]): MonthDays {
  if (texts.length > MOST_DATES) {
    fail(`${texts.length} dates are too many`, `give ${MOST_DATES} or less; a range is one`);
  }
  const dates: Dates = { single: new Map(), yearly: new Map(), ranges: [], rules: [] };
  for (const text of texts) readInto(dates, text);
  const { single, yearly, ranges, rules } = dates;
  return (year, month, start, length) => {
    let days = (single.get(year * 12 + month) ?? 0) | (yearly.get(month) ?? 0);
    days &= 2 ** length - 1;
    for (const [first, last] of ranges) {
      for (let day = Math.max(first, start); day <= last && day < start + length; day++) {
        days |= 1 << (day - start);
      }
    }
    for (const rule of rules) {
      for (const at of rule.between(start * DAY, (start + length) * DAY)) {
        days |= 1 << (Math.floor(at / DAY) - start);
      }
    }
    return days;
  };
}

const DAY = 86_400_000;

function readInto({ single, yearly, ranges, rules }: Dates, text: string): void {
  if (/RRULE|RDATE/i.test(text)) {
    rules.push(readRule(text));
    return;
  }
  const [, month = "", date = ""] = /^(\d\d)-(\d\d)$/.exec(text.trim()) ?? [];
  if (date !== "") {
    const index = Number(month) - 1;
    if (index < 0 || index > 11 || Number(date) < 1 || Number(date) > longestMonth(index)) {
      fail(`there is no date ${quote(text)}`, HINT);
    }
    yearly.set(index, (yearly.get(index) ?? 0) | (1 << (Number(date) - 1)));
    return;
  }
  const [first = "", last = first, more] = text.trim().split("/");
  const [from, to] = [dayOfText(first, text), dayOfText(last, text)];
  if (more !== undefined || to < from) fail(`${quote(text)} is no range of dates`, HINT);
  if (from < to) ranges.push([from, to]);
  else {
    const year = yearOfDay(from);
    const key = year * 12 + monthOfDay(from, year);
    const bit = 1 << (from - firstDayOfMonth(year, monthOfDay(from, year)));
    single.set(key, (single.get(key) ?? 0) | bit);
  }
}

const HINT = "write 2026-12-25, 12-25 for every year, or 2026-12-24/2027-01-02";

function dayOfText(date: string, text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) {
    return fail(`${quote(text)} is no date`, HINT);
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month - 1)) {
    fail(`there is no date ${quote(date)}`, HINT);
  }
  return firstDayOfMonth(year, month - 1) + day - 1;
}

/** A rule of whole days is one of midnights in UTC: days have no time zone. */
function readRule(text: string): ReturnType<typeof parseRrule> {
  const lines = text
    .replaceAll(/\r?\n/g, "\n")
    .replaceAll(/;VALUE=DATE\b/gi, "")
    .replaceAll(/\b(\d{8})(?![\dT])/g, "$1T000000Z");
  return parseRrule(lines, UTC, undefined);
}

export function fail(problem: string, hint: string): never {
  throw new ScheduleError("calendar", problem, { hint });
}

/** `Monday to Friday but not on 8 dates`. */
export function daysWords({ weekdays, dates, except, nth }: Days): string {
  const bits = weekdays === undefined ? ALL_WEEKDAYS : readWeekdays(weekdays);
  const which = [
    bits === ALL_WEEKDAYS ? "" : say.weekdays(valuesOf(bits, 0)),
    dates === undefined ? "" : datesWords(dates),
  ].filter((words) => words !== "");
  const among = which.length === 0 ? "all days" : which.join(" that are among ");
  const rest = except === undefined ? among : `${among} but not on ${daysWords(except)}`;
  if (nth === undefined) return rest;
  return `${[nth].flat().map(nthWords).join(" and ")} of each month's ${rest}`;
}

function datesWords(dates: readonly string[]): string {
  const named = dates.length <= 3 && dates.every((date) => !date.includes(":"));
  return named ? dates.join(", ") : `${dates.length} date${dates.length === 1 ? "" : "s"}`;
}

function nthWords(nth: number): string {
  const place = Math.abs(nth);
  const ordinal = ["first", "second", "third"][place - 1] ?? `${place}th`;
  if (nth > 0) return `the ${ordinal}`;
  return place === 1 ? "the last" : `the ${ordinal} from the end`;
}

/** The last day of a list that ends, in all that these days are made of; else `null`. */
export function lastListed({ dates, except }: Days): number | null {
  const own = dates === undefined || dates.length === 0 ? null : lastOf(dates);
  const other = except === undefined ? null : lastListed(except);
  return own === null || other === null ? (own ?? other) : Math.max(own, other);
}

function lastOf(dates: readonly string[]): number | null {
  let last: number | null = null;
  for (const text of dates) {
    const end = /^(?:.*\/)?(\d{4}-\d\d-\d\d)$/.exec(text.trim())?.[1];
    if (end === undefined) return null;
    last = Math.max(last ?? Number.NEGATIVE_INFINITY, dayOfText(end, text));
  }
  return last;
}

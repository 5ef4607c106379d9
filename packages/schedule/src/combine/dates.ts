import { daysInMonth, firstDayOfMonth, longestMonth } from "../civil.ts";
import { quote, ScheduleError } from "../errors.ts";
import { rankIn } from "../local-times.ts";
import { daysBetween, type MonthDays, refuse } from "./month-days.ts";
import { readRepeated } from "./repeated.ts";

/** As many as a list of decades has. */
const MOST_DATES = 10_000;
const HINT = "write 2026-12-25, 12-25 for every year, or 2026-12-24/2027-01-02";

/** Days that follow each other, the last included. */
type Run = readonly [first: number, last: number];

/** The days that a list names: dates, dates of every year, ranges and rules. */
export function readDates(texts: readonly string[]): MonthDays {
  if (texts.length > MOST_DATES) {
    refuse(`${texts.length} dates are too many`, `give ${MOST_DATES} or less; a range is one`);
  }
  const runs: Run[] = [];
  const yearly = Array<number>(12).fill(0);
  const rules: MonthDays[] = [];
  for (const text of texts) {
    if (isRule(text)) rules.push(readRule(text));
    else if (/^\d\d-\d\d$/.test(text.trim())) {
      const [month, bit] = yearlyDate(text);
      yearly[month] = (yearly[month] ?? 0) | bit;
    } else runs.push(readRun(text));
  }
  const listed = runDays(runs);
  return (year, month, start, length) => {
    let days = (yearly[month] ?? 0) & (-1 >>> (32 - length));
    days |= listed(year, month, start, length);
    for (const rule of rules) days |= rule(year, month, start, length);
    return days;
  };
}

/** Whether a text is a rule of RFC 5545, not a date. */
export function isRule(text: string): boolean {
  return /DTSTART|RRULE|RDATE/i.test(text);
}

function readRule(text: string): MonthDays {
  try {
    return readRepeated(text);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    throw new ScheduleError("calendar", `${quote(text)}: ${error.message}`);
  }
}

function yearlyDate(text: string): readonly [month: number, bit: number] {
  const [month = 0, date = 0] = text.trim().split("-").map(Number);
  const exists = month >= 1 && month <= 12 && date >= 1 && date <= longestMonth(month - 1);
  if (!exists) refuse(`there is no date ${quote(text)}`, HINT);
  return [month - 1, 1 << (date - 1)];
}

/** A date, or all days from one to another. */
export function readRun(text: string): Run {
  const [first = "", last = first, more] = text.trim().split("/");
  const run: Run = [dayOfText(first, text), dayOfText(last, text)];
  if (more !== undefined || run[1] < run[0]) refuse(`${quote(text)} is no range of dates`, HINT);
  return run;
}

function dayOfText(date: string, text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) {
    return refuse(`${quote(text)} is no date`, HINT);
  }
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month - 1)) {
    refuse(`there is no date ${quote(date)}`, HINT);
  }
  return firstDayOfMonth(year, month - 1) + day - 1;
}

function runDays(runs: readonly Run[]): MonthDays {
  const merged: [first: number, last: number][] = [];
  for (const [first, last] of runs.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before === undefined || first > before[1] + 1) merged.push([first, last]);
    else before[1] = Math.max(before[1], last);
  }
  const ends = merged.map(([, last]) => last);
  return (_year, _month, start, length) => {
    let days = 0;
    for (let index = rankIn(ends, start); ; index++) {
      const [first, last] = merged[index] ?? [Number.POSITIVE_INFINITY, 0];
      if (first >= start + length) return days;
      days |= daysBetween(Math.max(first - start, 0), Math.min(last - start, length - 1));
    }
  };
}

/** Arithmetic of the Gregorian calendar on days since 1970-01-01. */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
export const MINUTES_PER_DAY = 1440;

/** No expression is searched outside these years, so that every search ends. */
export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2199;

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isLeapYear(year: number): boolean {
  return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** `month` counts from 0. */
export function daysInMonth(year: number, month: number): number {
  return month === 1 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month] ?? 0);
}

/** The longest that a month, counted from 0, ever is. */
export function longestMonth(month: number): number {
  return month === 1 ? 29 : (DAYS_IN_MONTH[month] ?? 0);
}

/** A whole number of 400-year cycles, so that the divisions below are of positive whole numbers. */
const CYCLES = 1000;

function firstDayOfYear(year: number): number {
  const past = year + 400 * CYCLES - 1;
  const leapDays = (past >> 2) - ((past / 100) | 0) + ((past / 400) | 0);
  return past * 365 + leapDays - 719_162 - 146_097 * CYCLES;
}

/** The day on which a month begins; `month` counts from 0. */
export function firstDayOfMonth(year: number, month: number): number {
  const leapDay = month > 1 && isLeapYear(year) ? 1 : 0;
  return firstDayOfYear(year) + (DAYS_BEFORE_MONTH[month] ?? 0) + leapDay;
}

export function yearOfDay(day: number): number {
  let year = 1970 + Math.floor(day / 365.2425);
  if (firstDayOfYear(year) > day) year--;
  else if (firstDayOfYear(year + 1) <= day) year++;
  return year;
}

/** The month of a day of that year, counted from 0. */
export function monthOfDay(day: number, year: number): number {
  let month = Math.min(11, Math.floor((day - firstDayOfYear(year)) / 29));
  while (firstDayOfMonth(year, month) > day) month--;
  return month;
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** `2026-03-08`. */
export function dateText(day: number): string {
  const year = yearOfDay(day);
  const month = monthOfDay(day, year);
  const date = day - firstDayOfMonth(year, month) + 1;
  const sign = year < 0 ? "-" : "";
  const years =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, "0")
      : `${sign || "+"}${String(Math.abs(year)).padStart(6, "0")}`;
  return `${years}-${pad(month + 1)}-${pad(date)}`;
}

/** Two digits. */
export function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** The day of a date, its month counted from 1; `null` where there is no such date. */
export function dayOfDate(year: number, month: number, date: number): number | null {
  const exists = month >= 1 && month <= 12 && date >= 1 && date <= daysInMonth(year, month - 1);
  return exists ? firstDayOfMonth(year, month - 1) + date - 1 : null;
}

/** What to write in place of a time that no clock shows. */
export const TIME_HINT = "hours go from 00 to 23, minutes and seconds to 59";

/** Milliseconds ahead of UTC of `Z`, `+02`, `+0200` or `+02:00`; `null` beyond 23:59. */
export function readOffset(text: string): number | null {
  if (text.toUpperCase() === "Z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(":", ""));
  const ms = (hours * 60 + minutes) * MINUTE_MS;
  return hours > 23 || minutes > 59 ? null : text.startsWith("-") ? -ms : ms;
}

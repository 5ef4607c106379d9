import { ScheduleError } from "../errors.ts";

/** The days of a month as bits, bit 0 for day 1; `start` is its first day since 1970-01-01. */
export type MonthDays = (year: number, month: number, start: number, length: number) => number;

/** As bits of a month, both included. */
export function daysBetween(first: number, last: number): number {
  return (-1 << first) & (-1 >>> (31 - last));
}

export function refuse(problem: string, hint: string): never {
  throw new ScheduleError("calendar", problem, { hint });
}

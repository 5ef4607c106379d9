import { longestMonth } from "../civil.ts";
import { type Finding, finding, type Written } from "../finding.ts";
import { months } from "../words/english.ts";

const FEBRUARY = 1;

/**
 * Of a day from 29 on: the months that lack it.
 * @param inMonths counted from 0. @param lastDay the expression with the last day of the month
 * instead, where it can be written.
 */
export function missingDay(
  day: number,
  inMonths: readonly number[],
  place: Written,
  lastDay: string | null,
): Finding[] {
  if (day === 29 && inMonths.includes(FEBRUARY)) {
    if (inMonths.length === 1) {
      const message = "29 February comes every 4 years, and not in 2100";
      return [finding("rare", "warning", message, place, lastDay)];
    }
    const message = "February has a day 29 in leap years only";
    return [finding("short-month", "info", message, place)];
  }
  const without = inMonths.filter((month) => longestMonth(month) < day);
  if (without.length === 0) return [];
  const message = `${months(without)} ${without.length === 1 ? "has" : "have"} no day ${day}`;
  return [finding("short-month", "warning", message, place, lastDay)];
}

/** Of a fifth Monday or the like. @param last the expression with the last one instead. */
export function fifthWeekday(place: Written, last: string | null): Finding[] {
  const message = "most months have only four of a weekday: runs in four or five months of a year";
  return [finding("fifth-weekday", "warning", message, place, last)];
}

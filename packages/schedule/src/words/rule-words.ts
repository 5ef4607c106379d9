import { pad } from "../civil.ts";
import type { Frequency, OrdinalDay, RuleParts } from "../dialects/rrule-reader.ts";
import * as say from "./english.ts";

const UNITS: Readonly<Record<Frequency, say.Unit>> = {
  YEARLY: "year",
  MONTHLY: "month",
  WEEKLY: "week",
  DAILY: "day",
  HOURLY: "hour",
  MINUTELY: "minute",
  SECONDLY: "second",
};
const MONDAY = 1;
/** As many times of day as are named one by one. */
const MANY = 6;

/**
 * What a recurrence rule says: `Every month, on the last Friday of the month, at 09:00`.
 * @param filled the rule with what it takes from its start.
 */
export function ruleWords(rule: RuleParts, filled: RuleParts): string {
  const { frequency, interval, months, weeks, yearDays, monthDays, days, positions, count } = rule;
  const unit = UNITS[frequency];
  const parts = [say.every(interval, unit)];
  const byWeek = frequency === "WEEKLY" && (interval > 1 || positions !== null);
  if ((byWeek || weeks !== null) && rule.weekStart !== MONDAY) {
    parts.push(say.weeksFrom(say.weekdayName(rule.weekStart)));
  }
  if (months !== null) parts.push(say.inMonths(months.map((month) => month - 1)));
  if (weeks !== null) parts.push(say.inPeriod(counted(weeks, "week"), "year"));
  if (yearDays !== null) parts.push(say.onDays(counted(yearDays, "day"), "year"));
  if (monthDays !== null) parts.push(say.onDays(counted(monthDays, "day"), "month"));
  if (days !== null) parts.push(dayWords(days, frequency === "YEARLY" && months === null));
  parts.push(...timeWords(rule, filled));
  if (positions !== null) {
    parts.push(say.only(say.list(positions.map((position) => say.nth(position, "time"))), unit));
  }
  if (count !== null) parts.push(say.times(count));
  return parts.join(", ");
}

/** `days 1 to 3 and the last day`. */
function counted(values: readonly number[], unit: "week" | "day"): string {
  const fromStart = values.filter((value) => value > 0);
  const fromEnd = values.filter((value) => value < 0).map((value) => say.nth(value, unit));
  return say.list(fromStart.length > 0 ? [say.numbered(unit, fromStart), ...fromEnd] : fromEnd);
}

function dayWords(days: readonly OrdinalDay[], ofYear: boolean): string {
  const each = days.filter(({ ordinal }) => ordinal === 0).map(({ weekday }) => weekday);
  const names = days
    .filter(({ ordinal }) => ordinal !== 0)
    .map(({ weekday, ordinal }) => say.nth(ordinal, say.weekdayName(weekday)));
  if (names.length === 0) return say.onEach(say.weekdays(each));
  if (each.length > 0) names.push(say.weekdays(each));
  return say.onDays(say.list(names), ofYear ? "year" : "month");
}

/** The times of day where the rule names some; else they are those of its start. */
function timeWords({ frequency, hours, minutes, seconds }: RuleParts, filled: RuleParts): string[] {
  if (hours === null && minutes === null && seconds === null) return [];
  const daily = !/^(?:HOUR|MINUTE|SECOND)LY$/.test(frequency);
  const [inHours, inMinutes, inSeconds] = daily
    ? [filled.hours, filled.minutes, filled.seconds]
    : [hours, minutes, seconds];
  if (inHours !== null && inMinutes !== null && inSeconds !== null) {
    const clocks = inHours.flatMap((hour) =>
      inMinutes.flatMap((minute) => inSeconds.map((second) => say.clock(hour, minute, second))),
    );
    if (clocks.length <= MANY) return [say.atClocks(clocks)];
  }
  return [
    ...(inHours === null ? [] : [say.inHours(say.runs(inHours, pad))]),
    ...(inMinutes === null ? [] : [say.atNumbered("minute", inMinutes)]),
    ...(inSeconds === null || inSeconds.join() === "0"
      ? []
      : [say.atNumbered("second", inSeconds)]),
  ];
}

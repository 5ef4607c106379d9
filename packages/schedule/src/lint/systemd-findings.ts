import type { WallClock } from "../clock-changes.ts";
import { type Finding, inOrder, replaced, wholeOf } from "../finding.ts";
import { missingDay } from "./day-findings.ts";
import { scheduleFindings } from "./schedule-findings.ts";
import { stepFindings, type WrittenField } from "./step-findings.ts";

interface SystemdDates {
  /** `null` is any. */
  readonly months: readonly number[] | null;
  readonly days: readonly number[] | null;
  readonly fromEnd: boolean;
  readonly weekdays: number;
}

/** A date such as `*-*-31`, and a time such as `09:00:30`. */
const DATE = /(?<=^| )(?:[\d*,./]+-)?([\d*,./]+)-([\d*,./]+)(?= |$)/d;
const TIME = /(?<=^| )([\d*,./]+):([\d*,./]+)(?::([\d*,./]+))?(?= |$)/d;
const MONTH = { name: "month", low: 1, high: 12 };
const DAY = { name: "day", low: 1, high: 31 };
const HOUR = { name: "hour", low: 0, high: 23 };
const MINUTE = { name: "minute", low: 0, high: 59 };
const SECOND = { name: "second", low: 0, high: 59 };
const ALL_WEEKDAYS = 0x7f;
const ALL_MONTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/** The findings on an OnCalendar specification, in the order of its text. */
export function lintSystemd(
  schedule: WallClock & { readonly expression: string; next(after: number): number | null },
  { months, days, fromEnd, weekdays }: SystemdDates,
  from: number | undefined,
): Finding[] {
  const { expression } = schedule;
  const date = fieldsIn(expression, DATE, [MONTH, DAY]);
  const time = fieldsIn(expression, TIME, [HOUR, MINUTE, SECOND]);
  const findings = scheduleFindings(schedule, time[0] ?? wholeOf(expression), from);
  findings.push(...stepFindings([...date, ...time]));
  const day = date[1];
  if (day !== undefined && !fromEnd && weekdays === ALL_WEEKDAYS) {
    // The hyphen before the day becomes a tilde, which counts from the end.
    const withHyphen = { text: `-${day.text}`, position: day.position - 1 };
    const fix = /^\d+$/.test(day.text) ? replaced(expression, withHyphen, "~01") : null;
    const inMonths = months?.map((month) => month - 1) ?? ALL_MONTHS;
    findings.push(...missingDay(days?.[0] ?? 1, inMonths, day, fix));
  }
  return inOrder(findings);
}

/** The groups of a pattern as fields with their places; those it does not find are left out. */
function fieldsIn(
  text: string,
  pattern: RegExp,
  fields: readonly WrittenField["field"][],
): WrittenField[] {
  const places = pattern.exec(text)?.indices?.slice(1) ?? [];
  return fields.flatMap((field, index) => {
    const place = places[index];
    if (place === undefined) return [];
    return [{ text: text.slice(...place), position: place[0], field }];
  });
}

import { DAY_MS, monthOfDay, yearOfDay } from "../civil.ts";
import type { WallClock } from "../clock-changes.ts";
import type { RuleParts } from "../dialects/rrule-reader.ts";
import { type Finding, inOrder, replaced, type Written, wholeOf } from "../finding.ts";
import { fifthWeekday, missingDay } from "./day-findings.ts";
import { scheduleFindings } from "./schedule-findings.ts";

interface Rule extends WallClock {
  readonly expression: string;
  next(after: number): number | null;
}

/**
 * The findings on a recurrence rule, in the order of its text.
 * @param filled the rule with what it takes from its start.
 */
export function lintRule(
  schedule: Rule,
  rule: RuleParts,
  filled: RuleParts,
  from: number | undefined,
): Finding[] {
  const { expression } = schedule;
  const hours = partOf(expression, "BYHOUR") ?? wholeOf(expression);
  return inOrder([
    ...scheduleFindings(schedule, hours, from),
    ...missingDays(schedule, rule, filled),
    ...fifthWeekdays(expression, rule),
  ]);
}

/** Of days of the month, be they written or those of the start. */
function missingDays(schedule: Rule, rule: RuleParts, filled: RuleParts): Finding[] {
  const { expression } = schedule;
  const [day, ...others] = filled.monthDays ?? [];
  // A 29 February every four years is meant as it is.
  if (day === undefined || filled.days !== null || rule.interval % 4 === 0) return [];
  const months = filled.months?.map((month) => month - 1) ?? monthsOf(schedule, rule);
  const written = partOf(expression, "BYMONTHDAY");
  const place = written ?? partOf(expression, "FREQ") ?? wholeOf(expression);
  // A yearly rule with a day and no month is one of every month.
  const month = rule.months === null && filled.months !== null ? `;BYMONTH=${filled.months}` : "";
  const last = written === null ? `${place.text}${month};BYMONTHDAY=-1` : "-1";
  const fix = others.length === 0 ? replaced(expression, place, last) : null;
  return missingDay(day, months, place, fix);
}

/** The months, counted from 0, that a rule without BYMONTH comes to. */
function monthsOf({ fromAt, zone }: Rule, { frequency, interval }: RuleParts): number[] {
  const day = Math.floor((fromAt + zone.spanAt(fromAt).offsetMs) / DAY_MS);
  const start = monthOfDay(day, yearOfDay(day));
  const step = frequency === "MONTHLY" ? interval : 1;
  const months = Array.from({ length: 12 }, (_, index) => (start + index * step) % 12);
  return [...new Set(months)].sort((a, b) => a - b);
}

function fifthWeekdays(expression: string, { frequency, months, days }: RuleParts): Finding[] {
  const ofMonth = frequency === "MONTHLY" || months !== null;
  const place = partOf(expression, "BYDAY");
  const fifth = days?.some(({ ordinal }) => Math.abs(ordinal) === 5) === true;
  if (!ofMonth || place === null || !fifth) return [];
  const [, sign, name] = /^(-?)\+?5([a-z]{2})$/i.exec(place.text) ?? [];
  const end = `${sign === "-" ? "" : "-"}1${name}`;
  return fifthWeekday(place, name === undefined ? null : replaced(expression, place, end));
}

/** The value of a part of the rule, as it was written. */
function partOf(expression: string, name: string): Written | null {
  const match = new RegExp(`(?<![^:;])${name}=([^;\\s]*)`, "id").exec(expression);
  const place = match?.indices?.[1];
  return place === undefined ? null : { text: expression.slice(...place), position: place[0] };
}

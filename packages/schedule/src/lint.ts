import { highestBit, lowestBit } from "./calendar.ts";
import type { CalendarSchedule } from "./calendar-schedule.ts";
import { longestMonth } from "./civil.ts";
import { clockFindings } from "./clock-findings.ts";
import { clip } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { monthWords } from "./words.ts";

/** A field of an expression as it was written. */
interface Written {
  readonly text: string;
  readonly position: number;
}

const FIELDS = ["minute", "hour", "day of month", "month", "day of week"] as const;
/** How many values go round in each field; a month's days vary, so no step divides them. */
const CYCLES = [60, 24, null, 12, 7] as const;
const FEBRUARY = 1;

/** The findings on an expression of five fields, in the order of its text. */
export function lintUnix(schedule: CalendarSchedule<"unix">, from: number): Finding[] {
  const whole = { text: schedule.expression, position: 0 };
  const fields = writtenFields(schedule.expression);
  const findings = clockFindings(schedule, fields?.[1] ?? whole, from);
  if (fields !== null) {
    findings.push(
      ...stepFindings(fields),
      ...everyMinuteFindings(fields),
      ...dayRuleFindings(schedule, fields),
      ...shortMonthFindings(schedule, fields),
    );
  }
  return findings.sort((a, b) => a.position - b.position);
}

/** `null` for a macro. */
function writtenFields(expression: string): Written[] | null {
  const fields = [...expression.matchAll(/[^ \t]+/g)].map((match) => ({
    text: match[0],
    position: match.index,
  }));
  return fields.length === FIELDS.length ? fields : null;
}

function stepFindings(fields: readonly Written[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, field] of fields.entries()) {
    const step = Number(/^\*\/(\d+)$/.exec(field.text)?.[1] ?? 1);
    const cycle = CYCLES[index] ?? null;
    const name = FIELDS[index];
    if (step === 1 || (cycle !== null && cycle % step === 0)) continue;
    if (cycle !== null && step >= cycle) {
      const message = `a step of ${step} is longer than the ${name} field: only its first value is left`;
      findings.push(finding("step-too-long", "warning", message, field));
    } else {
      const message =
        cycle === null
          ? "the steps start again on day 1 of each month, whatever day the last one had"
          : `${step} does not divide ${cycle}: ${roundWords(cycle, step, index === 3 ? 1 : 0)}`;
      findings.push(finding("uneven-step", "info", message, field));
    }
  }
  return findings;
}

function roundWords(cycle: number, step: number, low: number): string {
  const last = Math.floor((cycle - 1) / step) * step;
  return `after ${low + last} comes ${low}, ${cycle - last} later`;
}

/** `* 2 * * *` for `0 2 * * *`: the commonest slip of all. */
function everyMinuteFindings(fields: readonly Written[]): Finding[] {
  const [minute, hour, ...days] = fields;
  if (minute === undefined || hour === undefined || minute.text !== "*") return [];
  const oneHour = /^[\d,]+$/.test(hour.text);
  const someDays = hour.text === "*" && days.some((field) => !field.text.startsWith("*"));
  if (!oneHour && !someDays) return [];
  const meant = ["0", oneHour ? hour.text : "0", ...days.map((field) => field.text)].join(" ");
  const times = oneHour ? "60 times in each of these hours" : "1440 times on each of these days";
  const message = `runs every minute, ${times}; once would be ${clip(meant)}`;
  return [{ ...finding("every-minute", "warning", message, minute), fix: meant }];
}

function dayRuleFindings(
  schedule: CalendarSchedule<"unix">,
  fields: readonly Written[],
): Finding[] {
  const [, , day, , weekday] = fields;
  if (day === undefined || weekday === undefined) return [];
  const restricted = day.text !== "*" && weekday.text !== "*";
  if (!restricted) return [];
  if (schedule.calendar.dayRule === "either") {
    const message =
      `either is enough: runs on day ${clip(day.text)} and also on each weekday ${clip(weekday.text)}, ` +
      "as both fields are given";
    return [finding("day-or-weekday", "warning", message, day)];
  }
  const star = day.text.startsWith("*") ? day : weekday;
  const message =
    `${clip(star.text)} begins with a star, so both must hold: runs only on a day ${clip(day.text)} ` +
    `that is also a weekday ${clip(weekday.text)}`;
  return [finding("day-and-weekday", "warning", message, star)];
}

function shortMonthFindings(
  schedule: CalendarSchedule<"unix">,
  fields: readonly Written[],
): Finding[] {
  const day = fields[2];
  const { daysOfMonth, months, dayRule, weekdays } = schedule.calendar;
  const first = lowestBit(daysOfMonth) + 1;
  if (day === undefined || first < 29 || (dayRule === "both" && weekdays !== 0x7f)) return [];
  const without: number[] = [];
  for (let month = 0; month < 12; month++) {
    if (((months >>> month) & 1) !== 0 && longestMonth(month) < first) without.push(month);
  }
  const inFebruary = ((months >>> FEBRUARY) & 1) !== 0 && first === 29;
  if (inFebruary && highestBit(months) === FEBRUARY && lowestBit(months) === FEBRUARY) {
    const message = "29 February comes every 4 years, and not in 2100";
    return [finding("rare", "warning", message, day)];
  }
  if (inFebruary) {
    const message = "February has a day 29 in leap years only";
    return [finding("short-month", "info", message, day)];
  }
  if (without.length === 0) return [];
  const message = `${monthWords(without)} ${without.length === 1 ? "has" : "have"} no day ${first}`;
  return [finding("short-month", "warning", message, day)];
}

function finding(
  code: string,
  severity: Finding["severity"],
  message: string,
  place: Written,
): Finding {
  return {
    code,
    severity,
    message,
    position: place.position,
    length: place.text.length,
    fix: null,
  };
}

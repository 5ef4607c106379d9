import { valuesOf } from "../bits.ts";
import type { CalendarFields } from "../calendar.ts";
import type { SpecialDay } from "../special-days.ts";
import { specialDayName } from "../words/calendar-words.ts";
import { DATE, HOUR, MONTH, NAMED_WEEKDAY, natural, SIXTY, YEAR } from "./field-text.ts";
import {
  ALL_WEEKDAYS,
  bothGiven,
  isWholeMinutes,
  minutesOf,
  secondsOf,
  specialOf,
} from "./field-values.ts";
import { bothWanted } from "./five-fields.ts";
import { ASK_DATE, cannotSay } from "./refusal.ts";
import type { Shape } from "./shape.ts";

type QuestionDialect = "quartz" | "aws";

const LONGEST_AWS = 256;

/**
 * For quartz, with seconds, and for aws, without: one of the two day fields is `?`.
 *
 * @throws ScheduleError with code `convert`.
 */
export function questionFields(shape: Shape, dialect: QuestionDialect): string {
  const { fields } = shape;
  if (dialect === "aws" && !isWholeMinutes(shape)) {
    cannotSay("aws has no seconds", "let it begin with the minute");
  }
  const minute = natural(minutesOf(fields), SIXTY);
  const hour = natural(valuesOf(fields.hours, 0), HOUR);
  const [date, weekday] = daysText(fields, dialect);
  const month = natural(valuesOf(fields.months, 1), MONTH);
  const years = fields.years === null ? null : [...fields.years].sort((a, b) => a - b);
  const year = years === null ? "*" : natural(years, YEAR);
  const five = [minute, hour, date, month, weekday].join(" ");
  if (dialect === "quartz") {
    const second = natural(secondsOf(shape), SIXTY);
    return `${second} ${five}${year === "*" ? "" : ` ${year}`}`;
  }
  const expression = `cron(${five} ${year})`;
  if (expression.length > LONGEST_AWS) {
    const hint = "use steps and ranges, or several schedules";
    cannotSay(`in aws it would be longer than ${LONGEST_AWS} characters`, hint);
  }
  return expression;
}

function daysText(fields: CalendarFields, dialect: QuestionDialect): readonly [string, string] {
  const [first, second] = fields.specialDays;
  if (first !== undefined && second !== undefined) {
    const hint = "write one schedule for each";
    cannotSay(`${dialect} takes one day such as ${specialDayName(first)} of a month`, hint);
  }
  const special = specialOf(fields);
  if (special !== null && isAlone(fields)) return specialText(special, dialect);
  if (bothGiven(fields)) {
    if (fields.dayRule === "both") return bothWanted(fields, dialect);
    const words = "either a day of the month or a day of the week, and here each is enough";
    cannotSay(`${dialect} takes ${words}`, "write one schedule for each of the two");
  }
  if (fields.weekdays === ALL_WEEKDAYS)
    return [natural(valuesOf(fields.daysOfMonth, 1), DATE), "?"];
  return ["?", natural(valuesOf(fields.weekdays, 0), NAMED_WEEKDAY)];
}

/** Whether a special day is all that is asked of the days, and not a weekday besides. */
function isAlone({ specialDays: [special], weekdays, daysOfMonth }: CalendarFields): boolean {
  if (special === undefined) return true;
  return special.kind === "last" || special.kind === "nearest"
    ? weekdays === ALL_WEEKDAYS && daysOfMonth === 0
    : weekdays === 0;
}

function specialText(special: SpecialDay, dialect: QuestionDialect): readonly [string, string] {
  if (special.kind === "nth") return ["?", `${special.weekday + 1}#${special.nth}`];
  if (special.kind === "last-weekday") return ["?", `${special.weekday + 1}L`];
  if (special.kind === "nearest") return [`${special.day}W`, "?"];
  const { before, nearest } = special;
  if (dialect === "aws" && (before > 0 || nearest)) {
    cannotSay(`aws cannot say ${specialDayName(special)} of a month`, ASK_DATE);
  }
  return [`L${before === 0 ? "" : `-${before}`}${nearest ? "W" : ""}`, "?"];
}

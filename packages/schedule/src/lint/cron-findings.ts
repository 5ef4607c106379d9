import { lowestBit, valuesOf } from "../bits.ts";
import type { CalendarSchedule } from "../calendar-schedule.ts";
import { type CronForm, fieldsOf } from "../dialects/cron.ts";
import { clip } from "../errors.ts";
import { type Finding, finding, inOrder, replaced, wholeOf } from "../finding.ts";
import { weekdays } from "../words/english.ts";
import { fifthWeekday, missingDay } from "./day-findings.ts";
import { scheduleFindings } from "./schedule-findings.ts";
import { stepFindings, type WrittenField } from "./step-findings.ts";

/** A cron expression field by field. */
interface CronText {
  readonly expression: string;
  readonly form: CronForm;
  /** All of them, in order. */
  readonly fields: readonly WrittenField[];
  /** Those of the time of day, the finest first. */
  readonly time: readonly WrittenField[];
  readonly day: WrittenField;
  readonly weekday: WrittenField;
}

const ALL_DAYS = 0x7fffffff;
const ALL_WEEKDAYS = 0x7f;

/** The findings on an expression of cron, in the order of its text. */
export function lintCron(
  schedule: CalendarSchedule<string>,
  form: CronForm,
  from: number | undefined,
): Finding[] {
  const text = readText(schedule.expression, form);
  const hours = text?.time.at(-1) ?? wholeOf(schedule.expression);
  const findings = [...scheduleFindings(schedule, hours, from), ...midnight(schedule, text)];
  if (text !== null) {
    findings.push(
      ...stepFindings(text.fields),
      ...everyMinute(text),
      ...dayRule(schedule, text),
      ...missingDays(schedule, text),
      ...weekdayNumbers(schedule, text),
    );
  }
  return inOrder(findings);
}

/** `null` for a macro. */
function readText(expression: string, form: CronForm): CronText | null {
  const from = expression.indexOf("(") + 1;
  const written = expression.slice(from, from === 0 ? undefined : expression.lastIndexOf(")"));
  const places = [...written.matchAll(/\S+/g)];
  const fields = fieldsOf(form).flatMap((field, index) => {
    const place = places[index];
    return place === undefined ? [] : [{ text: place[0], position: from + place.index, field }];
  });
  const hour = fields.findIndex(({ field }) => field === form.hour);
  const [, day, , weekday] = fields.slice(Math.max(hour, 0));
  if (day === undefined || weekday === undefined) return null;
  return { expression, form, fields, time: fields.slice(0, hour + 1), day, weekday };
}

/** `* 2 * * *` for `0 2 * * *`: the commonest slip of all; with seconds, `* 0 2 * * *`. */
function everyMinute({ expression, time, day, weekday, fields }: CronText): Finding[] {
  // A plain second leaves the minute to be looked at.
  const fine = time.length === 3 && /^\d+$/.test(time[0]?.text ?? "") ? time.slice(1) : time;
  const open = fine.findIndex(({ text }) => text !== "*");
  const stars = fine.slice(0, open < 0 ? fine.length : open);
  const [finest] = stars;
  if (finest === undefined || !isOnceMeant(fine[open], day, weekday, fields)) return [];
  const meant = stars.reduce((text, star) => replaced(text, star, "0"), expression);
  const { name } = finest.field;
  const counted = 60 ** Math.min(stars.length, fine.length - 1) * (open < 0 ? 24 : 1);
  const group = open < 0 ? "on each of these days" : `in each of these ${fine[open]?.field.name}s`;
  const message = `runs every ${name}, ${counted} times ${group}; once would be ${clip(meant)}`;
  return [finding(`every-${name}`, "warning", message, finest, meant)];
}

/** Whether what follows the stars says that one time is meant: an hour or a step, a minute, a day. */
function isOnceMeant(
  next: WrittenField | undefined,
  day: WrittenField,
  weekday: WrittenField,
  fields: readonly WrittenField[],
): boolean {
  const listed = /^(?:\d+|[a-z]{3,})(?:,(?:\d+|[a-z]{3,}))*$/i;
  if (next === undefined) {
    const month = fields[fields.indexOf(day) + 1];
    return [day, month, weekday].some((field) => listed.test(field?.text ?? ""));
  }
  return next.field.name === "minute" || /^[\d,]+$|\//.test(next.text);
}

function dayRule(
  { calendar }: CalendarSchedule<string>,
  { form, day, weekday }: CronText,
): Finding[] {
  const open = (text: string): boolean => text === "*" || text === "?";
  if (form.days === "one" || open(day.text) || open(weekday.text)) return [];
  const [onDay, onWeekday] = [`day ${clip(day.text)}`, `weekday ${clip(weekday.text)}`];
  if (calendar.dayRule === "either") {
    const message =
      `either is enough: runs on ${onDay} and also on each ${onWeekday}, ` +
      "as both fields are given";
    return [finding("day-or-weekday", "warning", message, day)];
  }
  const star = weekday.text.startsWith("*") && !day.text.startsWith("*") ? weekday : day;
  const [why, severity] =
    form.days === "both"
      ? ([`${form.dialect} wants both`, "info"] as const)
      : ([`${clip(star.text)} begins with a star, so both must hold`, "warning"] as const);
  const message = `${why}: runs only on a ${onDay} that is also a ${onWeekday}`;
  return [finding("day-and-weekday", severity, message, star)];
}

function missingDays({ calendar }: CalendarSchedule<string>, text: CronText): Finding[] {
  const { expression, form, day, weekday } = text;
  const inMonths = valuesOf(calendar.months, 0);
  const forms = form.day.special ?? [];
  const [special] = calendar.specialDays;
  if (special?.kind === "nth" && special.nth === 5) {
    const last = form.weekday.special?.includes("6L") === true;
    const fix = last ? replaced(expression, weekday, weekday.text.replace("#5", "L")) : null;
    return fifthWeekday(weekday, fix);
  }
  if (special?.kind === "last") return missingDay(special.before + 1, inMonths, day, null);
  if (special?.kind === "nearest") {
    const fix = forms.includes("LW") ? replaced(expression, day, "LW") : null;
    return missingDay(special.day, inMonths, day, fix);
  }
  const { daysOfMonth, weekdays } = calendar;
  if (special !== undefined || daysOfMonth === 0) return [];
  if (calendar.dayRule === "both" && weekdays !== ALL_WEEKDAYS) return [];
  const last = forms.includes("L") && /^\d+$/.test(day.text);
  const fix = last ? replaced(expression, day, "L") : null;
  return missingDay(lowestBit(daysOfMonth) + 1, inMonths, day, fix);
}

/** Where the week counts from 1, numbers are easily those of cron, whose Monday is 1. */
function weekdayNumbers(
  { calendar }: CalendarSchedule<string>,
  { expression, form, weekday }: CronText,
): Finding[] {
  const { text } = weekday;
  const weekend = text === "1,7" || text === "7,1";
  if (form.weekday.low === 0 || !/^[1-7]([,-][1-7])*$/.test(text) || text === "2-6" || weekend) {
    return [];
  }
  const meant = text === "1-5" ? "MON-FRI" : text === "6,7" || text === "6-7" ? "SAT,SUN" : null;
  const names = weekdays(valuesOf(calendar.weekdays, 0));
  const message = `${form.dialect} counts the week from Sunday as 1, so ${text} is ${names}`;
  const fix = meant === null ? null : replaced(expression, weekday, meant);
  return [finding("weekday-number", meant === null ? "info" : "warning", message, weekday, fix)];
}

/** Daily at midnight UTC. */
function midnight(
  { calendar, zone, expression }: CalendarSchedule<string>,
  text: CronText | null,
): Finding[] {
  const { minutesLow, minutesHigh, hours, daysOfMonth, weekdays, months, specialDays } = calendar;
  const atMidnight = minutesLow === 1 && minutesHigh === 0 && hours === 1;
  const daily =
    daysOfMonth === ALL_DAYS &&
    weekdays === ALL_WEEKDAYS &&
    months === 0xfff &&
    specialDays.length === 0;
  if (!atMidnight || !daily || zone.name !== "UTC") return [];
  const message = "most daily jobs of the world begin at 00:00 UTC: another minute is less crowded";
  const place = text?.time.at(-2) ?? wholeOf(expression);
  return [finding("midnight", "info", message, place)];
}

import { Calendar, everMatches } from "../calendar.ts";
import { quote, refuse } from "../errors.ts";
import type { SpecialDay } from "../special-days.ts";
import type { Draw, Field, Grammar } from "./field.ts";
import { FieldReader } from "./field-reader.ts";

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
export const WEEKDAYS: readonly string[] = "sun mon tue wed thu fri sat".split(" ");

export const SECOND: Field = { name: "second", low: 0, high: 59, names: [] };
export const MINUTE: Field = { name: "minute", low: 0, high: 59, names: [] };
export const HOUR: Field = { name: "hour", low: 0, high: 23, names: [] };
export const DAY: Field = { name: "day of month", low: 1, high: 31, names: [] };
export const MONTH: Field = { name: "month", low: 1, high: 12, names: MONTHS };
/** Both 0 and 7 are Sunday. */
export const WEEKDAY: Field = { name: "day of week", low: 0, high: 7, names: WEEKDAYS };
export const YEAR: Field = { name: "year", low: 1970, high: 2199, names: [] };

/** The fields of a dialect of cron, and how they are written. */
export interface CronForm<Name extends string = string> extends Grammar {
  readonly dialect: Name;
  readonly second?: Field;
  readonly minute: Field;
  readonly hour: Field;
  readonly day: Field;
  readonly month: Field;
  readonly weekday: Field;
  readonly year?: Field;
  /** Whether the year may be left out. */
  readonly yearOptional?: boolean;
  /** How the day fields go together: both must match; both if one is open, else either; or one is `?`. */
  readonly days: "both" | "either" | "one";
}

export interface CronReading {
  readonly calendar: Calendar;
  readonly secondsLow: number;
  readonly secondsHigh: number;
  /** The fields that are open, as the grammar means it. */
  readonly open: readonly Field[];
}

const NO_SPECIAL_DAYS: readonly SpecialDay[] = [];

/** Reads the fields that stand in `text` from `from` to `to`. */
export function readCron(
  text: string,
  form: CronForm,
  draw: Draw | null = null,
  from = 0,
  to: number = text.length,
): CronReading {
  const reader = new FieldReader(text, form, draw, from, to);
  const open: Field[] = [];
  const read = (field: Field): number => {
    const place = reader.seek();
    if (reader.ended) refuseTooFew(text, from, to, form, field);
    if (reader.read(field)) open.push(field);
    return place;
  };
  if (form.second !== undefined) read(form.second);
  const secondsLow = form.second === undefined ? 1 : reader.low;
  const secondsHigh = reader.high;
  read(form.minute);
  const minutesLow = reader.low;
  const minutesHigh = reader.high;
  read(form.hour);
  const hours = reader.low;
  const dayPlace = read(form.day);
  const daysOfMonth = (reader.low >>> 1) | (reader.high << 29);
  read(form.month);
  const months = reader.low >>> 1;
  const weekdayPlace = read(form.weekday);
  // In most dialects Sunday is 0, in some 7 as well; where the week counts from 1, it is 1.
  const weekdays =
    form.weekday.low === 1 ? reader.low >>> 1 : (reader.low | (reader.low >>> 7)) & 0x7f;
  if (form.year !== undefined && !(form.yearOptional === true && reader.ended)) read(form.year);
  if (!reader.ended) refuseTooMany(text, from, to, form, reader.seek());
  const eitherOpen = open.includes(form.day) || open.includes(form.weekday);
  if (form.days === "one") checkQuestion(text, form, open, dayPlace, weekdayPlace);
  const calendar = new Calendar({
    minutesLow,
    minutesHigh,
    hours,
    daysOfMonth,
    months,
    weekdays,
    specialDays: reader.specialDays ?? NO_SPECIAL_DAYS,
    dayRule: form.days === "either" && !eitherOpen ? "either" : "both",
    years: reader.years ?? (hasYears(form) ? ALL_YEARS : null),
  });
  if (!everMatches(calendar)) refuseNever(text, dayPlace, calendar);
  return { calendar, secondsLow, secondsHigh, open };
}

/** Seconds know the same years as the year field: there clocks are set by whole minutes only. */
function hasYears(form: CronForm): boolean {
  return form.second !== undefined || form.year !== undefined;
}

const ALL_YEARS: ReadonlySet<number> = new Set(
  Array.from({ length: YEAR.high - YEAR.low + 1 }, (_, index) => YEAR.low + index),
);

/** In the order in which they are written. */
export function fieldsOf(form: CronForm): Field[] {
  const { second, minute, hour, day, month, weekday, year } = form;
  return [second, minute, hour, day, month, weekday, year].filter((field) => field !== undefined);
}

function layoutWords(form: CronForm): string {
  const names = fieldsOf(form).map((field) => field.name);
  const last = form.yearOptional === true ? "optionally year" : names.at(-1);
  return `write ${names.slice(0, -1).join(", ")} and ${last}`;
}

export function countFields(text: string, from = 0, to: number = text.length): number {
  let count = 0;
  let blankBefore = true;
  for (let index = from; index < to; index++) {
    // Blanks, tabs, and the newline that a block of YAML ends with.
    const blank = text.charCodeAt(index) <= 32;
    if (blankBefore && !blank) count++;
    blankBefore = blank;
  }
  return count;
}

function refuseTooFew(
  text: string,
  from: number,
  to: number,
  form: CronForm,
  missing: Field,
): never {
  const wanted = fieldsOf(form).length - (form.yearOptional === true ? 1 : 0);
  const found = countFields(text, from, to);
  const problem = `found ${found} of ${wanted} fields, no ${missing.name}`;
  refuse({ text: "", position: to }, problem, layoutWords(form));
}

function refuseTooMany(
  text: string,
  from: number,
  to: number,
  form: CronForm,
  position: number,
): never {
  const wanted = fieldsOf(form).length;
  const found = countFields(text, from, to);
  const lacks = [form.second === undefined ? "seconds" : "", form.year === undefined ? "years" : ""]
    .filter((name) => name !== "")
    .join(" and no ");
  const hint =
    found === wanted + 1 && lacks !== ""
      ? `${form.dialect} expressions have no ${lacks}: leave out the field`
      : `${layoutWords(form)}, with no blanks inside`;
  const place = { text: text.slice(position, to), position };
  refuse(place, `found ${found} fields instead of ${wanted}`, hint);
}

function checkQuestion(
  text: string,
  form: CronForm,
  open: readonly Field[],
  dayPlace: number,
  weekdayPlace: number,
): void {
  const dayOpen = open.includes(form.day);
  if (dayOpen !== open.includes(form.weekday)) return;
  const position = dayOpen ? weekdayPlace : dayPlace;
  const place = { text: fieldAt(text, position), position };
  if (dayOpen) refuse(place, "both day fields are ?", "write * in one of them");
  const problem = `${form.dialect} takes a day of month or a day of week, not both`;
  refuse(place, problem, "write ? in the field that is to be ignored");
}

function refuseNever(text: string, dayPlace: number, { years }: Calendar): never {
  const [day = "", month = ""] = text.slice(dayPlace).split(/[ \t]+/);
  const dates = `month ${quote(month)} has a day ${quote(day)}`;
  const problem = `never fires: no ${dates}${years === null ? "" : " in its years"}`;
  refuse({ text: day, position: dayPlace }, problem, "choose a day that the month has", "never");
}

function fieldAt(text: string, place: number): string {
  return /^[^ \t]*/.exec(text.slice(place))?.[0] ?? "";
}

import { bitCount, type CalendarFields } from "../calendar.ts";
import { WEEKDAYS } from "../dialects/cron.ts";
import { ScheduleError } from "../errors.ts";
import type { SpecialDay } from "../special-days.ts";
import { calendarWords, specialDayName } from "../words/calendar-words.ts";
import type { Shape } from "./shape.ts";

/** Of a field: what is lowest and highest in it, and how its values are written. */
interface Field {
  readonly low: number;
  readonly high: number;
  readonly name?: (value: number) => string;
}

const SECOND: Field = { low: 0, high: 59 };
const HOUR: Field = { low: 0, high: 23 };
const DATE: Field = { low: 1, high: 31 };
const MONTH: Field = { low: 1, high: 12 };
const WEEKDAY: Field = { low: 0, high: 6 };
const YEAR: Field = { low: 1970, high: 2199 };
/** Where Sunday is 1, names keep whoever reads it from counting wrong. */
const NAMED_WEEKDAY: Field = {
  low: 0,
  high: 6,
  name: (day) => (WEEKDAYS[day] ?? "").toUpperCase(),
};
const ALL_DATES = 0x7fffffff;
const ALL_WEEKDAYS = 0x7f;

/**
 * In five fields. There are two ways where a set may begin with a star: what unix does where the
 * clock is changed hangs on that.
 */
export function fiveFields(shape: Shape, dialect: string): readonly string[] {
  const { fields, secondsLow, secondsHigh } = shape;
  if (secondsLow !== 1 || secondsHigh !== 0) {
    cannotSay(`${dialect} has no seconds`, "let it begin with the minute");
  }
  if (fields.years !== null && isSomeYears(fields.years)) {
    const hint = "use quartz, aws or systemd, or remove it when its time is over";
    cannotSay(`${dialect} has no years: it would come again each year`, hint);
  }
  const [special] = fields.specialDays;
  if (special !== undefined) cannotSay(`${dialect} cannot say ${dayName(special)}`, ASK_DATE);
  const days = bothGiven(fields);
  // Vixie cron wants both where one of them begins with a star, so that is worth a try.
  if (days && fields.dayRule === "both" && dialect === "kubernetes")
    return bothWanted(fields, dialect);
  const write = (steps: boolean): string => {
    const text = (values: readonly number[], field: Field): string =>
      valuesText(values, field, steps);
    return [
      text(minutesOf(fields), SECOND),
      text(valuesOf(fields.hours, 0), HOUR),
      text(valuesOf(fields.daysOfMonth, 1), DATE),
      text(valuesOf(fields.months, 1), MONTH),
      text(valuesOf(fields.weekdays, 0), WEEKDAY),
    ].join(" ");
  };
  return [...new Set([write(true), write(false)])];
}

/** For quartz, with seconds, and for aws, without: one of the two day fields is `?`. */
export function questionFields(shape: Shape, dialect: "quartz" | "aws"): readonly string[] {
  const { fields, secondsLow, secondsHigh } = shape;
  const seconds = [...valuesOf(secondsLow, 0), ...valuesOf(secondsHigh, 30)];
  if (dialect === "aws" && (secondsLow !== 1 || secondsHigh !== 0)) {
    cannotSay("aws has no seconds", "let it begin with the minute");
  }
  const days = dayPairs(fields, dialect);
  const time = [
    valuesText(minutesOf(fields), SECOND),
    valuesText(valuesOf(fields.hours, 0), HOUR),
  ].join(" ");
  const month = valuesText(valuesOf(fields.months, 1), MONTH);
  const years = fields.years !== null && isSomeYears(fields.years) ? sorted(fields.years) : null;
  const year = years === null ? "*" : valuesText(years, YEAR, false);
  return days.map((pair) => {
    const [date = "*", weekday = "?"] = pair.split(" ");
    const cron = `${time} ${date} ${month} ${weekday}`;
    if (dialect === "aws") return `cron(${cron} ${year})`;
    return `${valuesText(seconds, SECOND)} ${cron}${years === null ? "" : ` ${year}`}`;
  });
}

/** `DATE WEEKDAY`, of which one is `?`; the likeliest first. */
function dayPairs(fields: CalendarFields, dialect: string): readonly string[] {
  const { daysOfMonth, weekdays, specialDays, dayRule } = fields;
  const [special, another] = specialDays;
  if (another !== undefined) {
    cannotSay(
      `${dialect} takes one day such as ${dayName(another)}`,
      "write one schedule for each",
    );
  }
  if (special !== undefined) {
    const isPlain = special.kind !== "last" || (special.before === 0 && !special.nearest);
    if (dialect === "aws" && !isPlain) cannotSay(`aws cannot say ${dayName(special)}`, ASK_DATE);
    return [specialPair(special)];
  }
  const date = valuesText(valuesOf(daysOfMonth, 1), DATE);
  const weekday = valuesText(valuesOf(weekdays, 0), NAMED_WEEKDAY, false);
  if (!bothGiven(fields)) return [weekdays === ALL_WEEKDAYS ? `${date} ?` : `? ${weekday}`];
  if (dayRule === "either") {
    const words = "either a day of the month or a day of the week, and here each is enough";
    cannotSay(`${dialect} takes ${words}`, "write one schedule for each of the two");
  }
  const nth = nthOf(fields);
  if (nth === null) bothWanted(fields, dialect);
  return [specialPair(nth)];
}

function specialPair(special: SpecialDay): string {
  if (special.kind === "nth") return `? ${special.weekday + 1}#${special.nth}`;
  if (special.kind === "last-weekday") return `? ${special.weekday + 1}L`;
  if (special.kind === "nearest") return `${special.day}W ?`;
  const { before, nearest } = special;
  return `L${before === 0 ? "" : `-${before}`}${nearest ? "W" : ""} ?`;
}

/** A weekday in one week of the month is its nth. */
function nthOf({ daysOfMonth, weekdays }: CalendarFields): SpecialDay | null {
  if (bitCount(weekdays) !== 1) return null;
  const weekday = valuesOf(weekdays, 0)[0] ?? 0;
  for (let nth = 1; nth <= 5; nth++) {
    const week = (0x7f << ((nth - 1) * 7)) & ALL_DATES;
    if (daysOfMonth === week) return { kind: "nth", weekday, nth };
  }
  return null;
}

/** @throws ScheduleError for a dialect that cannot ask for both. */
export function bothWanted(fields: CalendarFields, dialect: string): never {
  const days = calendarWords({ ...fields, minutesLow: 1, minutesHigh: 0, hours: 1, years: null });
  const which = days.replace(/^At 00:00 /, "");
  cannotSay(`${dialect} cannot ask for a date and a weekday at once (${which})`, ASK_DATE);
}

const ASK_DATE = "run it on more days, and let the task look at the date";

export function cannotSay(problem: string, hint: string): never {
  throw new ScheduleError("convert", problem, { hint });
}

export function bothGiven({ daysOfMonth, weekdays }: CalendarFields): boolean {
  return daysOfMonth !== ALL_DATES && weekdays !== ALL_WEEKDAYS;
}

export function isSomeYears(years: ReadonlySet<number>): boolean {
  for (let year = YEAR.low; year <= YEAR.high; year++) if (!years.has(year)) return true;
  return false;
}

export function dayName(special: SpecialDay): string {
  return `${specialDayName(special)} of a month`;
}

export function minutesOf({ minutesLow, minutesHigh }: CalendarFields): readonly number[] {
  return [...valuesOf(minutesLow, 0), ...valuesOf(minutesHigh, 30)];
}

/** The values that bits stand for, of which the lowest stands for `low`. */
export function valuesOf(bits: number, low: number): readonly number[] {
  const values: number[] = [];
  for (let bit = 0; bit < 31; bit++) if (((bits >>> bit) & 1) !== 0) values.push(low + bit);
  return values;
}

export function sorted(values: Iterable<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** The shortest that somebody would write: `*`, a step, or ranges and single values. */
function valuesText(values: readonly number[], field: Field, steps = true): string {
  const { low, high, name = String } = field;
  if (values.length === high - low + 1) return "*";
  const step = steps ? stepOf(values) : null;
  const [first = low, last = high] = [values[0], values.at(-1)];
  if (step !== null && values.length > 2) {
    const toEnd = last + step > high;
    if (first === low && toEnd) return `*/${step}`;
    if (values.length > 3) return `${first}-${toEnd ? high : last}/${step}`;
  }
  return runsOf(values)
    .map(([from, to]) => (from === to ? name(from) : `${name(from)}-${name(to)}`))
    .join(",");
}

/** More than one, and the same all along; else `null`. */
export function stepOf(values: readonly number[]): number | null {
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  const even = values.every(
    (value, index) => index === 0 || value - (values[index - 1] ?? 0) === step,
  );
  return even && step > 1 ? step : null;
}

/** Ranges of three or more, and what is left one by one. */
export function runsOf(values: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === value - 1) run[1] = value;
    else runs.push([value, value]);
  }
  return runs.flatMap(([from, to]): readonly (readonly [number, number])[] =>
    to === from + 1
      ? [
          [from, from],
          [to, to],
        ]
      : [[from, to]],
  );
}

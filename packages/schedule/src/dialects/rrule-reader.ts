import { DAY_MS, daysInMonth, firstDayOfMonth } from "../civil.ts";
import { quote, ScheduleError, type ScheduleErrorCode } from "../errors.ts";

/** From the longest period to the shortest. */
export const FREQUENCIES = [
  "YEARLY",
  "MONTHLY",
  "WEEKLY",
  "DAILY",
  "HOURLY",
  "MINUTELY",
  "SECONDLY",
] as const;
export type Frequency = (typeof FREQUENCIES)[number];

/** 0 is Sunday. */
const WEEKDAYS: readonly string[] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** A weekday; an ordinal of 2 is the second of the month or year, -1 the last, 0 each. */
export interface OrdinalDay {
  readonly weekday: number;
  readonly ordinal: number;
}

/** A date, or a date and time, as iCalendar writes them. */
export interface CalendarTime {
  readonly localMs: number;
  readonly isDate: boolean;
  readonly utc: boolean;
}

/** The recurrence rule; what it does not have is `null`, lists are sorted. */
export interface RuleParts {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | null;
  readonly until: CalendarTime | null;
  readonly weekStart: number;
  readonly months: readonly number[] | null;
  readonly weeks: readonly number[] | null;
  readonly yearDays: readonly number[] | null;
  readonly monthDays: readonly number[] | null;
  readonly days: readonly OrdinalDay[] | null;
  readonly hours: readonly number[] | null;
  readonly minutes: readonly number[] | null;
  readonly seconds: readonly number[] | null;
  readonly positions: readonly number[] | null;
}

interface Part {
  readonly value: string;
  /** Where the value stands in the expression. */
  readonly at: number;
}

const PARTS = [
  "FREQ",
  "INTERVAL",
  "COUNT",
  "UNTIL",
  "WKST",
  "BYMONTH",
  "BYWEEKNO",
  "BYYEARDAY",
  "BYMONTHDAY",
  "BYDAY",
  "BYHOUR",
  "BYMINUTE",
  "BYSECOND",
  "BYSETPOS",
] as const;
const LONGEST = 1_000_000_000;

/** Reads the value of an RRULE, which stands at `offset` (RFC 5545, 3.3.10). */
export function readRule(text: string, offset: number): RuleParts {
  const parts = splitParts(text, offset);
  const frequency = readFrequency(parts.get("FREQ"), text, offset);
  const number = (name: string): number | null => {
    const part = parts.get(name);
    return part === undefined ? null : readNumber(name, part.value, part.at, 1, LONGEST, false);
  };
  const numbers = (name: string, low: number, high: number, signed: boolean) => {
    const part = parts.get(name);
    return part === undefined ? null : readNumbers(name, part, low, high, signed);
  };
  const until = parts.get("UNTIL");
  const count = number("COUNT");
  if (count !== null && until !== undefined) {
    refuse("COUNT and UNTIL exclude each other", until.at, until.value.length, "keep one of them");
  }
  const dayPart = parts.get("BYDAY");
  checkCombinations(frequency, parts);
  return {
    frequency,
    interval: number("INTERVAL") ?? 1,
    count,
    until: until === undefined ? null : readTime(until.value, until.at),
    weekStart: readWeekStart(parts.get("WKST")),
    months: numbers("BYMONTH", 1, 12, false),
    weeks: numbers("BYWEEKNO", 1, 53, true),
    yearDays: numbers("BYYEARDAY", 1, 366, true),
    monthDays: numbers("BYMONTHDAY", 1, 31, true),
    days: dayPart === undefined ? null : readDays(dayPart),
    hours: numbers("BYHOUR", 0, 23, false),
    minutes: numbers("BYMINUTE", 0, 59, false),
    seconds: numbers("BYSECOND", 0, 60, false),
    positions: numbers("BYSETPOS", 1, 366, true),
  };
}

/** `20261201`, `20261201T090000` or `20261201T090000Z`, which stands at `offset`. */
export function readTime(text: string, offset: number): CalendarTime {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/i.exec(text);
  if (match === null) {
    const hint = "write 20261201T090000, with a Z at the end for UTC, or the date 20261201";
    refuse(`${quote(text)} is no date or time of iCalendar`, offset, text.length, hint, "instant");
  }
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || date < 1 || date > daysInMonth(year, month - 1)) {
    refuse(`there is no date ${text.slice(0, 8)}`, offset, 8, "choose one that exists", "instant");
  }
  if (hour > 23 || minute > 59 || second > 60) {
    const hint = "hours go from 00 to 23, minutes and seconds to 59";
    refuse(`there is no time ${text.slice(8)}`, offset + 8, text.length - 8, hint, "instant");
  }
  const day = firstDayOfMonth(year, month - 1) + date - 1;
  return {
    localMs: day * DAY_MS + (hour * 3600 + minute * 60 + Math.min(second, 59)) * 1000,
    isDate: match[4] === undefined,
    utc: match[7] !== undefined,
  };
}

export function refuse(
  problem: string,
  position: number,
  length: number,
  hint: string,
  code: ScheduleErrorCode = "syntax",
): never {
  throw new ScheduleError(code, problem, { position, length, hint });
}

function splitParts(text: string, offset: number): Map<string, Part> {
  const parts = new Map<string, Part>();
  let at = 0;
  for (const piece of text.split(";")) {
    const equals = piece.indexOf("=");
    const name = piece.slice(0, Math.max(equals, 0)).toUpperCase();
    const from = offset + at;
    if (!PARTS.some((known) => known === name)) {
      const what = piece === "" ? "an empty part" : `the part ${quote(piece)}`;
      const hint = `parts are NAME=VALUE, names ${PARTS.join(", ")}`;
      refuse(`unknown in a rule: ${what}`, from, piece.length, hint);
    }
    if (parts.has(name)) refuse(`${name} stands twice`, from, piece.length, "keep one of them");
    parts.set(name, { value: piece.slice(equals + 1), at: from + equals + 1 });
    at += piece.length + 1;
  }
  return parts;
}

function readFrequency(part: Part | undefined, text: string, offset: number): Frequency {
  const hint = `use one of ${FREQUENCIES.join(", ")}`;
  if (part === undefined) refuse("a rule needs FREQ", offset, text.length, hint);
  const frequency = FREQUENCIES.find((name) => name === part.value.toUpperCase());
  if (frequency === undefined) {
    refuse(`unknown FREQ ${quote(part.value)}`, part.at, part.value.length, hint, "name");
  }
  return frequency;
}

/** What RFC 5545 says MUST NOT stand together. */
function checkCombinations(frequency: Frequency, parts: ReadonlyMap<string, Part>): void {
  const only = (name: string, allowed: readonly Frequency[]): void => {
    const part = parts.get(name);
    if (part === undefined || allowed.includes(frequency)) return;
    const hint = `use FREQ=${allowed.slice(0, 2).join(" or FREQ=")}`;
    refuse(`${name} does not go with FREQ=${frequency}`, part.at, part.value.length, hint);
  };
  only("BYWEEKNO", ["YEARLY"]);
  only("BYYEARDAY", ["YEARLY", "HOURLY", "MINUTELY", "SECONDLY"]);
  only("BYMONTHDAY", ["MONTHLY", "YEARLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]);
  const days = parts.get("BYDAY");
  if (days !== undefined && /\d/.test(days.value)) {
    only("BYDAY", ["MONTHLY", "YEARLY"].includes(frequency) ? [frequency] : ["MONTHLY", "YEARLY"]);
    if (parts.has("BYWEEKNO")) {
      const hint = "leave out the number";
      refuse("a numbered BYDAY does not go with BYWEEKNO", days.at, days.value.length, hint);
    }
  }
  const positions = parts.get("BYSETPOS");
  const others = [...parts.keys()].filter((name) => name.startsWith("BY"));
  if (positions !== undefined && others.length === 1) {
    const hint = "add for example BYDAY=MO,TU,WE,TH,FR";
    refuse("BYSETPOS chooses among nothing", positions.at, positions.value.length, hint);
  }
}

function readWeekStart(part: Part | undefined): number {
  if (part === undefined) return 1;
  const [day, ...others] = readDays(part);
  if (day === undefined || day.ordinal !== 0 || others.length > 0) {
    refuse("WKST is one weekday", part.at, part.value.length, "write for example WKST=MO");
  }
  return day.weekday;
}

function readDays(part: Part): OrdinalDay[] {
  const days = new Map<string, OrdinalDay>();
  let at = part.at;
  for (const text of part.value.split(",")) {
    const match = /^([+-]?\d{1,2})?([a-z]{2})$/i.exec(text);
    const name = match?.[2]?.toUpperCase() ?? "";
    const weekday = WEEKDAYS.indexOf(name);
    const ordinal = Number(match?.[1] ?? 0);
    if (weekday < 0 || (match?.[1] !== undefined && ordinal === 0) || Math.abs(ordinal) > 53) {
      const hint = "use MO to SU, with a number from 1 to 53 or -1 to -53 where one is meant";
      refuse(`${quote(text)} is no weekday`, at, text.length, hint, "name");
    }
    days.set(`${ordinal} ${weekday}`, { weekday, ordinal });
    at += text.length + 1;
  }
  return [...days.values()];
}

function readNumbers(
  name: string,
  part: Part,
  low: number,
  high: number,
  signed: boolean,
): number[] {
  const values = new Set<number>();
  let at = part.at;
  for (const text of part.value.split(",")) {
    values.add(readNumber(name, text, at, low, high, signed));
    at += text.length + 1;
  }
  return [...values].sort((a, b) => a - b);
}

function readNumber(
  name: string,
  text: string,
  at: number,
  low: number,
  high: number,
  signed: boolean,
): number {
  const value = Number(text);
  const size = Math.abs(value);
  const written = signed ? /^[+-]?\d+$/ : /^\d+$/;
  if (!written.test(text) || size < low || size > high) {
    const upTo = high === LONGEST ? `a number from ${low}` : `${low} to ${high}`;
    const hint = `use ${upTo}${signed ? ` or -${high} to -${low}` : ""}`;
    refuse(`${name} cannot be ${quote(text)}`, at, text.length, hint, "range");
  }
  return value;
}

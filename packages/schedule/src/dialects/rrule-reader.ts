import { DAY_MS, dayOfDate, TIME_HINT } from "../civil.ts";
import { quote, refuse } from "../errors.ts";
import { piecesOf, restOf, type Written } from "../finding.ts";

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

type Parts = ReadonlyMap<string, Written>;

/** Reads the value of an RRULE (RFC 5545, 3.3.10). */
export function readRule(value: Written): RuleParts {
  const parts = splitParts(value);
  const frequency = readFrequency(parts.get("FREQ"), value);
  const numbers = (name: string, low: number, high: number, signed = false) => {
    const part = parts.get(name);
    return part === undefined ? null : readNumbers(name, part, low, high, signed);
  };
  const number = (name: string): number | null => {
    const part = parts.get(name);
    return part === undefined ? null : readNumber(name, part, 1, LONGEST, false);
  };
  const until = parts.get("UNTIL");
  const count = number("COUNT");
  if (count !== null && until !== undefined) {
    refuse(until, "COUNT and UNTIL exclude each other", "keep one of them");
  }
  const dayPart = parts.get("BYDAY");
  checkCombinations(frequency, parts);
  return {
    frequency,
    interval: number("INTERVAL") ?? 1,
    count,
    until: until === undefined ? null : readTime(until),
    weekStart: readWeekStart(parts.get("WKST")),
    months: numbers("BYMONTH", 1, 12),
    weeks: numbers("BYWEEKNO", 1, 53, true),
    yearDays: numbers("BYYEARDAY", 1, 366, true),
    monthDays: numbers("BYMONTHDAY", 1, 31, true),
    days: dayPart === undefined ? null : readDays(dayPart),
    hours: numbers("BYHOUR", 0, 23),
    minutes: numbers("BYMINUTE", 0, 59),
    seconds: numbers("BYSECOND", 0, 60),
    positions: numbers("BYSETPOS", 1, 366, true),
  };
}

/** `20261201`, `20261201T090000` or `20261201T090000Z`. */
export function readTime(written: Written): CalendarTime {
  const { text, position } = written;
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/i.exec(text);
  if (match === null) {
    const hint = "write 20261201T090000, with a Z at the end for UTC, or the date 20261201";
    refuse(written, `${quote(text)} is no date or time of iCalendar`, hint, "instant");
  }
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const day = dayOfDate(year, month, date);
  if (day === null) {
    const place = { text: text.slice(0, 8), position };
    refuse(place, `there is no date ${place.text}`, "choose one that exists", "instant");
  }
  if (hour > 23 || minute > 59 || second > 60) {
    const place = restOf(written, 8);
    refuse(place, `there is no time ${place.text}`, TIME_HINT, "instant");
  }
  return {
    localMs: day * DAY_MS + (hour * 3600 + minute * 60 + Math.min(second, 59)) * 1000,
    isDate: match[4] === undefined,
    utc: match[7] !== undefined,
  };
}

function splitParts(value: Written): Parts {
  const parts = new Map<string, Written>();
  for (const piece of piecesOf(value, ";")) {
    const equals = piece.text.indexOf("=");
    const name = piece.text.slice(0, Math.max(equals, 0)).toUpperCase();
    if (!PARTS.some((known) => known === name)) {
      const what = piece.text === "" ? "an empty part" : `the part ${quote(piece.text)}`;
      const hint = `parts are NAME=VALUE, names ${PARTS.join(", ")}`;
      refuse(piece, `unknown in a rule: ${what}`, hint);
    }
    if (parts.has(name)) refuse(piece, `${name} stands twice`, "keep one of them");
    parts.set(name, restOf(piece, equals + 1));
  }
  return parts;
}

function readFrequency(part: Written | undefined, value: Written): Frequency {
  const hint = `use one of ${FREQUENCIES.join(", ")}`;
  if (part === undefined) refuse(value, "a rule needs FREQ", hint);
  const frequency = FREQUENCIES.find((name) => name === part.text.toUpperCase());
  if (frequency === undefined) refuse(part, `unknown FREQ ${quote(part.text)}`, hint, "name");
  return frequency;
}

/** What RFC 5545 says MUST NOT stand together. */
function checkCombinations(frequency: Frequency, parts: Parts): void {
  const only = (name: string, allowed: readonly Frequency[]): void => {
    const part = parts.get(name);
    if (part === undefined || allowed.includes(frequency)) return;
    const hint = `use FREQ=${allowed.slice(0, 2).join(" or FREQ=")}`;
    refuse(part, `${name} does not go with FREQ=${frequency}`, hint);
  };
  only("BYWEEKNO", ["YEARLY"]);
  only("BYYEARDAY", ["YEARLY", "HOURLY", "MINUTELY", "SECONDLY"]);
  only("BYMONTHDAY", ["MONTHLY", "YEARLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]);
  const days = parts.get("BYDAY");
  if (days !== undefined && /\d/.test(days.text)) {
    only("BYDAY", ["MONTHLY", "YEARLY"]);
    if (parts.has("BYWEEKNO")) {
      refuse(days, "a numbered BYDAY does not go with BYWEEKNO", "leave out the number");
    }
  }
  const positions = parts.get("BYSETPOS");
  const others = [...parts.keys()].filter((name) => name.startsWith("BY"));
  if (positions !== undefined && others.length === 1) {
    refuse(positions, "BYSETPOS chooses among nothing", "add for example BYDAY=MO,TU,WE,TH,FR");
  }
}

function readWeekStart(part: Written | undefined): number {
  if (part === undefined) return 1;
  const [day, ...others] = readDays(part);
  if (day === undefined || day.ordinal !== 0 || others.length > 0) {
    refuse(part, "WKST is one weekday", "write for example WKST=MO");
  }
  return day.weekday;
}

function readDays(part: Written): OrdinalDay[] {
  const days = new Map<string, OrdinalDay>();
  for (const piece of piecesOf(part, ",")) {
    const [, number, name = ""] = /^([+-]?\d{1,2})?([a-z]{2})$/i.exec(piece.text) ?? [];
    const weekday = WEEKDAYS.indexOf(name.toUpperCase());
    const ordinal = Number(number ?? 0);
    if (weekday < 0 || (number !== undefined && ordinal === 0) || Math.abs(ordinal) > 53) {
      const hint = "use MO to SU, with a number from 1 to 53 or -1 to -53 where one is meant";
      refuse(piece, `${quote(piece.text)} is no weekday`, hint, "name");
    }
    days.set(`${ordinal} ${weekday}`, { weekday, ordinal });
  }
  return [...days.values()];
}

function readNumbers(
  name: string,
  part: Written,
  low: number,
  high: number,
  signed: boolean,
): number[] {
  const values = piecesOf(part, ",").map((piece) => readNumber(name, piece, low, high, signed));
  return [...new Set(values)].sort((a, b) => a - b);
}

function readNumber(
  name: string,
  part: Written,
  low: number,
  high: number,
  signed: boolean,
): number {
  const value = Number(part.text);
  const size = Math.abs(value);
  const written = signed ? /^[+-]?\d+$/ : /^\d+$/;
  if (!written.test(part.text) || size < low || size > high) {
    const upTo = high === LONGEST ? `a number from ${low}` : `${low} to ${high}`;
    const hint = `use ${upTo}${signed ? ` or -${high} to -${low}` : ""}`;
    refuse(part, `${name} cannot be ${quote(part.text)}`, hint, "range");
  }
  return value;
}

import {
  DAY_MS,
  dayOfDate,
  daysInMonth,
  firstDayOfMonth,
  readOffset,
  TIME_HINT,
  weekdayOf,
} from "../civil.ts";
import { quote, refuse } from "../errors.ts";
import { piecesOf, restOf, type Written, wholeOf } from "../finding.ts";

/** A duration of ISO 8601: months and days follow the calendar, the rest is elapsed time. */
export interface IsoDuration {
  readonly months: number;
  readonly days: number;
  readonly ms: number;
}

export interface IsoTime {
  readonly localMs: number;
  /** How far it is ahead of UTC; `null` for a local time. */
  readonly offsetMs: number | null;
  /** The same as a zone's name. */
  readonly offset: string | null;
}

export interface IsoInterval {
  /** How many times it occurs, the first included. */
  readonly times: number;
  readonly start: IsoTime | null;
  readonly duration: IsoDuration | null;
  readonly end: IsoTime | null;
}

const HINT = "write R5/2026-01-01T00:00:00Z/PT1H, or R/… without end";
/** A thousand years of the largest unit in question. */
const LONGEST_MS = 365_250 * DAY_MS;

/** Reads `R[n]/start/duration`, `R[n]/start/end` or `R[n]/duration/end`. */
export function readInterval(text: string): IsoInterval {
  const [head = wholeOf(text), first, second, more] = piecesOf(wholeOf(text), "/");
  const count = /^R(\d*)$/i.exec(head.text);
  if (count === null) refuse(head, `${quote(head.text)} is not how it begins`, HINT);
  if (first === undefined || second === undefined || more !== undefined) {
    const found = more === undefined ? "too few parts" : "too many parts";
    refuse(restOf(wholeOf(text), head.text.length), `${found} in a repeating interval`, HINT);
  }
  const times = count[1] === "" ? Infinity : Number(count[1]);
  if (/^P/i.test(first.text)) {
    const end = readIsoTime(second);
    return { times, start: null, duration: readIsoDuration(first), end };
  }
  const start = readIsoTime(first);
  if (/^[+-]?P/i.test(second.text)) {
    return { times, start, duration: readIsoDuration(second), end: null };
  }
  return { times, start, duration: null, end: readIsoTime(second) };
}

function readIsoDuration(part: Written): IsoDuration {
  const { text } = part;
  const number = "(\\d{1,9}(?:[.,]\\d{1,9})?)";
  const date = `(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?`;
  const time = `(?:T(?=\\d)(?:${number}H)?(?:${number}M)?(?:${number}S)?)?`;
  const match = new RegExp(`^P(?=[\\dT])${date}${time}$`, "i").exec(text);
  const bad = (problem: string, hint: string): never => refuse(part, problem, hint, "duration");
  if (match === null) {
    return bad(`${quote(text)} is no duration of ISO 8601`, "write P1D, PT15M, P1Y6M or PT1H30M");
  }
  const values = match.slice(1).map((part) => Number((part ?? "0").replace(",", ".")));
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = values;
  const wholeMonths = years * 12 + months;
  const wholeDays = weeks * 7 + days;
  const ms = Math.round((hours * 3600 + minutes * 60 + seconds) * 1e6) / 1000;
  if (!Number.isInteger(wholeMonths) || !Number.isInteger(wholeDays)) {
    bad("years, months, weeks and days are whole", "write the rest in hours");
  }
  if (!Number.isInteger(ms)) bad(`${quote(text)} is finer than a millisecond`, "round it");
  const size = wholeMonths * 31 * DAY_MS + wholeDays * DAY_MS + ms;
  if (size === 0) bad("an interval of no length does not repeat", "write PT1S or longer");
  if (size > LONGEST_MS)
    bad(`${quote(text)} is longer than a thousand years`, "write a shorter one");
  return { months: wholeMonths, days: wholeDays, ms };
}

const DATE =
  /^(\d{4})(?:-?W(\d\d)-?([1-7])|-(\d\d)-(\d\d)|(\d\d)(\d\d)|-?(\d{3}))(?:[T ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,3}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** A date of the calendar, a week's day (`2026-W01-1`) or a day of the year, and a time. */
function readIsoTime(part: Written): IsoTime {
  const { text } = part;
  const bad = (problem: string, hint: string): never => refuse(part, problem, hint, "instant");
  const match = DATE.exec(text);
  if (match === null) {
    const problem = `${quote(text)} is no date and time of ISO 8601`;
    return bad(problem, "write 2026-01-01T00:00:00Z, or without Z for local time");
  }
  const number = (group: number): number => Number(match[group] ?? 0);
  const year = number(1);
  const yearStart = firstDayOfMonth(year, 0);
  let day: number;
  if (match[2] !== undefined) {
    // Week 1 is the one of 4 January.
    const fourth = yearStart + 3;
    day = fourth - ((weekdayOf(fourth) + 6) % 7) + (number(2) - 1) * 7 + number(3) - 1;
    if (number(2) < 1 || number(2) > 53) bad("weeks go from W01 to W53", "choose one of them");
  } else if (match[8] !== undefined) {
    day = yearStart + number(8) - 1;
    const last = 337 + daysInMonth(year, 1);
    if (number(8) < 1 || number(8) > last) bad(`${year} has ${last} days`, "choose one of them");
  } else {
    day =
      dayOfDate(year, number(4) || number(6), number(5) || number(7)) ??
      bad("there is no such date", "choose one that exists");
  }
  if (number(9) > 23 || number(10) > 59 || number(11) > 59) {
    bad("there is no such time", TIME_HINT);
  }
  const fraction = Number((match[12] ?? "").padEnd(3, "0"));
  const ms = (number(9) * 3600 + number(10) * 60 + number(11)) * 1000 + fraction;
  const offset = match[13];
  const offsetMs = offset === undefined ? null : readOffset(offset);
  if (offset !== undefined && offsetMs === null) {
    bad("there is no such offset", "an offset goes up to 23:59");
  }
  return {
    localMs: day * DAY_MS + ms,
    offsetMs,
    offset: offsetMs === 0 ? "UTC" : (offset ?? null),
  };
}

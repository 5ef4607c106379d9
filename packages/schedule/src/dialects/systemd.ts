import { CALENDAR_FROM_AT, CALENDAR_TO_AT, type CalendarFields } from "../calendar.ts";
import { DAY_MS, LAST_YEAR, MINUTE_MS, MINUTES_PER_DAY, yearOfDay } from "../civil.ts";
import { DaySet, datesIn, everyWeek } from "../day-set.ts";
import { quote, readAt, refuse } from "../errors.ts";
import { type Finding, wholeOf } from "../finding.ts";
import { lintSystemd } from "../lint/systemd-findings.ts";
import { LocalSchedule } from "../local-schedule.ts";
import { DailyTimes, TimeProduct, upTo } from "../local-times.ts";
import type { Seconds } from "../second-schedule.ts";
import type { SpecialDay } from "../special-days.ts";
import { calendarWords } from "../words/calendar-words.ts";
import { clockWords } from "../words/clock-words.ts";
import * as say from "../words/english.ts";
import { type Span, type Zone, zoneOf } from "../zone.ts";
import { canonicalTimeZone } from "../zone-names.ts";
import { EXAMPLE, type Part, SystemdReader } from "./systemd-reader.ts";

/*
 * systemd's OnCalendar, as its src/shared/calendarspec.c (version 252) reads it. What the clock skips
 * does not run, what it shows twice runs the first time.
 */

const YEAR: Part = { name: "year", low: 1970, high: 2199, unit: 1 };
const MONTH: Part = { name: "month", low: 1, high: 12, unit: 1 };
const DATE: Part = { name: "day", low: 1, high: 31, unit: 1 };
/** From the end of the month, where systemd wants a day that each month has. */
const DATE_FROM_END: Part = { name: "day from the end", low: 1, high: 28, unit: 1 };
const HOUR: Part = { name: "hour", low: 0, high: 23, unit: 1 };
const MINUTE: Part = { name: "minute", low: 0, high: 59, unit: 1 };
const SECOND: Part = { name: "second", low: 0, high: 59_999, unit: 1000 };

const YEARLY = "*-01-01 00:00:00";
const HALF_YEARLY = "*-01,07-01 00:00:00";
const WORDS: ReadonlyMap<string, string> = new Map([
  ["minutely", "*-*-* *:*:00"],
  ["hourly", "*-*-* *:00:00"],
  ["daily", "*-*-* 00:00:00"],
  ["monthly", "*-*-01 00:00:00"],
  ["weekly", "Mon *-*-* 00:00:00"],
  ["quarterly", "*-01,04,07,10-01 00:00:00"],
  ["semiannually", HALF_YEARLY],
  ["semi-annually", HALF_YEARLY],
  ["biannually", HALF_YEARLY],
  ["bi-annually", HALF_YEARLY],
  ["yearly", YEARLY],
  ["annually", YEARLY],
  ["anually", YEARLY],
]);

/** The sets of a specification, sorted; `null` is any. */
interface Fields {
  readonly weekdays: number;
  readonly years: readonly number[] | null;
  readonly months: readonly number[] | null;
  readonly days: readonly number[] | null;
  /** Whether days are counted from the end of the month. */
  readonly fromEnd: boolean;
  readonly hours: readonly number[];
  readonly everyHour: boolean;
  readonly minutes: readonly number[];
  /** In milliseconds of the minute. */
  readonly seconds: readonly number[];
}

/** @throws ScheduleError for what systemd refuses, and with code `never` for what cannot occur. */
export function parseSystemd(expression: string, zone: Zone): SystemdSchedule {
  const [, spec = expression, zoneWord] = /^(.*\S) ([a-z][\w/+-]*)$/i.exec(expression) ?? [];
  const timestamp = /^@(\d{1,10})$/.exec(spec)?.[1];
  const fields = readFields(timestamp === undefined ? spec : dateOfTimestamp(Number(timestamp)));
  const namedZone = timestamp === undefined ? zoneWord : "UTC";
  const ownZone = namedZone === undefined ? zone : readZone(namedZone, spec.length + 1);
  const schedule = new SystemdSchedule(expression, ownZone, fields);
  if (schedule.next(Number.NEGATIVE_INFINITY) === null) {
    const problem = `never occurs: there is no such day as ${quote(spec)}`;
    refuse(
      wholeOf(spec),
      problem,
      "choose a date that exists, on the weekday that it has",
      "never",
    );
  }
  return schedule;
}

function dateOfTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

function readZone(name: string, position: number): Zone {
  const known = canonicalTimeZone(name);
  const misspelt = known !== name && known?.toLowerCase() === name.toLowerCase();
  if (misspelt && known !== "UTC") {
    const place = { text: name, position };
    refuse(place, `systemd knows no time zone ${quote(name)}`, `write ${known}`, "time-zone");
  }
  return readAt(position, () => zoneOf(name));
}

function readFields(spec: string): Fields {
  const reader = new SystemdReader(WORDS.get(spec.toLowerCase()) ?? spec);
  if (/^@|^(\S+ +){4}\S+$/.test(spec)) {
    const hint = spec.startsWith("@") ? "leave out the @" : 'use the dialect "unix" for it';
    refuse(wholeOf(spec), `${quote(spec)} is written for cron`, hint);
  }
  if (reader.next === "") refuse(wholeOf(""), "there is nothing to read", EXAMPLE);
  const weekdays = reader.weekdays();
  const date = reader.word.includes(":") || reader.next === "" ? EVERY_DAY : readDate(reader);
  const time = reader.next === "" ? MIDNIGHT : readTime(reader);
  return { weekdays, ...date, ...time };
}

type DateFields = Pick<Fields, "years" | "months" | "days" | "fromEnd">;
type TimeFields = Pick<Fields, "hours" | "everyHour" | "minutes" | "seconds">;

const EVERY_DAY: DateFields = { years: null, months: null, days: null, fromEnd: false };
const MIDNIGHT: TimeFields = { hours: [0], everyHour: false, minutes: [0], seconds: [0] };

function readDate(reader: SystemdReader): DateFields {
  const date = reader.word;
  const parts = date.split(/[-~]/).length;
  if (parts < 2 || parts > 3) {
    const problem = `${quote(date)} is neither a date nor a time`;
    const place = { text: date, position: reader.at };
    refuse(place, problem, "write *-*-01, 2026-12-01 or 09:00");
  }
  const years = parts === 3 ? reader.values(YEAR) : null;
  if (parts === 3 && reader.pass("-") === "") reader.failHere("in the date", "use - after a year");
  const months = reader.values(MONTH);
  const joint = reader.pass("-~");
  if (joint === "") reader.failHere("in the date", "write - or ~ between month and day");
  const fromEnd = joint === "~";
  const days = fromEnd ? reader.valuesFromEnd(DATE_FROM_END) : reader.values(DATE);
  if (reader.next !== "" && reader.next !== " ") {
    reader.failHere("after the date", "write a blank between date and time");
  }
  reader.skipBlanks();
  return { years, months, days, fromEnd };
}

function readTime(reader: SystemdReader): TimeFields {
  const hours = reader.values(HOUR);
  if (reader.pass(":") === "") reader.failHere("after the hour", "write minutes too: 09:00");
  const minutes = reader.values(MINUTE);
  const seconds = reader.pass(":") === "" ? [0] : (reader.values(SECOND) ?? EVERY_SECOND);
  if (reader.next !== "") reader.failHere("after the time", "end with a time zone, or nothing");
  const everyHour = hours === null;
  return { hours: hours ?? upTo(24), everyHour, minutes: minutes ?? upTo(60), seconds };
}

const EVERY_SECOND = upTo(60).map((second) => second * 1000);

/**
 * Zones whose database calls winter time the daylight saving time, and the first year of that. There
 * systemd 252 takes a listed hour that the clock skips for one in the past, unless the hour before is
 * listed too, and goes on to the next day: the rest of the day is lost. Who brings a timer along
 * keeps its times, so we follow.
 */
const WINTER_SAVING: ReadonlyMap<string, number> = new Map([
  ["Europe/Dublin", 1972],
  ["Eire", 1972],
  ["Africa/Windhoek", 1994],
  ["Africa/Casablanca", 2019],
  ["Africa/El_Aaiun", 2019],
]);

class SystemdDays extends DaySet {
  readonly #weekdays: number;
  readonly #years: readonly number[] | null;
  /** Negative from the end of the month. */
  readonly #dates: readonly number[] | null;

  constructor({ weekdays, years, months, days, fromEnd }: Fields) {
    super(bitsOf(months, 12), LAST_YEAR);
    this.#weekdays = weekdays;
    this.#years = years;
    this.#dates = days?.map((day) => (fromEnd ? -day : day)) ?? null;
  }

  override daysOf(year: number, _month: number, start: number, length: number): number {
    if (this.#years?.includes(year) === false) return 0;
    const dates = this.#dates === null ? -1 : datesIn(this.#dates, length);
    return dates & everyWeek(this.#weekdays, start) & (-1 >>> (32 - length));
  }
}

function bitsOf(values: readonly number[] | null, size: number): number {
  if (values === null) return (2 ** size - 1) | 0;
  return values.reduce((bits, value) => bits | (1 << (value - 1)), 0);
}

export class SystemdSchedule extends LocalSchedule {
  readonly dialect = "systemd";
  readonly #fields: Fields;

  constructor(expression: string, zone: Zone, fields: Fields) {
    const times = new TimeProduct(fields.hours, fields.minutes, fields.seconds);
    const local = new DailyTimes(new SystemdDays(fields), times);
    super(expression, zone, local, CALENDAR_FROM_AT, CALENDAR_TO_AT, false);
    this.#fields = fields;
  }

  protected override startOf(span: Span): number {
    const start = super.startOf(span);
    const { gapMinutes, startMinute } = span;
    const sinceYear = WINTER_SAVING.get(this.timeZone);
    if (gapMinutes === 0 || sinceYear === undefined || this.#fields.everyHour) return start;
    const day = Math.floor(startMinute / MINUTES_PER_DAY);
    const ofDay = startMinute - day * MINUTES_PER_DAY;
    const gapHour = Math.ceil((ofDay - gapMinutes) / 60);
    const { hours } = this.#fields;
    const skipped = hours.includes(gapHour) && !hours.includes(gapHour - 1);
    return skipped && yearOfDay(day) >= sinceYear ? (day + 1) * DAY_MS : start;
  }

  /**
   * Its days and times as those of cron, days from the end of the month as special days; `null`
   * where seconds have fractions.
   */
  get calendar(): ({ readonly fields: CalendarFields } & Seconds) | null {
    const { seconds, fromEnd, days, years } = this.#fields;
    if (seconds.some((ms) => ms % 1000 !== 0)) return null;
    const counted = fromEnd && days !== null;
    const fields = {
      ...this.#minutesAndDays(),
      daysOfMonth: counted ? 0 : bitsOf(days, 31),
      specialDays: counted ? days.map((day) => lastBut(day - 1)) : [],
      years: years === null ? null : new Set(years),
    } as const;
    const [secondsLow, secondsHigh] = halvesOf(seconds.map((ms) => ms / 1000));
    return { fields, secondsLow, secondsHigh };
  }

  losesDay(span: Span): boolean {
    return this.startOf(span) > span.freshMinute * MINUTE_MS;
  }

  words(from?: number): string {
    const { seconds, days, years, fromEnd } = this.#fields;
    const parts = [calendarWords(this.#minutesAndDays())];
    if (fromEnd && days !== null) parts.push(say.daysFromEnd(some(days)));
    if (years !== null) parts.push(say.inSome(some(years)));
    if (seconds.length > 1 || seconds[0] !== 0) {
      parts.push(say.atSomeSeconds(some(seconds.map((ms) => ms / 1000))));
    }
    return `${parts.join(", ")}, ${this.timeZone}${clockWords(this, from)}`;
  }

  lint(from?: number): Finding[] {
    return lintSystemd(this, this.#fields, from);
  }

  /** Of all years, with all days where they are counted from the end of the month. */
  #minutesAndDays(): CalendarFields {
    const { hours, minutes, days, months, weekdays, fromEnd } = this.#fields;
    const [minutesLow, minutesHigh] = halvesOf(minutes);
    return {
      minutesLow,
      minutesHigh,
      hours: hours.reduce((bits, hour) => bits | (1 << hour), 0),
      daysOfMonth: bitsOf(fromEnd ? null : days, 31),
      months: bitsOf(months, 12),
      weekdays,
      dayRule: "both",
      specialDays: [],
      years: null,
    };
  }
}

function lastBut(before: number): SpecialDay {
  return { kind: "last", before, nearest: false };
}

/** Values 0 to 29, and 30 to 59, as bits. */
function halvesOf(values: readonly number[]): readonly [low: number, high: number] {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value < 30) low |= 1 << value;
    else high |= 1 << (value - 30);
  }
  return [low, high];
}

/** As many values as a sentence bears. */
function some(values: readonly number[]): string {
  const head = values.slice(0, 8).join(", ");
  return values.length > 8 ? say.andSoOn(head, values.at(-1)) : head;
}

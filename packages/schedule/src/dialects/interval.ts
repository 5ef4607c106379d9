import { DAY_MS, daysInMonth, firstDayOfMonth, monthOfDay, yearOfDay } from "../civil.ts";
import type { ClockRule, WallClock } from "../clock-changes.ts";
import { durationWords } from "../duration.ts";
import { refuse } from "../errors.ts";
import { type Finding, restOf, wholeOf } from "../finding.ts";
import { elapsedDays, scheduleFindings } from "../lint/schedule-findings.ts";
import { shiftedInstant } from "../local-instant.ts";
import { localText } from "../local-time.ts";
import type { LocalTimes } from "../local-times.ts";
import { checkInstant, Occurrences } from "../occurrences.ts";
import { clockWords } from "../words/clock-words.ts";
import * as say from "../words/english.ts";
import { type Zone, zoneOf } from "../zone.ts";
import { type IsoDuration, type IsoTime, readInterval } from "./interval-reader.ts";

/*
 * Repeating intervals of ISO 8601-1 (5.6). The nth member lies n durations from the start, or before
 * the end: P1M from the 31st is the last day of shorter months, and the 31st again after them. In
 * local time days, weeks, months and years follow the wall clock, hours and less are elapsed time.
 */

/** No members outside 1900 and 2999, so that calendar arithmetic stays exact and quick. */
const FROM_AT = firstDayOfMonth(1900, 0) * DAY_MS;
const TO_AT = firstDayOfMonth(3000, 0) * DAY_MS;
/** Of a month, so that a guess at a member's number is close. */
const MEAN_MONTH_MS = (146_097 / 4800) * DAY_MS;

/** @throws ScheduleError for what ISO 8601 excludes, and with code `never` for `R0`. */
export function parseInterval(expression: string, zone: Zone): IntervalSchedule {
  const { times, start, duration, end } = readInterval(expression);
  const base = start ?? end;
  if (base === null) refuse(wholeOf(expression), "an interval needs a start or an end", "add one");
  if (times === 0) {
    const problem = "R0 never occurs: the count includes the first occurrence";
    refuse(wholeOf("R0"), problem, "write R1 for once, or R for no end", "never");
  }
  const length = duration ?? between(base, end ?? base, expression);
  const schedule = new IntervalSchedule(
    expression,
    zone,
    base,
    start === null ? -1 : 1,
    length,
    times,
  );
  if (schedule.next(Number.NEGATIVE_INFINITY) === null) {
    const problem = "never occurs in the years 1900 to 2999";
    refuse(wholeOf(expression), problem, "choose another start", "never");
  }
  return schedule;
}

/** Whole days by the calendar, the rest elapsed. */
function between(start: IsoTime, end: IsoTime, expression: string): IsoDuration {
  const offset = end.offsetMs ?? start.offsetMs ?? 0;
  const ms = end.localMs - offset - (start.localMs - (start.offsetMs ?? offset));
  if (ms <= 0) {
    const place = restOf(wholeOf(expression), expression.lastIndexOf("/") + 1);
    refuse(place, "the end is not after the start", "write the earlier one first");
  }
  const days = Math.floor(ms / DAY_MS);
  return { months: 0, days, ms: ms - days * DAY_MS };
}

/** A time that the clock skips moves on by as much; of two it is the first. */
const SHIFTED: ClockRule = { longestGapMinutes: 1440, makesUp: "shifted", overlap: "first" };

class IntervalSchedule extends Occurrences implements WallClock {
  readonly dialect = "interval";
  readonly expression: string;
  readonly zone: Zone;
  readonly clockRule: ClockRule = SHIFTED;
  readonly fromAt: number = FROM_AT;
  readonly toAt: number = TO_AT;
  /** Where days are reckoned: the zone, or the offset that the start was written with. */
  readonly #clock: Zone;
  readonly #baseMs: number;
  readonly #direction: 1 | -1;
  readonly #duration: IsoDuration;
  readonly #count: number;
  readonly #meanMs: number;

  constructor(
    expression: string,
    zone: Zone,
    base: IsoTime,
    direction: 1 | -1,
    duration: IsoDuration,
    times: number,
  ) {
    super();
    this.expression = expression;
    this.zone = zone;
    this.#clock = base.offset === null ? zone : zoneOf(base.offset);
    this.#baseMs = base.localMs;
    this.#direction = direction;
    this.#duration = duration;
    this.#count = times;
    this.#meanMs = duration.months * MEAN_MONTH_MS + duration.days * DAY_MS + duration.ms;
  }

  get timeZone(): string {
    return this.zone.name;
  }

  next(after: number): number | null {
    const index = this.#indexAfter(Math.max(checkInstant(after), FROM_AT - 1));
    const at = this.#member(index);
    return at !== null && at < TO_AT ? at : null;
  }

  previous(before: number): number | null {
    const latest = Math.min(Math.ceil(checkInstant(before)), TO_AT) - 1;
    const at = this.#member(this.#indexAfter(latest) - 1);
    return at !== null && at >= FROM_AT ? at : null;
  }

  count(from: number, to: number): number {
    const first = Math.max(Math.ceil(checkInstant(from)), FROM_AT);
    const last = Math.min(Math.ceil(checkInstant(to)), TO_AT);
    if (first >= last) return 0;
    return this.#indexAfter(last - 1) - this.#indexAfter(first - 1) - this.#doubles(first, last);
  }

  /** Whether it keeps a time of day on a clock that is changed. */
  get elapsed(): boolean {
    return this.#clock !== this.zone || this.#duration.ms > 0;
  }

  /** The times of day that are due on the wall clock, also where it does not show them. */
  get times(): Pick<LocalTimes, "first" | "count"> {
    const ofDayMs = this.#baseMs - Math.floor(this.#baseMs / DAY_MS) * DAY_MS;
    const dueIn = (fromMs: number, toMs: number): number[] => {
      const due: number[] = [];
      let localMs = Math.ceil((fromMs - ofDayMs) / DAY_MS) * DAY_MS + ofDayMs;
      for (; localMs < toMs; localMs += DAY_MS) {
        if (this.matches(shiftedInstant(this.#clock, localMs))) due.push(localMs);
      }
      return due;
    };
    return {
      first: (fromMs, toMs) => dueIn(fromMs, toMs)[0] ?? toMs,
      count: (fromMs, toMs) => dueIn(fromMs, toMs).length,
    };
  }

  words(from?: number): string {
    const { months, days, ms } = this.#duration;
    const parts: string[] = [];
    if (months > 0) parts.push(say.count(months, "month"));
    if (days > 0 || ms > 0) parts.push(durationWords(days * DAY_MS + ms));
    const base = `${localText(this.#at(0), this.zone)}, ${this.timeZone}`;
    const count = Number.isFinite(this.#count) ? this.#count : null;
    const words = say.interval(parts.join(" "), count, base, this.#direction === -1);
    return words + clockWords(this, from);
  }

  lint(from?: number): Finding[] {
    const { months, days, ms } = this.#duration;
    const drifts = this.#clock !== this.zone && (months > 0 || days > 0) && ms === 0;
    return [
      ...scheduleFindings(this, wholeOf(this.expression), from),
      ...elapsedDays(this.expression, drifts, this.zone),
    ];
  }

  /** Members are numbered in the order of time, the base 0: so backwards from 0 to 1 - times. */
  #member(index: number): number | null {
    const place = index * this.#direction;
    return place >= 0 && place < this.#count ? this.#at(index) : null;
  }

  /** The number of the first member after an instant; where there is none, the one after the last. */
  #indexAfter(instant: number): number {
    const low = this.#direction === 1 ? 0 : 1 - this.#count;
    const high = this.#direction === 1 ? this.#count : 1;
    let index = Math.round((instant - this.#at(0)) / this.#meanMs);
    while (this.#at(index) <= instant) index++;
    while (this.#at(index - 1) > instant) index--;
    return Math.min(Math.max(index, low), high);
  }

  #at(index: number): number {
    const { months, days, ms } = this.#duration;
    const local = addMonths(this.#baseMs, months * index) + days * index * DAY_MS;
    return shiftedInstant(this.#clock, local) + ms * index;
  }

  /** Members that fall on the same instant as the next, for the day between them was skipped. */
  #doubles(from: number, to: number): number {
    let doubles = 0;
    let span = this.#clock.spanAfter(this.#clock.spanAt(from));
    for (; span !== null && span.fromAt < to; span = this.#clock.spanAfter(span)) {
      if (span.gapMinutes < 1440) continue;
      const end = span.fromAt + span.gapMinutes * 60_000;
      const first = this.#indexAfter(span.fromAt - 1);
      for (let index = first; this.#at(index) <= end; index++) {
        const at = this.#member(index);
        if (at !== null && at >= from && at < to && this.#member(index + 1) === at) doubles++;
      }
    }
    return doubles;
  }
}

/** Months on, on the same date or the last that the month has. */
function addMonths(localMs: number, months: number): number {
  if (months === 0) return localMs;
  const day = Math.floor(localMs / DAY_MS);
  const year = yearOfDay(day);
  const month = monthOfDay(day, year);
  const index = year * 12 + month + months;
  const toYear = Math.floor(index / 12);
  const toMonth = index - toYear * 12;
  const date = day - firstDayOfMonth(year, month);
  const last = daysInMonth(toYear, toMonth) - 1;
  const toDay = firstDayOfMonth(toYear, toMonth) + Math.min(date, last);
  return localMs + (toDay - day) * DAY_MS;
}

import { CALENDAR_FROM_AT, CALENDAR_TO_AT, type Calendar, NO_MINUTE } from "./calendar.ts";
import { MINUTE_MS } from "./civil.ts";
import type { ClockRule, WallClock } from "./clock-changes.ts";
import type { CronForm } from "./dialects/cron.ts";
import type { Finding } from "./finding.ts";
import { lintCron } from "./lint/cron-findings.ts";
import type { LocalTimes } from "./local-times.ts";
import { checkInstant, Occurrences } from "./occurrences.ts";
import { calendarWords } from "./words/calendar-words.ts";
import { clockWords } from "./words/clock-words.ts";
import type { Span, Zone } from "./zone.ts";

const TWO_DAYS_MINUTES = 2880;

/** A schedule by the wall clock of a zone: a calendar of local minutes, laid over the zone's spans. */
export class CalendarSchedule<Name extends string> extends Occurrences implements WallClock {
  readonly expression: string;
  readonly calendar: Calendar;
  readonly zone: Zone;
  readonly clockRule: ClockRule;
  readonly #form: CronForm<Name>;
  /** The span of the latest answer: most questions are about the next one. */
  #span: Span;

  constructor(
    expression: string,
    form: CronForm<Name>,
    calendar: Calendar,
    zone: Zone,
    clockRule: ClockRule,
  ) {
    super();
    this.expression = expression;
    this.calendar = calendar;
    this.zone = zone;
    this.clockRule = clockRule;
    this.#form = form;
    this.#span = NOWHERE;
  }

  get dialect(): Name {
    return this.#form.dialect;
  }

  get timeZone(): string {
    return this.zone.name;
  }

  get times(): Pick<LocalTimes, "first" | "count"> {
    const { calendar } = this;
    return {
      first: (localMs) => calendar.first(Math.ceil(localMs / MINUTE_MS)) * MINUTE_MS,
      count: (fromMs, toMs) =>
        calendar.count(Math.ceil(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)),
    };
  }

  get fromAt(): number {
    return CALENDAR_FROM_AT;
  }

  get toAt(): number {
    return CALENDAR_TO_AT;
  }

  words(from?: number): string {
    return `${calendarWords(this.calendar)}, ${this.timeZone}${clockWords(this, from)}`;
  }

  lint(from?: number): Finding[] {
    return lintCron(this, this.#form, from);
  }

  next(after: number): number | null {
    // Beyond the calendar a minute is more than a small integer, and a span may go on for ever.
    if (!(after >= CALENDAR_FROM_AT && after < CALENDAR_TO_AT)) {
      if (checkInstant(after) >= CALENDAR_TO_AT) return null;
      after = CALENDAR_FROM_AT - 1;
    }
    const span = this.#spanAt(after);
    const minute = (Math.floor((after + span.offsetMs) / MINUTE_MS) + 1) | 0;
    if (minute > span.settledMinute) {
      const found = this.calendar.first(minute);
      if (found < this.endMinute(span)) return within(found * MINUTE_MS - span.offsetMs);
      return this.#afterSpan(span, minute, found);
    }
    const first = Math.max(minute, this.firstMinute(span));
    const found = this.calendar.first(first);
    const madeUp = this.madeUpMinute(span);
    return this.#afterSpan(span, first, madeUp >= minute ? Math.min(madeUp, found) : found);
  }

  previous(before: number): number | null {
    if (checkInstant(before) <= CALENDAR_FROM_AT) return null;
    before = Math.min(before, CALENDAR_TO_AT);
    let span = this.#spanAt(before);
    let minute = Math.ceil((before + span.offsetMs) / MINUTE_MS) - 1;
    for (;;) {
      minute = Math.min(minute, this.endMinute(span) - 1);
      const start = span.startMinute;
      const found = this.calendar.last(minute);
      const madeUp = found < span.settledMinute ? this.madeUpMinute(span) : NO_MINUTE;
      if (madeUp <= minute && madeUp > found) return within(instantOf(span, madeUp));
      if (found >= this.firstMinute(span)) return within(instantOf(span, found));
      const earlier = this.zone.spanBefore(span);
      if (earlier === null || found === -NO_MINUTE) return null;
      // Far from any clock change the search may leap; near one, each span is looked at.
      const far = minute - start > TWO_DAYS_MINUTES && start - found > 2 * TWO_DAYS_MINUTES;
      span = far ? this.#spanAt(instantOf(span, found + TWO_DAYS_MINUTES)) : earlier;
      minute = span.endMinute;
    }
  }

  count(from: number, to: number): number {
    from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
    to = Math.min(checkInstant(to), CALENDAR_TO_AT);
    let total = 0;
    let span: Span | null = from < to ? this.zone.spanAt(from) : null;
    while (span !== null && span.fromAt < to) {
      const first = this.firstMinute(span);
      const start = Math.max(Math.ceil((from + span.offsetMs) / MINUTE_MS), first);
      const end = Math.min(Math.ceil((to + span.offsetMs) / MINUTE_MS), this.endMinute(span));
      total += this.calendar.count(start, end);
      const madeUp = this.madeUpMinute(span);
      if (madeUp >= start && madeUp < end && this.calendar.first(madeUp) !== madeUp) total++;
      span = span.toAt < to ? this.zone.spanAfter(span) : null;
    }
    return total;
  }

  /** Goes on from a span that has no occurrence at or after `minute`; `found` is the calendar's next. */
  #afterSpan(span: Span, minute: number, found: number): number | null {
    while (found >= this.endMinute(span)) {
      if (found === NO_MINUTE) return null;
      const end = span.endMinute;
      // Far from any clock change the search may leap; near one, each span is looked at.
      const far = end - minute > TWO_DAYS_MINUTES && found - end > 2 * TWO_DAYS_MINUTES;
      const later = far
        ? this.zone.spanAt(instantOf(span, found - TWO_DAYS_MINUTES))
        : this.zone.spanAfter(span);
      if (later === null) return null;
      span = later;
      const first = this.firstMinute(span);
      if (found < first || first < minute) found = this.calendar.first(first);
      found = Math.min(found, this.madeUpMinute(span));
      minute = first;
    }
    this.#span = span;
    return within(instantOf(span, found));
  }

  #spanAt(instant: number): Span {
    const span = this.#span;
    if (instant >= span.fromAt && instant < span.toAt) return span;
    this.#span = this.zone.spanAt(instant);
    return this.#span;
  }

  /** The first local minute of a span that counts: not the second showing of an earlier one. */
  firstMinute(span: Span): number {
    return this.clockRule.overlap === "first" ? span.freshMinute : span.startMinute;
  }

  /** The first local minute after those of a span that count. */
  endMinute(span: Span): number {
    return this.clockRule.overlap === "last" ? span.staleMinute : span.endMinute;
  }

  /** The minute of a span that makes up for what the gap before it swallowed, or `NO_MINUTE`. */
  madeUpMinute(span: Span): number {
    const gap = span.gapMinutes;
    const start = span.startMinute;
    if (gap === 0 || gap > this.clockRule.longestGapMinutes) return NO_MINUTE;
    const missed = this.calendar.first(start - gap);
    if (missed >= start) return NO_MINUTE;
    return this.clockRule.makesUp === "at-once" ? start : missed + gap;
  }
}

/** Contains no instant. */
const NOWHERE: Span = {
  fromAt: 0,
  toAt: 0,
  offsetMs: 0,
  startMinute: 0,
  endMinute: 0,
  freshMinute: 0,
  gapMinutes: 0,
  settledMinute: 0,
  staleMinute: 0,
};

function instantOf(span: Span, minute: number): number {
  return minute * MINUTE_MS - span.offsetMs;
}

function within(instant: number): number | null {
  return instant >= CALENDAR_FROM_AT && instant < CALENDAR_TO_AT ? instant : null;
}

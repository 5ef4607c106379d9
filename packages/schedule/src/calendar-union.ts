import { bitCount, lowestBit } from "./bits.ts";
import { CALENDAR_FROM_AT, CALENDAR_TO_AT, type Calendar } from "./calendar.ts";
import type { CalendarSchedule } from "./calendar-schedule.ts";
import {
  daysInMonth,
  firstDayOfMonth,
  MINUTE_MS,
  MINUTES_PER_DAY,
  monthOfDay,
  yearOfDay,
} from "./civil.ts";
import type { ClockRule } from "./clock-changes.ts";
import { checkInstant } from "./occurrences.ts";
import type { Span } from "./zone.ts";

/** A set of calendars is one word of bits. */
export const MOST_TOGETHER = 30;

/** Whether schedules with this rule can be counted together: by the first minutes after changes. */
export function countsTogether(rule: ClockRule): boolean {
  return rule.makesUp === "at-once" && rule.overlap !== "last";
}

/**
 * How many instants in [from, to) are due by at least one of these schedules, which share their
 * zone. It looks at each day once, but at each kind of day (which of the schedules have it) only the
 * first time.
 */
export function countTogether(
  schedules: readonly CalendarSchedule<string>[],
  from: number,
  to: number,
): number {
  from = Math.max(checkInstant(from), CALENDAR_FROM_AT);
  to = Math.min(checkInstant(to), CALENDAR_TO_AT);
  const all = new MinuteUnion(schedules.map((schedule) => schedule.calendar));
  const repeating = schedules.filter((schedule) => schedule.clockRule.overlap === "both");
  const repeated = new MinuteUnion(repeating.map((schedule) => schedule.calendar));
  let total = 0;
  const zone = schedules[0]?.zone;
  let span: Span | null = from < to ? (zone?.spanAt(from) ?? null) : null;
  while (span !== null && span.fromAt < to) {
    const { startMinute, freshMinute, endMinute } = span;
    const start = Math.max(Math.ceil((from + span.offsetMs) / MINUTE_MS), startMinute);
    const end = Math.min(Math.ceil((to + span.offsetMs) / MINUTE_MS), endMinute);
    total += repeated.count(start, Math.min(freshMinute, end));
    total += all.count(Math.max(start, freshMinute), end);
    if (start === startMinute && start < end && madeUpAt(schedules, span)) total++;
    span = span.toAt < to ? (zone?.spanAfter(span) ?? null) : null;
  }
  return total;
}

/** Whether a span begins with an occurrence that only makes up for a gap. */
function madeUpAt(schedules: readonly CalendarSchedule<string>[], span: Span): boolean {
  const start = span.startMinute;
  return (
    schedules.some((schedule) => schedule.madeUpMinute(span) === start) &&
    !schedules.some((schedule) => schedule.calendar.first(start) === start)
  );
}

/** The minutes that are in at least one of some calendars. */
class MinuteUnion {
  readonly #calendars: readonly Calendar[];
  /** By which calendars have the day, as bits: how many minutes such a day has. */
  readonly #perDay = new Map<number, number>();

  constructor(calendars: readonly Calendar[]) {
    this.#calendars = calendars;
  }

  /** How many minutes there are in [from, to). */
  count(from: number, to: number): number {
    if (from >= to || this.#calendars.length === 0) return 0;
    const [single, second] = this.#calendars;
    if (single !== undefined && second === undefined) return single.count(from, to);
    const firstDay = Math.floor(from / MINUTES_PER_DAY);
    const lastDay = Math.floor(to / MINUTES_PER_DAY);
    let year = yearOfDay(firstDay);
    let month = monthOfDay(firstDay, year);
    let total = 0;
    for (let start = firstDayOfMonth(year, month); start <= lastDay; ) {
      const length = daysInMonth(year, month);
      const masks = this.#calendars.map((calendar) =>
        ((calendar.months >>> month) & 1) === 0 ? 0 : calendar.daysOf(year, month, start, length),
      );
      let days = masks.reduce((union, mask) => union | mask, 0);
      for (; days !== 0; days &= days - 1) {
        const bit = lowestBit(days);
        const day = start + bit;
        if (day < firstDay || day > lastDay) continue;
        const kind = masks.reduce((set, mask, index) => set | (((mask >>> bit) & 1) << index), 0);
        if (day < lastDay) total += this.#ofDay(kind);
        else total += this.#before(kind, to - day * MINUTES_PER_DAY);
        if (day === firstDay) total -= this.#before(kind, from - day * MINUTES_PER_DAY);
      }
      start += length;
      if (++month === 12) {
        month = 0;
        year++;
      }
    }
    return total;
  }

  #ofDay(kind: number): number {
    let count = this.#perDay.get(kind);
    if (count === undefined) {
      count = this.#before(kind, MINUTES_PER_DAY);
      this.#perDay.set(kind, count);
    }
    return count;
  }

  /** How many minutes of a day of this kind come before its minute `ofDay`. */
  #before(kind: number, ofDay: number): number {
    let total = 0;
    for (let hour = 0; hour * 60 < ofDay; hour++) {
      let low = 0;
      let high = 0;
      for (const [index, calendar] of this.#calendars.entries()) {
        if (((kind >>> index) & (calendar.hours >>> hour) & 1) === 0) continue;
        low |= calendar.minutesLow;
        high |= calendar.minutesHigh;
      }
      const left = ofDay - hour * 60;
      if (left < 30) low &= ~(-1 << left);
      if (left <= 30) high = 0;
      else if (left < 60) high &= ~(-1 << (left - 30));
      total += bitCount(low) + bitCount(high);
    }
    return total;
  }
}

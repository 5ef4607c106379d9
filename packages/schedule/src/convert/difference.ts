import { CalendarSchedule } from "../calendar-schedule.ts";
import { DAY_MS } from "../civil.ts";
import type { ClockRule } from "../clock-changes.ts";
import { LINT_FROM_AT } from "../finding.ts";
import { checkInstant } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import { SecondSchedule } from "../second-schedule.ts";
import { type Span, zoneOf } from "../zone.ts";
import { isSameShape, writtenShape } from "./shape.ts";

const YEARS_40_MS = 40 * 365.25 * DAY_MS;
/** So many occurrences are compared one by one; of more, all are counted and many compared. */
const WALK_MAX = 40_000;
/** Of so short a time occurrences are only counted where there are many. */
const PIECE_MS = 900_000;
const PIECE_MAX = 200;
/** So far apart are the days that are compared: on all weekdays, in all months. */
const SAMPLE_MS = 97 * DAY_MS;
/** Around a clock change, beside what it skips or repeats. */
const AROUND_MS = 4 * 3_600_000;
/** After it, for what does not go by a clock rule: systemd may lose the rest of a day to one. */
const AFTER_MS = 27 * 3_600_000;

/** An instant at which one of two schedules is due and the other is not. */
export interface Difference {
  readonly at: number;
  /** Which of the two is due then. */
  readonly due: "first" | "second";
}

type Compared = Pick<Schedule, "next" | "count" | "timeZone">;

/**
 * Whether two schedules are due at the same instants from `from` on, for forty years. Schedules of the
 * same fields and zone can only part where the clock is changed, so it is there that they are
 * compared. Of others up to some 40,000 occurrences are looked at one by one; where there are more,
 * they are counted, and compared one by one around every clock change and on a day of every 97.
 *
 * @param from an instant; 2026-01-01T00:00Z unless told.
 * @returns the first instant at which they differ, or `null`.
 */
export function firstDifference(
  first: Compared,
  second: Compared,
  from: number = LINT_FROM_AT,
): Difference | null {
  const to = checkInstant(from) + YEARS_40_MS;
  if (areAlike(first, second)) {
    return haveSameRule(first, second) ? null : aroundChanges(first, second, from, to);
  }
  const [count, other] = [first.count(from, to), second.count(from, to)];
  if (Math.min(count, other) <= WALK_MAX) return walk(first, second, from, to);
  return (
    (count === other ? null : uneven(first, second, from, to)) ??
    aroundChanges(first, second, from, to) ??
    onSomeDays(first, second, from, to)
  );
}

/** Whether they have the same times on the same clock. */
function areAlike(first: Compared, second: Compared): boolean {
  if (first.timeZone !== second.timeZone) return false;
  const [one, other] = [writtenShape(first), writtenShape(second)];
  return one !== null && other !== null && isSameShape(one, other);
}

function haveSameRule(first: Compared, second: Compared): boolean {
  const [one, other] = [ruleOf(first), ruleOf(second)];
  return one !== null && other !== null && JSON.stringify(one) === JSON.stringify(other);
}

function ruleOf(schedule: Compared): ClockRule | null {
  if (schedule instanceof SecondSchedule) return schedule.minutes.clockRule;
  return schedule instanceof CalendarSchedule ? schedule.clockRule : null;
}

/** Looks at each occurrence. */
function walk(first: Compared, second: Compared, from: number, to: number): Difference | null {
  let at = Math.ceil(from) - 1;
  for (;;) {
    const [one, two] = [first.next(at) ?? Infinity, second.next(at) ?? Infinity];
    if (one >= to && two >= to) return null;
    if (one !== two) return { at: Math.min(one, two), due: one < two ? "first" : "second" };
    at = one;
  }
}

/** Looks at each occurrence, but where there are very many in a short time: there it counts them. */
function inShort(first: Compared, second: Compared, from: number, to: number): Difference | null {
  const [count, other] = [first.count(from, to), second.count(from, to)];
  if (Math.min(count, other) <= PIECE_MAX) return walk(first, second, from, to);
  if (to - from <= PIECE_MS) return count === other ? null : walk(first, second, from, to);
  const half = Math.floor((from + to) / 2);
  return inShort(first, second, from, half) ?? inShort(first, second, half, to);
}

/** Halves the time, always going on with the earliest half of which the counts differ. */
function uneven(first: Compared, second: Compared, from: number, to: number): Difference | null {
  while (to - from > DAY_MS) {
    const half = Math.floor((from + to) / 2);
    if (first.count(from, half) === second.count(from, half)) from = half;
    else to = half;
  }
  return walk(first, second, from, to);
}

function aroundChanges(
  first: Compared,
  second: Compared,
  from: number,
  to: number,
): Difference | null {
  for (const { start, end } of changesOf(first, second, from, to)) {
    const found = inShort(first, second, Math.max(from, start), end);
    if (found !== null) return found;
  }
  return null;
}

/**
 * As `firstDifference`, but of those between the clock changes, where only what is no matter of the
 * clock can part them.
 */
export function differenceBetweenChanges(
  first: Compared,
  second: Compared,
  from: number,
): Difference | null {
  if (areAlike(first, second)) return null;
  const to = from + YEARS_40_MS;
  let start = from;
  for (const change of [...changesOf(first, second, from, to), { start: to, end: to }]) {
    const found = start < change.start ? inLong(first, second, start, change.start) : null;
    if (found !== null) return found;
    start = Math.max(start, change.end);
  }
  return null;
}

function inLong(first: Compared, second: Compared, from: number, to: number): Difference | null {
  const [count, other] = [first.count(from, to), second.count(from, to)];
  if (count !== other) return uneven(first, second, from, to);
  return count <= PIECE_MAX ? walk(first, second, from, to) : null;
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** The times in [from, to) that a change of one of their clocks may have to do with, in order. */
function changesOf(first: Compared, second: Compared, from: number, to: number): Stretch[] {
  const names = new Set([first.timeZone, second.timeZone].flatMap((name) => name.split(", ")));
  const stretches: Stretch[] = [];
  const afterMs = [first, second].every((one) => ruleOf(one) !== null) ? AROUND_MS : AFTER_MS;
  for (const name of names) {
    const zone = zoneOf(name);
    // The change before `from` may still have to do with it.
    let span: Span | null = zone.spanAt(from);
    for (; span !== null && span.fromAt < to; span = zone.spanAfter(span)) {
      const gapMs = span.gapMinutes * 60_000;
      const end = span.fromAt + afterMs + gapMs;
      if (end > from) stretches.push({ start: span.fromAt - AROUND_MS - gapMs, end });
    }
  }
  return stretches.sort((a, b) => a.start - b.start);
}

function onSomeDays(
  first: Compared,
  second: Compared,
  from: number,
  to: number,
): Difference | null {
  for (let day = from; day < to; day += SAMPLE_MS) {
    const found = inShort(first, second, day, day + DAY_MS);
    if (found !== null) return found;
  }
  return null;
}

import { DAY_MS } from "../civil.ts";
import { LINT_FROM_AT } from "../finding.ts";
import { checkInstant } from "../occurrences.ts";
import type { Schedule } from "../schedule.ts";
import { type Span, zoneOf } from "../zone.ts";

const YEARS_40_MS = 40 * 365.25 * DAY_MS;
/** So many occurrences are compared one by one; of more, all are counted and many compared. */
const WALK_MAX = 40_000;
/** How many of a day are compared, of the days that are. */
const DAY_MAX = 1440;
const SAMPLE_MS = 31 * DAY_MS;
/** Around a clock change: longer than any, but for a day that a zone left out. */
const AROUND_MS = 4 * 3_600_000;

/** An instant at which one of two schedules is due and the other is not. */
export interface Difference {
  readonly at: number;
  /** Which of the two is due then. */
  readonly due: "first" | "second";
}

type Compared = Pick<Schedule, "next" | "count" | "timeZone">;

/**
 * Whether two schedules are due at the same instants from `from` on, for forty years. Where that is
 * up to some 40,000 occurrences, each is looked at; where it is more, they are counted, and compared
 * one by one around every change of their zones' clocks and on one day a month.
 *
 * @param from an instant; 2026-01-01T00:00Z unless told.
 * @returns the first instant at which they differ, or `null`.
 */
export function firstDifference(
  first: Schedule,
  second: Schedule,
  from: number = LINT_FROM_AT,
): Difference | null {
  const to = checkInstant(from) + YEARS_40_MS;
  const [count, other] = [first.count(from, to), second.count(from, to)];
  if (Math.min(count, other) <= WALK_MAX) return walk(first, second, from, to, WALK_MAX + 1);
  return (
    (count === other ? null : uneven(first, second, from, to)) ??
    aroundChanges(first, second, from, to) ??
    onSomeDays(first, second, from, to)
  );
}

function walk(
  first: Compared,
  second: Compared,
  from: number,
  to: number,
  most: number,
): Difference | null {
  let at = Math.ceil(from) - 1;
  for (let steps = 0; steps < most; steps++) {
    const [one, two] = [first.next(at) ?? Infinity, second.next(at) ?? Infinity];
    if (one >= to && two >= to) return null;
    if (one !== two) return { at: Math.min(one, two), due: one < two ? "first" : "second" };
    at = one;
  }
  return null;
}

/** Halves the time, always going on with the earliest half of which the counts differ. */
function uneven(first: Compared, second: Compared, from: number, to: number): Difference | null {
  while (to - from > DAY_MS) {
    const half = Math.floor((from + to) / 2);
    if (first.count(from, half) === second.count(from, half)) from = half;
    else to = half;
  }
  return walk(first, second, from, to, Infinity);
}

function aroundChanges(
  first: Compared,
  second: Compared,
  from: number,
  to: number,
): Difference | null {
  for (const name of new Set([first.timeZone, second.timeZone])) {
    const zone = zoneOf(name);
    let span: Span | null = zone.spanAfter(zone.spanAt(from));
    for (; span !== null && span.fromAt < to; span = zone.spanAfter(span)) {
      const around = AROUND_MS + span.gapMinutes * 60_000;
      const start = Math.max(from, span.fromAt - around);
      const found = walk(first, second, start, span.fromAt + around, Infinity);
      if (found !== null) return found;
    }
  }
  return null;
}

function onSomeDays(
  first: Compared,
  second: Compared,
  from: number,
  to: number,
): Difference | null {
  for (let day = from; day < to; day += SAMPLE_MS) {
    const found = walk(first, second, day, day + DAY_MS, DAY_MAX);
    if (found !== null) return found;
  }
  return null;
}

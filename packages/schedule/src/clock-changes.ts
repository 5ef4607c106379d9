import { DAY_MS, MINUTE_MS, MINUTES_PER_DAY } from "./civil.ts";
import type { LocalTimes } from "./local-times.ts";
import type { Span, Zone } from "./zone.ts";

/** What becomes of a schedule's times where the clock is changed. */
export interface ClockRule {
  /** What a gap of up to this length swallows is made up for by one occurrence after it. */
  readonly longestGapMinutes: number;
  /** In the first minute after the gap, or as much later than the first missed as the gap is long. */
  readonly makesUp: "at-once" | "shifted";
  /** Which showings of a time count, where the clock shows it twice. */
  readonly overlap: "both" | "first" | "last";
}

/** What a gap swallows is lost, what an overlap repeats runs the first time. */
export const SKIPS_AND_ONCE: ClockRule = {
  longestGapMinutes: 0,
  makesUp: "at-once",
  overlap: "first",
};

/** A schedule by the wall clock of a zone, as far as its clock changes ask. */
export interface WallClock {
  readonly zone: Zone;
  readonly clockRule: ClockRule;
  readonly times: Pick<LocalTimes, "first" | "count">;
  /** It has no occurrences outside [fromAt, toAt). */
  readonly fromAt: number;
  readonly toAt: number;
  /** Whether it counts elapsed time, so that clock changes do not touch it. */
  readonly elapsed?: boolean;
  /** Whether what is left of a day is lost as well when this span begins. */
  losesDay?(span: Span): boolean;
}

/** What one clock change does to a schedule. */
export interface ClockChange {
  readonly kind: "gap" | "overlap";
  /** Local minutes that the clock skips, or shows twice: [fromMinute, toMinute). */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** What becomes of the times in them: the first three are of gaps. */
  readonly then: "lost" | "day-lost" | "made-up" | "both" | "first" | "last";
  /** The local minute that makes up for them. */
  readonly madeUpMinute: number;
  /** How many times there are in them, and the first one's minute. */
  readonly count: number;
  readonly firstMinute: number;
  /** Whether the schedule has no other time on that day. */
  readonly alone: boolean;
}

/** Two rounds of the seasons. */
const AHEAD_MS = 2 * 366 * DAY_MS;
const FURTHEST = 8e15;
const HOUR_MS = 3_600_000;

/** The changes of the two years from an instant that touch a schedule, in the order of time. */
export function clockChanges(wall: WallClock, from: number): ClockChange[] {
  const { zone, clockRule } = wall;
  const start = Math.max(Math.min(Math.max(from, -FURTHEST), FURTHEST), wall.fromAt);
  const changes: ClockChange[] = [];
  if (wall.elapsed === true) return changes;
  const end = Math.min(start + AHEAD_MS, wall.toAt);
  if (start >= end) return changes;
  let span: Span | null = zone.spanAfter(zone.spanAt(start));
  for (; span !== null && span.fromAt < end; span = zone.spanAfter(span)) {
    const { startMinute, freshMinute, gapMinutes } = span;
    const change =
      gapMinutes > 0
        ? changeOf(wall, span, startMinute - gapMinutes, startMinute, afterGap(wall, span))
        : changeOf(wall, span, startMinute, freshMinute, clockRule.overlap);
    // What runs in every hour loses none in a gap, and where it follows the clock, it repeats itself
    // in an overlap as it should.
    const harmless = clockRule.overlap === "both" || change?.then === "lost";
    if (change !== null && !(harmless && runsHourly(wall, span))) changes.push(change);
  }
  return changes;
}

function afterGap(wall: WallClock, span: Span): ClockChange["then"] {
  if (wall.losesDay?.(span) === true) return "day-lost";
  return span.gapMinutes <= wall.clockRule.longestGapMinutes ? "made-up" : "lost";
}

/** `null` where nothing is due in these minutes. */
function changeOf(
  { times, clockRule }: WallClock,
  { offsetMs, gapMinutes }: Span,
  fromMinute: number,
  toMinute: number,
  then: ClockChange["then"],
): ClockChange | null {
  const [fromMs, toMs] = [fromMinute * MINUTE_MS, toMinute * MINUTE_MS];
  const count = times.count(fromMs, toMs, offsetMs);
  if (count === 0) return null;
  const dayMs = Math.floor(fromMinute / MINUTES_PER_DAY) * DAY_MS;
  const firstMinute = Math.floor(times.first(fromMs, toMs, offsetMs) / MINUTE_MS);
  return {
    kind: gapMinutes > 0 ? "gap" : "overlap",
    fromMinute,
    toMinute,
    then,
    madeUpMinute: clockRule.makesUp === "at-once" ? toMinute : firstMinute + gapMinutes,
    count,
    firstMinute,
    alone: times.count(dayMs, dayMs + DAY_MS, offsetMs) === 1,
  };
}

/** Whether something is due in each hour of the day on which a span begins. */
function runsHourly({ times }: WallClock, { offsetMs, startMinute, gapMinutes }: Span): boolean {
  const dayMs = Math.floor((startMinute - gapMinutes) / MINUTES_PER_DAY) * DAY_MS;
  for (let hourMs = dayMs; hourMs < dayMs + DAY_MS; hourMs += HOUR_MS) {
    if (times.count(hourMs, hourMs + HOUR_MS, offsetMs) === 0) return false;
  }
  return true;
}

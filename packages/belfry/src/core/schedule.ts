import { during, on, parse, type Schedule, union } from "@belfry/schedule";
import type { Occasion, SchedulePart } from "./definition.ts";

/**
 * Compiles what a definition says of one schedule; equal instants of its parts are one.
 *
 * @param seed what random ranges (`~`) are drawn from: the schedule's id, so that they stay.
 * @throws ScheduleError where this version cannot read a part.
 */
export function compile(parts: readonly SchedulePart[], seed: string): Schedule {
  return union(parts.map((part) => compilePart(part, seed)));
}

/** @throws ScheduleError */
export function compilePart(part: SchedulePart, seed: string): Schedule {
  const { expression, dialect, timeZone, anchor } = part;
  const options = { dialect, timeZone, seed, ...(anchor === null ? {} : { anchor }) };
  return restrict(parse(expression, options), part);
}

/** What is left of a schedule by what a part says beside its expression. */
function restrict(schedule: Schedule, { on: days, otherwise, during: window }: Occasion): Schedule {
  const within = window === undefined ? schedule : during(schedule, window);
  if (days === undefined) return within;
  return on(within, days, otherwise === undefined ? {} : { otherwise });
}

/** A schedule as the store keeps it: `nextAt` is its first occurrence that nobody has planned yet. */
interface Planned {
  readonly id: string;
  readonly parts: readonly SchedulePart[];
  readonly nextAt: number | null;
}

/**
 * The next instant to come. What the store says of it passes while nobody is alive to plan it;
 * then the rule says it. Null: never again, or in words that this version cannot read.
 */
export function nextAfter({ id, parts, nextAt }: Planned, now: number): number | null {
  if (nextAt === null || nextAt > now) return nextAt;
  try {
    return compile(parts, id).next(now);
  } catch {
    return null;
  }
}

/** The next instant to come of any of these schedules. */
export function firstAfter(schedules: readonly Planned[], now: number): number | null {
  const next = schedules.flatMap((schedule) => nextAfter(schedule, now) ?? []);
  return next.length === 0 ? null : Math.min(...next);
}

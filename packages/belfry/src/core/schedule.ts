import { parse, type Schedule, union } from "@belfry/schedule";
import type { SchedulePart } from "./definition.ts";

/**
 * Compiles what a definition says of one schedule; equal instants of its parts are one.
 *
 * @param seed what random ranges (`~`) are drawn from: the schedule's id, so that they stay.
 * @throws ScheduleError where this version cannot read a part.
 */
export function compile(parts: readonly SchedulePart[], seed: string): Schedule {
  const schedules = parts.map(({ expression, dialect, timeZone, anchor }) =>
    parse(expression, { dialect, timeZone, seed, ...(anchor === null ? {} : { anchor }) }),
  );
  return union(schedules);
}

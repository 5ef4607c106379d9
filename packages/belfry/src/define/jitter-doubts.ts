import type { Policies, ScheduleDefinition } from "../core/definition.ts";
import { scheduleId } from "../core/identity.ts";
import { compile } from "../core/schedule.ts";
import { type Fault, warning } from "./problem.ts";

/** How many occurrences are looked at: a working week of hourly ones. */
const LOOKED_AT = 120;
const SECOND_MS = 1_000;

/**
 * Jitter that is longer than the time between two occurrences is no error, since a start never goes
 * beyond the next occurrence; but it spreads less than it says.
 */
export function jitterDoubts(
  task: string,
  schedules: readonly ScheduleDefinition[],
  { jitterMs }: Policies,
  now: number,
): readonly Fault[] {
  if (jitterMs === 0) return [];
  const shortest = Math.min(
    ...schedules.map(({ key, parts }) =>
      shortestInterval(compile(parts, scheduleId(task, key)), now),
    ),
  );
  if (shortest >= jitterMs) return [];
  const what = `is longer than the ${shortest / SECOND_MS} s between two occurrences`;
  return [warning(["jitter"], what, "shorten it: no start is put off beyond the next occurrence")];
}

function shortestInterval(schedule: { next(after: number): number | null }, now: number): number {
  let shortest = Infinity;
  let before = schedule.next(now);
  for (let looked = 0; before !== null && looked < LOOKED_AT; looked++) {
    const after = schedule.next(before);
    if (after === null) return shortest;
    shortest = Math.min(shortest, after - before);
    before = after;
  }
  return shortest;
}

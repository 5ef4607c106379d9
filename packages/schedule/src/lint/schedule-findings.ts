import type { WallClock } from "../clock-changes.ts";
import { type Finding, finding, LINT_FROM_AT, type Written, wholeOf } from "../finding.ts";
import { checkInstant } from "../occurrences.ts";
import type { Zone } from "../zone.ts";
import { clockFindings } from "./clock-findings.ts";
import { zoneFindings } from "./zone-findings.ts";

interface Asked {
  readonly expression: string;
  next(after: number): number | null;
}

/** What is asked of every schedule by a wall clock; `hours` is where its hours stand. */
export function scheduleFindings(
  schedule: Asked & WallClock,
  hours: Written,
  from?: number,
): Finding[] {
  const since = checkInstant(from ?? LINT_FROM_AT);
  return [
    ...pastFindings(schedule, from),
    ...clockFindings(schedule, hours, since),
    ...zoneFindings(schedule.zone, schedule.expression),
  ];
}

/** This library has no clock: only who passes the present asks what has passed. */
export function pastFindings(schedule: Asked, from: number | undefined): Finding[] {
  if (from === undefined || schedule.next(checkInstant(from)) !== null) return [];
  const message = "its last occurrence has passed: it will not run again";
  return [finding("past", "warning", message, wholeOf(schedule.expression))];
}

/** Of whole days that are counted in elapsed time, in a zone that changes its clocks. */
export function elapsedDays(expression: string, wholeDays: boolean, zone: Zone): Finding[] {
  if (!wholeDays || zone.name === "UTC") return [];
  const message =
    "counts elapsed time: where the clock is changed, the time of day moves; " +
    "a cron expression keeps it";
  return [finding("elapsed-days", "info", message, wholeOf(expression))];
}

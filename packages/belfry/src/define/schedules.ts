import type { Duration, Schedule } from "@belfry/schedule";
import type { WrittenDays } from "./calendars.ts";
import type { CronDialect } from "./task-schema.ts";

/** Which occurrences of a schedule there are. */
export interface OccasionOptions {
  /**
   * Only on these days of its zone: a calendar of the configuration by its name, a list of dates, or
   * `{ weekdays: "mon-fri", except: "holidays", nth: -1 }`.
   */
  readonly on?: WrittenDays | undefined;
  /** On all days but these. */
  readonly except?: WrittenDays | undefined;
  /** What becomes of an occurrence on another day: default `"skip"`; or it moves to such a day. */
  readonly otherwise?: "skip" | "next" | "previous" | undefined;
  /** Only between these times of day, the second excluded: `"09:00-17:00"`. */
  readonly during?: string | undefined;
}

/** A cron-like expression. Made by {@link cron}; in YAML, written as it is. */
export interface CronSchedule extends OccasionOptions {
  readonly cron: string;
  readonly timeZone?: string | undefined;
  readonly dialect?: CronDialect | undefined;
}

/** A fixed interval. Made by {@link every}; in YAML, written as it is. */
export interface EverySchedule extends OccasionOptions {
  readonly every: Duration;
  readonly timeZone?: string | undefined;
  readonly anchor?: string | undefined;
}

/** A single instant. Made by {@link at}; in YAML, written as it is. */
export interface AtSchedule {
  readonly at: string;
  readonly timeZone?: string | undefined;
}

/**
 * When a task is due. A bare string is `cron()` in the configured zone, but for the forms
 * `"every 6h"` and `"at 2027-01-01T09:00"`.
 */
export type ScheduleOption = string | CronSchedule | EverySchedule | AtSchedule | Schedule;

/**
 * A schedule by a cron expression, or by one of another system.
 *
 * @param expression five fields, six with seconds, or a macro such as `@daily`; as its dialect has it.
 * @param options `timeZone`: an IANA name; without it, the configured zone. `dialect`: whose
 * expression it is, where it is not `"unix"` (`"quartz"`, `"kubernetes"`, `"systemd"`, `"rrule"`, …).
 * `on`, `except`, `otherwise`, `during`: on which days and at which times of day it is.
 */
export function cron(expression: string, options: Omit<CronSchedule, "cron"> = {}): CronSchedule {
  return { cron: expression, ...options };
}

/**
 * A schedule at a fixed interval of elapsed time, at least one second. It counts from the epoch,
 * never from a start-up, so that a restart shifts nothing.
 *
 * @param interval such as `"90s"`, `"15m"` or `"6h"`.
 * @param options `anchor`: an instant, or a local time in `timeZone`, to count from instead; days and
 * times of day as for {@link cron}.
 */
export function every(interval: Duration, options: EveryOptions = {}): EverySchedule {
  const { anchor, ...others } = options;
  return { every: interval, anchor: anchor === undefined ? undefined : isoText(anchor), ...others };
}

interface EveryOptions extends OccasionOptions {
  readonly anchor?: string | Date;
  readonly timeZone?: string;
}

/**
 * A schedule for one instant. In a gap of the local clock it is the first instant after it, in an
 * overlap the first of the two; in the past it never runs, and loading warns.
 *
 * @param when an instant (`"2027-01-01T09:00Z"`, a `Date`), or a local time in `timeZone`.
 */
export function at(when: string | Date, options: { readonly timeZone?: string } = {}): AtSchedule {
  return { at: isoText(when), timeZone: options.timeZone };
}

/** An invalid `Date` becomes text that the parser refuses, with its place, instead of throwing. */
function isoText(when: string | Date): string {
  if (typeof when === "string") return when;
  return Number.isNaN(when.getTime()) ? String(when) : when.toISOString();
}

import type { CalendarFields } from "../calendar.ts";
import { CalendarSchedule } from "../calendar-schedule.ts";
import { EverySchedule } from "../dialects/every.ts";
import { ScheduleError } from "../errors.ts";
import type { Schedule } from "../schedule.ts";
import { SecondSchedule, type Seconds } from "../second-schedule.ts";
import { observe } from "./observed.ts";

/** What a schedule means by the wall clock of its zone, in whatever dialect it was written. */
export interface Shape extends Seconds {
  readonly fields: CalendarFields;
}

/** Elapsed time that no wall clock keeps to. */
export interface Elapsed {
  readonly periodMs: number;
  readonly anchorAt: number;
}

/**
 * The shape of a schedule, as written, or, where its dialect has no fields, as it is seen to occur
 * from `from` on.
 *
 * @throws ScheduleError with code `convert` where it has none.
 */
export function shapeOf(schedule: Schedule, from: number): Shape | Elapsed {
  if (schedule instanceof SecondSchedule) {
    const { minutes, secondsLow, secondsHigh } = schedule;
    return { fields: minutes.calendar, secondsLow, secondsHigh };
  }
  if (schedule instanceof CalendarSchedule) {
    return { fields: schedule.calendar, secondsLow: 1, secondsHigh: 0 };
  }
  const seen = observe(schedule, from);
  if (typeof seen !== "string") return seen;
  if (schedule instanceof EverySchedule) return schedule;
  throw new ScheduleError("convert", seen, {
    hint: "convert its parts one by one, or write it anew",
  });
}

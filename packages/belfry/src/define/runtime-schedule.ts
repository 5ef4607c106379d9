import type { SchedulePart } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import { NO_CALENDARS } from "./calendars.ts";
import { faultsOf } from "./issues.ts";
import { formatProblem, locate } from "./problem.ts";
import { readPart } from "./schedule-parts.ts";
import { schedulesSchema } from "./task-schema.ts";

const NOWHERE = () => ({ file: null, line: null });

/**
 * The parts of a schedule that a program makes at run time, checked as a declared one is.
 *
 * @param written what `task()` takes as `schedule`.
 * @param timeZone the zone of parts that name none.
 * @param seed what random ranges are drawn from: the schedule's identity.
 * @throws BelfryError `bad-schedule`, with all that is wrong.
 */
export function readRuntimeSchedule(
  written: unknown,
  timeZone: string,
  seed: string,
  now: number,
): readonly SchedulePart[] {
  const checked = schedulesSchema.safeParse(written);
  const around = { timeZone, calendars: NO_CALENDARS, seed, now };
  const read = (checked.data ?? []).map((part) => readPart(part, around));
  const faults = checked.success
    ? read.flatMap((each) => each.faults)
    : faultsOf(checked.error.issues);
  const wrong = faults.filter(({ severity }) => severity === "error");
  if (wrong.length > 0) {
    const said = wrong.map((fault) => formatProblem(locate(fault, NOWHERE, ["schedule"])));
    throw new BelfryError("usage", "bad-schedule", said.join("\n"));
  }
  return read.flatMap(({ part }) => (part === null ? [] : [part]));
}

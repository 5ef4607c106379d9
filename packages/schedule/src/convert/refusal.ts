import { ScheduleError } from "../errors.ts";

/** What to do where a dialect has no words for a day. */
export const ASK_DATE = "run it on more days, and let the task look at the date";

/** @throws ScheduleError with code `convert`: what a dialect cannot say, and what to do instead. */
export function cannotSay(problem: string, hint: string): never {
  throw new ScheduleError("convert", problem, { hint });
}

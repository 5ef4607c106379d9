import { canonicalTimeZone, offsetAt, ScheduleError } from "@belfry/schedule";
import { z } from "zod";
import { advise, must } from "./issues.ts";

/** A time zone by its name, in its proper spelling. */
export const timeZoneSchema: z.ZodType<string, string> = z
  .string({ error: must("the name of a time zone", "for example Europe/London") })
  .transform((name, ctx) => {
    const proper = canonicalTimeZone(name);
    if (proper !== null) return proper;
    ctx.addIssue(objection(name));
    return z.NEVER;
  });

/** The schedule package knows which zone was probably meant; it says so where a zone is used. */
function objection(name: string): string {
  try {
    offsetAt(0, name);
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    const { message, hint } = thrown;
    return hint === null ? message : advise(message.replace(`: ${hint}`, ""), hint);
  }
  return `unknown time zone "${name}"`;
}

import { parse, ScheduleError } from "@belfry/schedule";
import type { SchedulePart } from "../core/definition.ts";
import { readBare } from "./bare-schedule.ts";
import { error, type Fault, warning } from "./problem.ts";
import type { WrittenSchedule } from "./task-schema.ts";

/** Longer expressions are not shown whole: the words say what is wrong. */
const EXCERPT_MAX = 200;

/**
 * One written schedule as a part of a definition, parsed to see that it can be.
 *
 * @param timeZone the configured zone, for a schedule that names none.
 * @param seed what random ranges are drawn from: the schedule's identity.
 */
export function readPart(
  written: WrittenSchedule,
  timeZone: string,
  seed: string,
  now: number,
): { readonly part: SchedulePart | null; readonly faults: readonly Fault[] } {
  const asked = askedFor(written, timeZone);
  if ("faults" in asked) return { part: null, faults: asked.faults };
  const { expression, dialect, anchor } = asked;
  try {
    const schedule = parse(expression, {
      dialect,
      timeZone: asked.timeZone,
      seed,
      ...(anchor === null ? {} : { anchor }),
    });
    const part: SchedulePart = { expression, dialect, timeZone: schedule.timeZone, anchor };
    const isPast = dialect === "at" && schedule.next(now) === null;
    return { part, faults: isPast ? [passed(expression)] : [] };
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    return { part: null, faults: [unreadable(thrown, asked)] };
  }
}

function askedFor(
  written: WrittenSchedule,
  timeZone: string,
): SchedulePart | { readonly faults: readonly Fault[] } {
  if (typeof written === "string") return { ...readBare(written), timeZone, anchor: null };
  const part = { timeZone: written.timeZone ?? timeZone, anchor: null };
  if ("cron" in written) {
    return { ...part, expression: written.cron, dialect: written.dialect ?? "unix" };
  }
  if ("every" in written) {
    return { ...part, expression: written.every, dialect: "every", anchor: written.anchor ?? null };
  }
  if ("at" in written) return { ...part, expression: written.at, dialect: "at" };
  const { expression, dialect } = written;
  if (dialect === "union") {
    return { faults: [error([], "is a union", "give its parts as a list instead")] };
  }
  if (dialect !== "every") return { ...part, expression, dialect };
  // A parsed interval does not tell its anchor, but its first occurrence since the epoch is as good.
  const first = written.next(-1);
  return { ...part, expression, dialect, anchor: first === 0 ? null : first };
}

function passed(expression: string): Fault {
  return warning([], `"${expression}" has passed: it will not run`, "remove the schedule");
}

function unreadable(thrown: ScheduleError, part: SchedulePart): Fault {
  const { hint } = thrown;
  const tail = hint === null ? "" : `: ${hint}`;
  const what = thrown.message.endsWith(tail)
    ? thrown.message.slice(0, thrown.message.length - tail.length)
    : thrown.message;
  if (thrown.code === "time-zone") return error(["timeZone"], what, hint);
  return error([], what + excerpt(part.expression, thrown.position, thrown.length), hint);
}

/** The expression, and below it a caret under each character that is meant. */
function excerpt(expression: string, position: number, length: number): string {
  if (length === 0 || expression.length > EXCERPT_MAX || /[^ -~]/.test(expression)) return "";
  const carets = "^".repeat(Math.max(1, Math.min(length, expression.length - position)));
  return `\n  ${expression}\n  ${" ".repeat(position)}${carets}`;
}

import { type Schedule, ScheduleError } from "@belfry/schedule";
import type { Occasion, SchedulePart } from "../core/definition.ts";
import { compilePart } from "../core/schedule.ts";
import { readBare } from "./bare-schedule.ts";
import { type Calendars, isFault, readDays } from "./calendars.ts";
import { error, type Fault, warning } from "./problem.ts";
import type { WrittenOccasion, WrittenSchedule } from "./task-schema.ts";

/** Longer expressions are not shown whole: the words say what is wrong. */
const EXCERPT_MAX = 200;

export interface PartSurroundings {
  /** The configured zone, for a schedule that names none. */
  readonly timeZone: string;
  readonly calendars: Calendars;
  /** What random ranges are drawn from: the schedule's identity. */
  readonly seed: string;
  readonly now: number;
}

/** One written schedule as a part of a definition, parsed to see that it can be. */
export function readPart(
  written: WrittenSchedule,
  { timeZone, calendars, seed, now }: PartSurroundings,
): { readonly part: SchedulePart | null; readonly faults: readonly Fault[] } {
  const expressed = askedFor(written, timeZone);
  if ("faults" in expressed) return { part: null, faults: expressed.faults };
  const occasion = occasionOf(written, calendars);
  if ("faults" in occasion) return { part: null, faults: occasion.faults };
  const asked = { ...expressed, ...occasion };
  try {
    const schedule = compilePart(asked, seed);
    const isPast = asked.dialect === "at" && schedule.next(now) === null;
    const faults = isPast ? [passed(asked.expression)] : [];
    if (asked.on !== undefined) faults.push(...listEnds(schedule, now));
    return { part: { ...asked, timeZone: schedule.timeZone }, faults };
  } catch (thrown) {
    if (!(thrown instanceof ScheduleError)) throw thrown;
    return { part: null, faults: [unreadable(thrown, asked)] };
  }
}

function occasionOf(
  written: WrittenSchedule,
  calendars: Calendars,
): Occasion | { readonly faults: readonly Fault[] } {
  if (typeof written !== "object" || "expression" in written || "at" in written) return {};
  const { on, except, otherwise, during }: WrittenOccasion = written;
  if (on !== undefined && except !== undefined) {
    const hint = "write it within on: { weekdays: mon-fri, except: … }";
    return { faults: [error(["except"], "stands beside on", hint)] };
  }
  const days = on ?? (except === undefined ? undefined : { except });
  const key = on === undefined ? "except" : "on";
  if (days === undefined && otherwise !== undefined) {
    const hint = "say on which days it is: on or except";
    return { faults: [error(["otherwise"], "has nothing to go by", hint)] };
  }
  const read = days === undefined ? undefined : readDays(days, calendars);
  if (read !== undefined && isFault(read)) return { faults: [{ ...read, path: [key] }] };
  return {
    ...(read === undefined ? {} : { on: read }),
    ...(otherwise === undefined || otherwise === "skip" ? {} : { otherwise }),
    ...(during === undefined ? {} : { during }),
  };
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

/** Holidays are listed for some years, and nobody thinks of them when those are over. */
function listEnds(schedule: Schedule, now: number): readonly Fault[] {
  const ends = schedule.lint(now).find(({ code }) => code === "list-ends");
  return ends === undefined ? [] : [warning([], ends.message)];
}

function unreadable(thrown: ScheduleError, part: SchedulePart): Fault {
  const { hint } = thrown;
  const tail = hint === null ? "" : `: ${hint}`;
  const what = thrown.message.endsWith(tail)
    ? thrown.message.slice(0, thrown.message.length - tail.length)
    : thrown.message;
  if (thrown.code === "time-zone") return error(["timeZone"], what, hint);
  if (thrown.code === "calendar") return error(["during"], what, hint);
  return error([], what + excerpt(part.expression, thrown.position, thrown.length), hint);
}

/** The expression, and below it a caret under each character that is meant. */
function excerpt(expression: string, position: number, length: number): string {
  if (length === 0 || expression.length > EXCERPT_MAX || /[^ -~]/.test(expression)) return "";
  const carets = "^".repeat(Math.max(1, Math.min(length, expression.length - position)));
  return `\n  ${expression}\n  ${" ".repeat(position)}${carets}`;
}

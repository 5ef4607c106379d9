import type { ErrorRecord } from "./errors.ts";
import type { Reason } from "./run.ts";

/** Trouble that somebody is told of, from its first sign to its end. */
export type Incident = TaskIncident | DownIncident;

interface Told {
  readonly id: string;
  readonly openedAt: number;
  /** The last cause. */
  readonly lastAt: number;
  readonly closedAt: number | null;
}

/** Runs of a task fail for good, or its occurrences come too late. A task has at most one open. */
export interface TaskIncident extends Told {
  readonly kind: "task";
  readonly task: string;
  /** Runs that failed for good. */
  readonly failed: number;
  /** Occurrences that could not start in time. */
  readonly missed: number;
  /**
   * By schedule, the last cause that no success has answered yet; under `""` what no schedule made.
   * The incident is over when nothing is left here.
   */
  readonly unanswered: Readonly<Record<string, number>>;
  /** The run that failed last, or null where none did. */
  readonly run: FailedRun | null;
  readonly closedBy: "success" | "removal" | null;
}

/** Nothing was alive to plan: one for all that one downtime missed, whatever the tasks. */
export interface DownIncident extends Told {
  readonly kind: "down";
  readonly fromAt: number;
  readonly untilAt: number;
  /** Occurrences that became gaps. */
  readonly missed: number;
  /** Occurrences that fell due meanwhile and run all the same, late. */
  readonly caughtUp: number;
  /** The first of the tasks that missed something, and how often. */
  readonly tasks: Readonly<Record<string, number>>;
  /** Who is to be told: the channels of all these tasks. */
  readonly channels: readonly string[];
}

export interface FailedRun {
  readonly id: string;
  readonly reason: Reason | null;
  /** The last line of its error. */
  readonly error: string | null;
  readonly endedAt: number;
}

/** What bears on a task's incident. `schedule` null: by hand, a replay, a boot. */
export type Sign =
  | { readonly kind: "failed"; readonly schedule: string | null; readonly run: FailedRun }
  | {
      readonly kind: "late";
      readonly schedule: string | null;
      readonly dueAt: number;
      /** How many were; absent: one. */
      readonly count?: number;
      readonly at: number;
    }
  | {
      readonly kind: "succeeded";
      readonly schedule: string | null;
      readonly startedAt: number;
      readonly endedAt: number;
    }
  | { readonly kind: "unscheduled"; readonly schedule: string; readonly at: number }
  | { readonly kind: "removed"; readonly at: number };

export interface Followed {
  /** As it is now; null: there is none, and the sign opens none. */
  readonly incident: TaskIncident | null;
  /** What somebody is to be told; causes that join an open incident tell nobody anything. */
  readonly step: "opened" | "closed" | null;
}

/** More schedules than this, of which each failed, count as the task as a whole. */
const SCHEDULES_MAX = 100;
/** More tasks than this are not named. */
const TASKS_MAX = 20;
/** A downtime's message waits for this much quiet, but no longer than that, ms. */
const QUIET_MS = 10_000;
const PATIENCE_MS = 60_000;

/** The instant of a sign, by which those that arrive together are put in order. */
export function signedAt(sign: Sign): number {
  switch (sign.kind) {
    case "failed":
      return sign.run.endedAt;
    case "succeeded":
      return sign.endedAt;
    default:
      return sign.at;
  }
}

/** What names the incident that a sign opens: no cause opens two. */
export function causeOf(sign: Sign): string {
  if (sign.kind === "failed") return sign.run.id;
  return sign.kind === "late" ? `${sign.schedule}/${sign.dueAt}` : "";
}

/** @param id the incident's, if the sign opens one. */
export function followTask(
  open: TaskIncident | null,
  task: string,
  sign: Sign,
  id: string,
): Followed {
  switch (sign.kind) {
    case "failed":
    case "late":
      return opensOrJoins(open, task, sign, id);
    case "succeeded":
      return open === null ? { incident: null, step: null } : answered(open, sign);
    case "unscheduled": {
      if (open === null) return { incident: null, step: null };
      const { [sign.schedule]: _, ...unanswered } = open.unanswered;
      return left(open, unanswered, "removal", sign.at);
    }
    case "removed":
      return open === null ? { incident: null, step: null } : left(open, {}, "removal", sign.at);
  }
}

function opensOrJoins(
  open: TaskIncident | null,
  task: string,
  sign: Extract<Sign, { kind: "failed" | "late" }>,
  id: string,
): Followed {
  const at = signedAt(sign);
  const before = open ?? unopened(task, id, at);
  const key = keyOf(sign.schedule, before.unanswered);
  const isLatest = at >= (before.run?.endedAt ?? at);
  const incident: TaskIncident = {
    ...before,
    lastAt: Math.max(before.lastAt, at),
    failed: before.failed + (sign.kind === "failed" ? 1 : 0),
    missed: before.missed + (sign.kind === "late" ? (sign.count ?? 1) : 0),
    unanswered: { ...before.unanswered, [key]: Math.max(before.unanswered[key] ?? at, at) },
    run: sign.kind === "failed" && isLatest ? sign.run : before.run,
  };
  return { incident, step: open === null ? "opened" : null };
}

function unopened(task: string, id: string, at: number): TaskIncident {
  return {
    kind: "task",
    id,
    task,
    openedAt: at,
    lastAt: at,
    closedAt: null,
    failed: 0,
    missed: 0,
    unanswered: {},
    run: null,
    closedBy: null,
  };
}

function keyOf(schedule: string | null, unanswered: TaskIncident["unanswered"]): string {
  const key = schedule ?? "";
  const isFull = Object.keys(unanswered).length >= SCHEDULES_MAX;
  return isFull && !Object.hasOwn(unanswered, key) ? "" : key;
}

/**
 * A success answers the causes of its schedule that were there when it started. One that no
 * schedule made speaks for the whole task, and what no schedule made is answered by any.
 */
function answered(open: TaskIncident, success: Extract<Sign, { kind: "succeeded" }>): Followed {
  const { schedule, startedAt, endedAt } = success;
  const rest = Object.entries(open.unanswered).filter(
    ([key, at]) => startedAt < at || (schedule !== null && key !== "" && key !== schedule),
  );
  return left(open, Object.fromEntries(rest), "success", endedAt);
}

function left(
  open: TaskIncident,
  unanswered: TaskIncident["unanswered"],
  closedBy: "success" | "removal",
  at: number,
): Followed {
  if (Object.keys(unanswered).length > 0) return { incident: { ...open, unanswered }, step: null };
  const closedAt = Math.max(at, open.lastAt);
  return { incident: { ...open, unanswered, closedBy, closedAt }, step: "closed" };
}

/** What one planning came across that nothing was alive for. */
export interface Missed {
  /** When it was planned. */
  readonly at: number;
  /** The first of the occurrences. */
  readonly fromAt: number;
  readonly missed: number;
  readonly caughtUp: number;
  readonly tasks: Readonly<Record<string, number>>;
  readonly channels: readonly string[];
}

/** From the last sign of life in the store to the next node that joined it. */
export interface Downtime {
  readonly fromAt: number;
  readonly untilAt: number;
}

/**
 * Opens the incident of a downtime, or joins it.
 * @param downtime the last one that was noted: its ends are told where it is what the occurrences
 * fell into, else theirs.
 */
export function withMissed(
  open: DownIncident | null,
  missed: Missed,
  downtime: Downtime | null,
  id: string,
): DownIncident {
  const noted = downtime !== null && isWithin(missed.fromAt, downtime) ? downtime : null;
  const fromAt = noted?.fromAt ?? missed.fromAt;
  const untilAt = noted?.untilAt ?? missed.at;
  if (open === null) {
    const { at, caughtUp, tasks, channels } = missed;
    const told = { kind: "down", id, openedAt: at, lastAt: at, closedAt: null } as const;
    return {
      ...told,
      fromAt,
      untilAt,
      missed: missed.missed,
      caughtUp,
      tasks: named({}, tasks),
      channels,
    };
  }
  return {
    ...open,
    lastAt: Math.max(open.lastAt, missed.at),
    fromAt: Math.min(open.fromAt, fromAt),
    untilAt: Math.max(open.untilAt, untilAt),
    missed: open.missed + missed.missed,
    caughtUp: open.caughtUp + missed.caughtUp,
    tasks: named(open.tasks, missed.tasks),
    channels: [...new Set([...open.channels, ...missed.channels])],
  };
}

export function isWithin(at: number, { fromAt, untilAt }: Downtime): boolean {
  return at > fromAt && at <= untilAt;
}

function named(
  known: DownIncident["tasks"],
  more: Readonly<Record<string, number>>,
): DownIncident["tasks"] {
  const tasks: Record<string, number> = { ...known };
  for (const [task, count] of Object.entries(more)) {
    if (!Object.hasOwn(tasks, task) && Object.keys(tasks).length >= TASKS_MAX) continue;
    tasks[task] = (tasks[task] ?? 0) + count;
  }
  return tasks;
}

/** When all that a downtime missed is taken to be known, so that one message tells it. */
export function toldAt({ openedAt, lastAt }: Pick<DownIncident, "openedAt" | "lastAt">): number {
  return Math.min(lastAt + QUIET_MS, openedAt + PATIENCE_MS);
}

/** It is over with its message: whoever plans is alive again. */
export function told(open: DownIncident, now: number): DownIncident {
  return { ...open, closedAt: Math.max(now, open.lastAt) };
}

const ERROR_LENGTH_MAX = 300;

/** Of an error what is read first: causes and the program's own words stand at its end. */
export function lastLine(error: ErrorRecord | null): string | null {
  const line = error?.message.trimEnd().split("\n").at(-1)?.trim() ?? "";
  if (line === "") return null;
  return line.length > ERROR_LENGTH_MAX ? `${line.slice(0, ERROR_LENGTH_MAX)}…` : line;
}

/** Failed runs and missed occurrences so far. */
export function countOf(incident: Incident): number {
  return incident.kind === "down" ? incident.missed : incident.failed + incident.missed;
}

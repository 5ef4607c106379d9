import type { PauseWindow } from "../../core/plan.ts";
import type { PauseRow } from "../../records.ts";
import type { PauseRequest } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { topupAll } from "./gates.ts";
import { lockGatesOf } from "./lock.ts";
import { gatesOf, heldWaiting, type Waiting, withdraw } from "./waiting.ts";
import { all, one, put, type Work } from "./work.ts";

/**
 * A pause that was lifted keeps its window, closed, without its author: so the planner can still
 * tell what fell due in it, whenever it comes to plan that.
 */
export interface PauseColumns {
  pause_from: number | null;
  pause_until: number | null;
  pause_by: string | null;
  pause_reason: string | null;
}

export function pauseWindow(row: PauseColumns): PauseWindow | null {
  if (row.pause_from === null) return null;
  return { fromAt: row.pause_from, untilAt: row.pause_until };
}

export function pauseRow(row: PauseColumns): PauseRow | null {
  if (row.pause_from === null || row.pause_by === null) return null;
  return {
    fromAt: row.pause_from,
    untilAt: row.pause_until,
    by: row.pause_by,
    reason: row.pause_reason,
  };
}

/** A condition on a task, with the instant to ask for as its parameter. */
export const PAUSE_IN_FORCE =
  "pause_by is not null and (pause_until is null or pause_until > ?)" as const;

const PAUSED = `select 1 from task where name = ? and ${PAUSE_IN_FORCE}`;

function* isPaused(task: string, now: number): Work<boolean> {
  return (yield* one(PAUSED, task, now)) !== undefined;
}

/** What keeps a run of the task from waiting freely: the task is gone, or paused, or nothing. */
export function* holdOf(
  task: string,
  pauses: "forced" | "obeys",
  now: number,
): Work<"removed" | "paused" | "open"> {
  const row = yield* one<{ enabled: number }>("select enabled from task where name = ?", task);
  if (row === undefined || row.enabled === 0) return "removed";
  return pauses === "obeys" && (yield* isPaused(task, now)) ? "paused" : "open";
}

export function* pause(
  task: string,
  request: PauseRequest,
  now: number,
): Work<"paused" | "no-task"> {
  yield* lockGatesOf(task);
  const row = yield* one<PauseColumns>(
    `select pause_from, pause_until, pause_by, pause_reason from task
     where name = ? and enabled = 1 for update`,
    task,
  );
  if (row === undefined) return "no-task";
  const before = pauseRow(row);
  const fromAt = before?.fromAt ?? now;
  yield* put(
    "update task set pause_from = ?, pause_until = ?, pause_by = ?, pause_reason = ? where name = ?",
    fromAt,
    request.untilAt,
    request.by,
    request.reason,
    task,
  );
  yield* revise(task);
  const jittered = yield* waitingForJitter(task, now);
  yield* topupAll(yield* withdraw(jittered, request.by, now, "paused"), now);
  yield* topupAll(yield* hold(task, now), now);
  const after: PauseRow = { fromAt, ...request };
  const deed = { actor: request.by, what: "task.pause", subject: task, task };
  yield* writeAudit({ ...deed, before, after }, now);
  return "paused";
}

/** Whoever planned before the change meets a new revision. */
function* revise(task: string): Work<void> {
  yield* put("update schedule set revision = revision + 1 where task = ?", task);
}

/** Occurrences that are due and do not start yet: their start falls into the pause. */
function waitingForJitter(task: string, now: number): Work<readonly Waiting[]> {
  return heldWaiting(
    task,
    "trigger_kind = 'schedule' and attempts = '' and parked is null and ready_at > ?",
    now,
  );
}

/** Holds what waits. A retry keeps its slot, for it holds its place; the others give theirs back. */
function* hold(task: string, now: number): Work<ReadonlySet<string>> {
  const rows = yield* all<{ gate: string | null }>(
    `update pending set held_at = coalesce(ready_at, held_at, ?), ready_at = null, parked = 'paused',
       overlap = null, slot = case when attempts = '' then 0 else slot end
     where task = ? and forced = 0 and parked is distinct from 'paused' returning gate`,
    now,
    task,
  );
  return gatesOf(rows);
}

export function* resume(
  task: string,
  now: number,
  by: string,
): Work<"resumed" | "not-paused" | "no-task"> {
  yield* lockGatesOf(task);
  const row = yield* one<PauseColumns>(
    "select pause_from, pause_until, pause_by, pause_reason from task where name = ? for update",
    task,
  );
  if (row === undefined) return "no-task";
  const before = pauseRow(row);
  if (before === null) return "not-paused";
  yield* lift(task, before.untilAt === null ? now : Math.min(now, before.untilAt), now);
  yield* writeAudit({ actor: by, what: "task.resume", subject: task, task, before }, now);
  return "resumed";
}

/** The task's gates are held. */
function* lift(task: string, until: number, now: number): Work<void> {
  yield* put(
    "update task set pause_until = ?, pause_by = null, pause_reason = null where name = ?",
    until,
    task,
  );
  yield* revise(task);
  const rows = yield* all<{ gate: string | null }>(
    `update pending set ready_at = case when held_at < ? then ? else held_at end, held_at = null,
       parked = null where task = ? and parked = 'paused' returning gate`,
    now,
    now,
    task,
  );
  yield* topupAll(gatesOf(rows), now);
}

export function* unpause(now: number): Work<number | null> {
  const over = yield* all<{ name: string; pause_until: number }>(
    `select name, pause_until from task where pause_by is not null and pause_until <= ?
     order by name`,
    now,
  );
  for (const task of over) {
    yield* lockGatesOf(task.name);
    yield* lift(task.name, task.pause_until, now);
  }
  return yield* nextUnpauseAt();
}

/** When the next pause is over by itself; null: none will be. */
export function* nextUnpauseAt(): Work<number | null> {
  const next = yield* one<{ at: number | null }>(
    "select min(pause_until) as at from task where pause_by is not null",
  );
  return next?.at ?? null;
}

import type { PauseWindow } from "../../core/plan.ts";
import type { PauseRow } from "../../records.ts";
import type { PauseRequest } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { topupAll } from "./gates.ts";
import { SELECT_WAITING, type Waiting, withdraw } from "./waiting.ts";

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

export function isPaused(db: Database, task: string, now: number): boolean {
  return db.get(`select 1 from task where name = ? and ${PAUSE_IN_FORCE}`, task, now) !== undefined;
}

/** What keeps a run of the task from waiting freely: the task is gone, or paused, or nothing. */
export function holdOf(
  db: Database,
  task: string,
  pauses: "forced" | "obeys",
  now: number,
): "removed" | "paused" | "open" {
  const row = db.get<{ enabled: number }>("select enabled from task where name = ?", task);
  if (row === undefined || row.enabled === 0) return "removed";
  return pauses === "obeys" && isPaused(db, task, now) ? "paused" : "open";
}

export function pause(
  db: Database,
  task: string,
  request: PauseRequest,
  now: number,
): "paused" | "no-task" {
  const row = db.get<PauseColumns>(
    `select pause_from, pause_until, pause_by, pause_reason from task where name = ? and enabled = 1`,
    task,
  );
  if (row === undefined) return "no-task";
  const before = pauseRow(row);
  const fromAt = before?.fromAt ?? now;
  db.run(
    "update task set pause_from = ?, pause_until = ?, pause_by = ?, pause_reason = ? where name = ?",
    fromAt,
    request.untilAt,
    request.by,
    request.reason,
    task,
  );
  revise(db, task);
  topupAll(db, withdraw(db, waitingForJitter(db, task, now), request.by, now, "paused"), now);
  topupAll(db, hold(db, task, now), now);
  const after: PauseRow = { fromAt, ...request };
  const deed = { actor: request.by, what: "task.pause", subject: task, task };
  writeAudit(db, { ...deed, before, after }, now);
  return "paused";
}

/** Whoever planned before the change meets a new revision. */
function revise(db: Database, task: string): void {
  db.run("update schedule set revision = revision + 1 where task = ?", task);
}

/** Occurrences that are due and do not start yet: their start falls into the pause. */
function waitingForJitter(db: Database, task: string, now: number): readonly Waiting[] {
  return db.all<Waiting>(
    `${SELECT_WAITING} where task = ? and trigger_kind = 'schedule' and attempts = ''
     and parked is null and ready_at > ?`,
    task,
    now,
  );
}

/** Holds what waits. A retry keeps its slot, for it holds its place; the others give theirs back. */
function hold(db: Database, task: string, now: number): ReadonlySet<string> {
  const rows = db.all<{ gate: string | null }>(
    `update pending set held_at = coalesce(ready_at, held_at, ?), ready_at = null, parked = 'paused',
       overlap = null, slot = iif(attempts = '', 0, slot)
     where task = ? and forced = 0 and parked is not 'paused' returning gate`,
    now,
    task,
  );
  return gatesOf(rows);
}

function gatesOf(rows: readonly { gate: string | null }[]): ReadonlySet<string> {
  const gates = new Set<string>();
  for (const { gate } of rows) if (gate !== null) gates.add(gate);
  return gates;
}

export function resume(
  db: Database,
  task: string,
  now: number,
  by: string,
): "resumed" | "not-paused" | "no-task" {
  const row = db.get<PauseColumns>(
    "select pause_from, pause_until, pause_by, pause_reason from task where name = ?",
    task,
  );
  if (row === undefined) return "no-task";
  const before = pauseRow(row);
  if (before === null) return "not-paused";
  lift(db, task, before.untilAt === null ? now : Math.min(now, before.untilAt), now);
  writeAudit(db, { actor: by, what: "task.resume", subject: task, task, before }, now);
  return "resumed";
}

function lift(db: Database, task: string, until: number, now: number): void {
  db.run(
    "update task set pause_until = ?, pause_by = null, pause_reason = null where name = ?",
    until,
    task,
  );
  revise(db, task);
  const rows = db.all<{ gate: string | null }>(
    `update pending set ready_at = max(held_at, ?), held_at = null, parked = null
     where task = ? and parked = 'paused' returning gate`,
    now,
    task,
  );
  topupAll(db, gatesOf(rows), now);
}

export function unpause(db: Database, now: number): number | null {
  const over = db.all<{ name: string; pause_until: number }>(
    "select name, pause_until from task where pause_by is not null and pause_until <= ?",
    now,
  );
  for (const task of over) lift(db, task.name, task.pause_until, now);
  const next = db.get<{ at: number | null }>(
    "select min(pause_until) as at from task where pause_by is not null",
  );
  return next?.at ?? null;
}

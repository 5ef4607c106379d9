import { createHash } from "node:crypto";
import type { FinalState } from "../../core/run.ts";
import type { Cancelled, EffectRecord, Note, Triggered, TriggerRequest } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { limitOf, setGate, topup } from "./gates.ts";
import { isPaused } from "./pause.ts";
import { endWaiting } from "./waiting.ts";

export function trigger(
  db: Database,
  requests: readonly TriggerRequest[],
  now: number,
): readonly Triggered[] {
  return requests.map((request) => triggerOne(db, request, now));
}

function triggerOne(db: Database, request: TriggerRequest, now: number): Triggered {
  const known = knownRun(db, request, now);
  if (known !== null) return known;
  const task = db.get<{ definition: string }>(
    "select definition from task where name = ? and enabled = 1",
    request.task,
  );
  if (task === undefined) return { answer: "no-task" };
  if (!request.force && isPaused(db, request.task, now)) return { answer: "paused" };
  if (request.gate !== null) makeGate(db, request.gate, request, task.definition);
  insertTriggered(db, request, now);
  if (request.idempotencyKey !== null && request.replayOf === null) keepKey(db, request, now);
  if (request.replayOf !== null) resolveOld(db, request, now);
  if (request.gate !== null) topup(db, request.gate.id, now);
  if (request.trigger.kind !== "schedule") auditTrigger(db, request, now);
  return { answer: "triggered", run: request.id };
}

/** Payloads may hold what an audit should not; the run has its own. */
function auditTrigger(db: Database, request: TriggerRequest, now: number): void {
  const { id, task, trigger: made, dueAt, replayOf, force } = request;
  const what = replayOf === null ? "run.trigger" : "run.replay";
  const after = {
    kind: made.kind,
    dueAt,
    ...(replayOf === null ? {} : { replayOf }),
    ...(force ? { forced: true } : {}),
  };
  writeAudit(db, { actor: made.by, what, subject: id, task, after }, now);
}

/** The definition in force rules the gate, even where a request was made under an older one. */
function makeGate(
  db: Database,
  gate: NonNullable<TriggerRequest["gate"]>,
  request: TriggerRequest,
  inForce: string,
): void {
  const max = request.definition === inForce ? gate.max : limitOf(db, inForce);
  setGate(db, { id: gate.id, max }, request.task);
}

/** The run that this request has made before: by its own id, or under its idempotency key. */
function knownRun(db: Database, request: TriggerRequest, now: number): Triggered | null {
  if (runExists(db, request.id)) return { answer: "already", run: request.id };
  if (request.idempotencyKey === null || request.replayOf !== null) return null;
  const row = db.get<{ run: string; payload_hash: string; due_at: number }>(
    "select run, payload_hash, due_at from trigger_key where task = ? and key = ?",
    request.task,
    request.idempotencyKey,
  );
  if (row === undefined) return null;
  const otherTime = request.dueAt > now && request.dueAt !== row.due_at;
  const same = row.payload_hash === hashPayload(request.payload) && !otherTime;
  return { answer: same ? "already" : "conflict", run: row.run };
}

function runExists(db: Database, id: string): boolean {
  const row = db.get(
    `select 1 from pending where id = ?1 union all select 1 from running where id = ?1
     union all select 1 from history where id = ?1 limit 1`,
    id,
  );
  return row !== undefined;
}

function hashPayload(payload: string | null): string {
  return createHash("sha256")
    .update(payload ?? "")
    .digest("hex");
}

function insertTriggered(db: Database, request: TriggerRequest, now: number): void {
  db.run(
    `insert into pending (id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind,
       trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of,
       slot, parked, held_at, forced, live, start_by, day_end_at, next_at)
     values (?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, 0, null, null, ?, 0, null, null, null)`,
    request.id,
    request.task,
    request.dueAt,
    now,
    Math.max(request.dueAt, now),
    request.definition,
    request.trigger.kind,
    request.trigger.by,
    request.gate?.id ?? null,
    request.deadlineAt,
    request.payload,
    request.idempotencyKey,
    request.replayOf,
    request.force ? 1 : 0,
  );
}

function keepKey(db: Database, request: TriggerRequest, now: number): void {
  db.run(
    "insert into trigger_key (task, key, run, payload_hash, due_at, at) values (?, ?, ?, ?, ?, ?)",
    request.task,
    request.idempotencyKey,
    request.id,
    hashPayload(request.payload),
    request.dueAt,
    now,
  );
}

/**
 * A replay resolves the dead letter that it repeats. One that keeps the idempotency key goes on
 * from its checkpoint; a fresh one has neither.
 */
function resolveOld(db: Database, request: TriggerRequest, now: number): void {
  db.run(
    "update history set resolved_at = ? where id = ? and resolved_at is null",
    now,
    request.replayOf,
  );
  if (request.idempotencyKey === null) return;
  db.run(
    "insert into checkpoint (run, value, saved_at) select ?, value, ? from checkpoint where run = ?",
    request.id,
    now,
    request.replayOf,
  );
}

export function cancel(db: Database, run: string, now: number, by: string): Cancelled {
  const deed = { actor: by, what: "run.cancel", subject: run };
  const waiting = db.get<{ task: string; gate: string | null }>(
    "select task, gate from pending where id = ?",
    run,
  );
  if (waiting !== undefined) {
    endWaiting(db, run, { state: "cancelled", reason: "cancelled", by }, now);
    if (waiting.gate !== null) topup(db, waiting.gate, now);
    const before = { state: "pending" };
    writeAudit(db, { ...deed, task: waiting.task, before, after: { state: "cancelled" } }, now);
    return { answer: "cancelled" };
  }
  const running = db.get<{ task: string; node: string; asked: string | null }>(
    "select task, node, asked from running where id = ?",
    run,
  );
  if (running !== undefined) {
    const { task, node, asked } = running;
    // Who asks once more changes nothing.
    if (asked === "cancelled") return { answer: "asked", node };
    db.run("update running set asked = 'cancelled', asked_by = ? where id = ?", by, run);
    const before = { state: "running", asked };
    writeAudit(db, { ...deed, task, before, after: { ...before, asked: "cancelled" } }, now);
    return { answer: "asked", node };
  }
  const ended = db.get<{ state: FinalState }>("select state from history where id = ?", run);
  return ended === undefined ? { answer: "no-run" } : { answer: "ended", state: ended.state };
}

export function observe(db: Database, notes: readonly Note[]): void {
  for (const note of notes) {
    db.run(
      `update running set progress = coalesce(?, progress), report = coalesce(?, report)
       where id = ? and fence = ?`,
      note.progress,
      note.report,
      note.run,
      note.fence,
    );
  }
}

const HOLDS = "exists (select 1 from running where id = ? and fence = ?)";

export function saveCheckpoint(
  db: Database,
  run: string,
  fence: number,
  value: string,
  now: number,
): "saved" | "stale" {
  const saved = db.run(
    `insert into checkpoint (run, value, saved_at) select ?, ?, ? where ${HOLDS}
     on conflict (run) do update set value = excluded.value, saved_at = excluded.saved_at`,
    run,
    value,
    now,
    run,
    fence,
  );
  return saved === 1 ? "saved" : "stale";
}

export function checkpoint(db: Database, run: string): string | null {
  return (
    db.get<{ value: string }>("select value from checkpoint where run = ?", run)?.value ?? null
  );
}

export function effect(db: Database, scope: string, key: string): string | null {
  const row = db.get<{ result: string }>(
    "select result from effect where scope = ? and key = ?",
    scope,
    key,
  );
  return row?.result ?? null;
}

/** The first record stays: an effect happened once. */
export function recordEffect(
  db: Database,
  record: EffectRecord,
  now: number,
): "recorded" | "stale" {
  const holds = db.get(`select 1 where ${HOLDS}`, record.run, record.fence);
  if (holds === undefined) return "stale";
  db.run(
    "insert or ignore into effect (scope, key, run, result, at) values (?, ?, ?, ?, ?)",
    record.scope,
    record.key,
    record.run,
    record.result,
    now,
  );
  return "recorded";
}

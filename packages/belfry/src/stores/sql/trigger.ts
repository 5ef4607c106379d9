import { createHash } from "node:crypto";
import type { Triggered, TriggerRequest } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { limitOf, setGate, topup } from "./gates.ts";
import { lockGates } from "./lock.ts";
import { isPaused } from "./pause.ts";
import { count, one, put, type Work } from "./work.ts";

export function* trigger(
  requests: readonly TriggerRequest[],
  now: number,
): Work<readonly Triggered[]> {
  const gates = new Set(requests.flatMap(({ gate }) => (gate === null ? [] : [gate.id])));
  if (gates.size > 0) yield* lockGates([...gates]);
  const triggered: Triggered[] = [];
  for (const request of requests) triggered.push(yield* triggerOne(request, now));
  return triggered;
}

function* triggerOne(request: TriggerRequest, now: number): Work<Triggered> {
  const known = yield* knownRun(request, now);
  if (known !== null) return known;
  const task = yield* one<{ definition: string }>(
    "select definition from task where name = ? and enabled = 1",
    request.task,
  );
  if (task === undefined) return { answer: "no-task" };
  if (!request.force && (yield* isPaused(request.task, now))) return { answer: "paused" };
  // Somebody else may have come by the same key since: again, as one who comes after.
  if (!(yield* keepKey(request, now))) return yield* triggerOne(request, now);
  if (request.gate !== null) yield* makeGate(request.gate, request, task.definition);
  yield* insertTriggered(request, now);
  if (request.replayOf !== null) yield* resolveOld(request, now);
  if (request.gate !== null) yield* topup(request.gate.id, now);
  if (request.trigger.kind !== "schedule") yield* auditTrigger(request, now);
  return { answer: "triggered", run: request.id };
}

/** Payloads may hold what an audit should not; the run has its own. */
function* auditTrigger(request: TriggerRequest, now: number): Work<void> {
  const { id, task, trigger: made, dueAt, replayOf, force } = request;
  const what = replayOf === null ? "run.trigger" : "run.replay";
  const after = {
    kind: made.kind,
    dueAt,
    ...(replayOf === null ? {} : { replayOf }),
    ...(force ? { forced: true } : {}),
  };
  yield* writeAudit({ actor: made.by, what, subject: id, task, after }, now);
}

/** The definition in force rules the gate, even where a request was made under an older one. */
function* makeGate(
  gate: NonNullable<TriggerRequest["gate"]>,
  request: TriggerRequest,
  inForce: string,
): Work<void> {
  const max = request.definition === inForce ? gate.max : yield* limitOf(inForce);
  yield* setGate({ id: gate.id, max }, request.task);
}

/** The run that this request has made before: by its own id, or under its idempotency key. */
function* knownRun(request: TriggerRequest, now: number): Work<Triggered | null> {
  if (yield* runExists(request.id)) return { answer: "already", run: request.id };
  if (request.idempotencyKey === null || request.replayOf !== null) return null;
  const row = yield* one<{ run: string; payload_hash: string; due_at: number }>(
    "select run, payload_hash, due_at from trigger_key where task = ? and key = ?",
    request.task,
    request.idempotencyKey,
  );
  if (row === undefined) return null;
  const otherTime = request.dueAt > now && request.dueAt !== row.due_at;
  const same = row.payload_hash === hashPayload(request.payload) && !otherTime;
  return { answer: same ? "already" : "conflict", run: row.run };
}

function* runExists(id: string): Work<boolean> {
  const row = yield* one(
    `select 1 from pending where id = ? union all select 1 from running where id = ?
     union all select 1 from history where id = ? limit 1`,
    id,
    id,
    id,
  );
  return row !== undefined;
}

function hashPayload(payload: string | null): string {
  return createHash("sha256")
    .update(payload ?? "")
    .digest("hex");
}

function* insertTriggered(request: TriggerRequest, now: number): Work<void> {
  yield* put(
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

/** @returns whether the request has its key to itself, if it has one. */
function* keepKey(request: TriggerRequest, now: number): Work<boolean> {
  if (request.idempotencyKey === null || request.replayOf !== null) return true;
  const kept = yield* count(
    `insert into trigger_key (task, key, run, payload_hash, due_at, at) values (?, ?, ?, ?, ?, ?)
     on conflict do nothing`,
    request.task,
    request.idempotencyKey,
    request.id,
    hashPayload(request.payload),
    request.dueAt,
    now,
  );
  return kept === 1;
}

/**
 * A replay resolves the dead letter that it repeats. One that keeps the idempotency key goes on
 * from its checkpoint; a fresh one has neither.
 */
function* resolveOld(request: TriggerRequest, now: number): Work<void> {
  yield* put(
    "update history set resolved_at = ? where id = ? and resolved_at is null",
    now,
    request.replayOf,
  );
  if (request.idempotencyKey === null) return;
  yield* put(
    "insert into checkpoint (run, value, saved_at) select ?, value, ? from checkpoint where run = ?",
    request.id,
    now,
    request.replayOf,
  );
}

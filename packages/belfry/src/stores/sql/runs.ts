import type { FinalState } from "../../core/run.ts";
import type { Cancelled, EffectRecord, Note } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { topup } from "./gates.ts";
import { lockGate, lockRunning } from "./lock.ts";
import { endWaiting } from "./waiting.ts";
import { count, one, put, type Work } from "./work.ts";

export function* cancel(run: string, now: number, by: string): Work<Cancelled> {
  const deed = { actor: by, what: "run.cancel", subject: run };
  yield* lockItsGate(run);
  const waiting = yield* one<{ task: string; gate: string | null }>(
    "select task, gate from pending where id = ? for update",
    run,
  );
  if (waiting !== undefined) {
    yield* endWaiting(run, { state: "cancelled", reason: "cancelled", by }, now);
    if (waiting.gate !== null) yield* topup(waiting.gate, now);
    const before = { state: "pending" };
    yield* writeAudit({ ...deed, task: waiting.task, before, after: { state: "cancelled" } }, now);
    return { answer: "cancelled" };
  }
  const running = yield* one<{ task: string; node: string; asked: string | null }>(
    "select task, node, asked from running where id = ? for update",
    run,
  );
  if (running !== undefined) {
    const { task, node, asked } = running;
    // Who asks once more changes nothing.
    if (asked === "cancelled") return { answer: "asked", node };
    yield* put("update running set asked = 'cancelled', asked_by = ? where id = ?", by, run);
    const before = { state: "running", asked };
    yield* writeAudit({ ...deed, task, before, after: { ...before, asked: "cancelled" } }, now);
    return { answer: "asked", node };
  }
  const ended = yield* one<{ state: FinalState }>("select state from history where id = ?", run);
  return ended === undefined ? { answer: "no-run" } : { answer: "ended", state: ended.state };
}

/** Before the run itself, if it waits at one. */
function* lockItsGate(run: string): Work<void> {
  const row = yield* one<{ gate: string }>(
    "select gate from pending where id = ? and gate is not null",
    run,
  );
  if (row !== undefined) yield* lockGate(row.gate);
}

export function* observe(notes: readonly Note[]): Work<void> {
  for (const note of notes) {
    yield* put(
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

export function* saveCheckpoint(
  run: string,
  fence: number,
  value: string,
  now: number,
): Work<"saved" | "stale"> {
  yield* lockRunning(run, fence);
  const saved = yield* count(
    `insert into checkpoint (run, value, saved_at)
     select cast(? as text), cast(? as text), cast(? as bigint) where ${HOLDS}
     on conflict (run) do update set value = excluded.value, saved_at = excluded.saved_at`,
    run,
    value,
    now,
    run,
    fence,
  );
  return saved === 1 ? "saved" : "stale";
}

export function* checkpoint(run: string): Work<string | null> {
  const row = yield* one<{ value: string }>("select value from checkpoint where run = ?", run);
  return row?.value ?? null;
}

export function* effect(scope: string, key: string): Work<string | null> {
  const row = yield* one<{ result: string }>(
    "select result from effect where scope = ? and key = ?",
    scope,
    key,
  );
  return row?.result ?? null;
}

/** The first record stays: an effect happened once. */
export function* recordEffect(record: EffectRecord, now: number): Work<"recorded" | "stale"> {
  yield* lockRunning(record.run, record.fence);
  const holds = yield* one(`select 1 where ${HOLDS}`, record.run, record.fence);
  if (holds === undefined) return "stale";
  yield* put(
    `insert into effect (scope, key, run, result, at) values (?, ?, ?, ?, ?)
     on conflict do nothing`,
    record.scope,
    record.key,
    record.run,
    record.result,
    now,
  );
  return "recorded";
}

import type { FinalState } from "../../core/run.ts";
import type { Cancelled, EffectRecord, Note } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { topup } from "./gates.ts";
import { inOrderOfRuns, lockGate, lockRunning } from "./lock.ts";
import { endWaiting } from "./waiting.ts";
import { all, count, one, put, type Work } from "./work.ts";

export function* cancel(run: string, now: number, by: string): Work<Cancelled> {
  for (;;) {
    const at = yield* placeOf(run);
    if (at === undefined) return { answer: "no-run" };
    if (at.gate !== null) yield* lockGate(at.gate);
    const cancelled = yield* CANCEL[at.place](run, now, by);
    // Else it went on to another place before it was held.
    if (cancelled !== null) return cancelled;
  }
}

interface Place {
  readonly place: "pending" | "running" | "history";
  readonly gate: string | null;
}

/** Where a run is, by one look: by one at each table it could be missed on its way. */
function* placeOf(run: string): Work<Place | undefined> {
  return yield* one<Place>(
    `select 'pending' as place, gate from pending where id = ?
     union all select 'running', gate from running where id = ?
     union all select 'history', null from history where id = ?`,
    run,
    run,
    run,
  );
}

const CANCEL = { pending: cancelWaiting, running: askToEnd, history: tellEnded } as const;

/** Its gate is held, if it waits at one. */
function* cancelWaiting(run: string, now: number, by: string): Work<Cancelled | null> {
  const waiting = yield* one<{ task: string; gate: string | null }>(
    "select task, gate from pending where id = ? for update",
    run,
  );
  if (waiting === undefined) return null;
  const { task, gate } = waiting;
  yield* endWaiting(run, { state: "cancelled", reason: "cancelled", by }, now);
  if (gate !== null) yield* topup(gate, now);
  const deed = { actor: by, what: "run.cancel", subject: run, task };
  yield* writeAudit({ ...deed, before: { state: "pending" }, after: { state: "cancelled" } }, now);
  return { answer: "cancelled" };
}

/** Its gate is held, so that nobody who comes to it asks it to end at the same time. */
function* askToEnd(run: string, now: number, by: string): Work<Cancelled | null> {
  const running = yield* one<{ task: string; node: string; asked: string | null }>(
    "select task, node, asked from running where id = ? for update",
    run,
  );
  if (running === undefined) return null;
  const { task, node, asked } = running;
  // Who asks once more changes nothing.
  if (asked === "cancelled") return { answer: "asked", node };
  yield* put("update running set asked = 'cancelled', asked_by = ? where id = ?", by, run);
  const deed = { actor: by, what: "run.cancel", subject: run, task };
  const before = { state: "running", asked };
  yield* writeAudit({ ...deed, before, after: { ...before, asked: "cancelled" } }, now);
  return { answer: "asked", node };
}

function* tellEnded(run: string): Work<Cancelled | null> {
  const ended = yield* one<{ state: FinalState }>("select state from history where id = ?", run);
  return ended === undefined ? null : { answer: "ended", state: ended.state };
}

export function* observe(notes: readonly Note[]): Work<void> {
  for (const note of inOrderOfRuns(notes)) {
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

/**
 * Which of these runs exist, wherever they are. Each is looked up by its key: by `exists or exists` a
 * planner may read whole tables for it.
 */
export function* existing(ids: readonly string[]): Work<readonly string[]> {
  const rows = yield* all<{ id: string }>(
    `select value as id from unnest(cast(? as text[])) as value
     where coalesce((select 1 from pending where id = value),
       (select 1 from running where id = value), (select 1 from history where id = value)) = 1`,
    ids,
  );
  return rows.map(({ id }) => id);
}

import { createHash } from "node:crypto";
import type { Triggered, TriggerRequest } from "../../triggering.ts";
import { type OwnDeed, writeAudits } from "./audit.ts";
import { limitOf, setGate, topupAll } from "./gates.ts";
import { lockGates } from "./lock.ts";
import { PAUSE_IN_FORCE } from "./pause.ts";
import { existing } from "./runs.ts";
import { all, count, put, type Single, together, type Work } from "./work.ts";

/**
 * When runs meet their gate: `now`, or, where nobody may be kept waiting, `later`: then no gate is
 * held or made, and whoever claims lets them in, as it does an occurrence that waited for its jitter.
 */
export type Meets = "now" | "later";

/**
 * Makes the runs that are asked for, each as if it came alone, in the order given. All that a batch
 * needs to know is asked once, and what it makes is written together.
 */
export function* trigger(
  requests: readonly TriggerRequest[],
  now: number,
  meets: Meets = "now",
): Work<readonly Triggered[]> {
  const gates = new Set(requests.flatMap(({ gate }) => (gate === null ? [] : [gate.id])));
  if (meets === "now" && gates.size > 0) yield* lockGates([...gates]);
  const known = yield* askAround(requests, now);
  const answers = requests.map((request) => answer(request, known, now));
  const made = requests.filter((_, index) => answers[index]?.answer === "triggered");
  if ((yield* keepKeys(made, now)) === "taken") {
    // By somebody who came by one of the keys since: all is asked again, as by one who comes after.
    return yield* trigger(requests, now, meets);
  }
  yield* make(made, known, now, meets);
  return answers;
}

/** What is known before anything is made; what the batch itself makes is added. */
interface Known {
  readonly runs: Set<string>;
  readonly keys: Map<string, KeptKey>;
  readonly tasks: ReadonlyMap<string, TaskColumns>;
}

interface KeptKey {
  readonly run: string;
  readonly payload_hash: string;
  readonly due_at: number;
}

interface TaskColumns {
  readonly name: string;
  readonly definition: string;
  readonly paused: number;
}

const KEYS = `select task, key, run, payload_hash, due_at from trigger_key
  where task = any(?) and key = any(?)`;
const TASKS = `select name, definition, case when ${PAUSE_IN_FORCE} then 1 else 0 end as paused
  from task where enabled = 1 and name = any(?)`;

function* askAround(requests: readonly TriggerRequest[], now: number): Work<Known> {
  const names = [...new Set(requests.map(({ task }) => task))];
  const [[runs, tasks], kept] = yield* together(
    together(existing(idsOf(requests)), all<TaskColumns>(TASKS, now, names)),
    keysOf(requests.filter(hasKey)),
  );
  return {
    runs: new Set(runs),
    keys: new Map(kept.map((row) => [keyOf(row.task, row.key), row])),
    tasks: new Map(tasks.map((task) => [task.name, task])),
  };
}

function* keysOf(
  keyed: readonly (TriggerRequest & { idempotencyKey: string })[],
): Work<readonly (KeptKey & { task: string; key: string })[]> {
  if (keyed.length === 0) return [];
  return yield* all<KeptKey & { task: string; key: string }>(
    KEYS,
    [...new Set(keyed.map(({ task }) => task))],
    keyed.map(({ idempotencyKey }) => idempotencyKey),
  );
}

/** A replay has the key of the run that it repeats. */
function hasKey(request: TriggerRequest): request is TriggerRequest & { idempotencyKey: string } {
  return request.idempotencyKey !== null && request.replayOf === null;
}

function keyOf(task: string, key: string): string {
  return `${task}\n${key}`;
}

/** By its own id, or under its idempotency key, the request may have made its run before. */
function answer(request: TriggerRequest, known: Known, now: number): Triggered {
  const { id, task: name, dueAt, payload } = request;
  if (known.runs.has(id)) return { answer: "already", run: id };
  const key = hasKey(request) ? keyOf(name, request.idempotencyKey) : null;
  const kept = key === null ? undefined : known.keys.get(key);
  if (kept !== undefined) {
    const otherTime = dueAt > now && dueAt !== kept.due_at;
    const same = kept.payload_hash === hashPayload(payload) && !otherTime;
    return { answer: same ? "already" : "conflict", run: kept.run };
  }
  const task = known.tasks.get(name);
  if (task === undefined) return { answer: "no-task" };
  if (!request.force && task.paused === 1) return { answer: "paused" };
  if (request.onlyInForce === true && task.definition !== request.definition) {
    return { answer: "changed" };
  }
  known.runs.add(id);
  if (key !== null) {
    known.keys.set(key, { run: id, payload_hash: hashPayload(payload), due_at: dueAt });
  }
  return { answer: "triggered", run: id };
}

const KEEP_KEYS = `insert into trigger_key (task, key, run, payload_hash, due_at, at)
  select task, key, run, payload_hash, due_at, cast(? as bigint)
  from values_of(? task text, key text, run text, payload_hash text, due_at bigint) where true
  on conflict do nothing`;

function* keepKeys(made: readonly TriggerRequest[], now: number): Work<"kept" | "taken"> {
  const rows = made.filter(hasKey).map(({ task, idempotencyKey, id, payload, dueAt }) => {
    return [task, idempotencyKey, id, hashPayload(payload), dueAt] as const;
  });
  if (rows.length === 0) return "kept";
  // In one order, so that no two who take several wait for each other.
  rows.sort(([a, b], [c, d]) => (keyOf(a, b) < keyOf(c, d) ? -1 : 1));
  const kept = yield* count(KEEP_KEYS, now, rows);
  if (kept === rows.length) return "kept";
  if (kept > 0) yield* put("delete from trigger_key where run = any(?)", idsOf(made));
  return "taken";
}

const INSERT = `insert into pending (id, task, due_at, created_at, ready_at, definition,
    trigger_kind, trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of,
    slot, forced, live, overlap)
  select id, task, due_at, cast(? as bigint), ready_at, definition, trigger_kind, trigger_by, gate,
    deadline_at, '', payload, idempotency_key, replay_of, 0, forced, 0, overlap
  from values_of(? id text, task text, due_at bigint, ready_at bigint, definition text,
    trigger_kind text, trigger_by text, gate text, deadline_at bigint, payload text,
    idempotency_key text, replay_of text, forced bigint, overlap text)`;

function* make(
  made: readonly TriggerRequest[],
  known: Known,
  now: number,
  meets: Meets,
): Work<void> {
  if (made.length === 0) return;
  const gates = meets === "now" ? yield* makeGates(made, known) : [];
  yield* put(
    INSERT,
    now,
    made.map((request) => pendingRow(request, now, meets)),
  );
  for (const request of made) if (request.replayOf !== null) yield* resolveOld(request, now);
  yield* topupAll(gates, now);
  yield* writeAudits(made.flatMap(deedOf), now);
}

/** Who meets a gate later needs one, so that a claim looks at it: a task without a limit has one too. */
function pendingRow(request: TriggerRequest, now: number, meets: Meets): readonly Single[] {
  const { id, task, dueAt, definition, trigger: by, gate, deadlineAt, payload } = request;
  const { idempotencyKey, replayOf, force } = request;
  const run = [id, task, dueAt, Math.max(dueAt, now), definition, by.kind, by.by] as const;
  const at = gate?.id ?? (meets === "later" ? task : null);
  const rest = [at, deadlineAt, payload, idempotencyKey, replayOf, force ? 1 : 0] as const;
  return [...run, ...rest, meets === "later" ? "queue" : null];
}

/**
 * The definition in force rules a gate, even where a request was made under an older one.
 * @returns their ids.
 */
function* makeGates(made: readonly TriggerRequest[], { tasks }: Known): Work<ReadonlySet<string>> {
  const gates = new Set<string>();
  for (const { gate, task, definition } of made) {
    if (gate === null || gates.has(gate.id)) continue;
    gates.add(gate.id);
    const inForce = tasks.get(task)?.definition ?? definition;
    const max = definition === inForce ? gate.max : yield* limitOf(inForce);
    yield* setGate({ id: gate.id, max }, task);
  }
  return gates;
}

/** Payloads may hold what an audit should not; the run has its own. */
function deedOf(request: TriggerRequest): readonly OwnDeed[] {
  const { id, task, trigger: by, dueAt, replayOf, force } = request;
  if (by.kind === "schedule") return [];
  const what = replayOf === null ? "run.trigger" : "run.replay";
  const after = {
    kind: by.kind,
    dueAt,
    ...(replayOf === null ? {} : { replayOf }),
    ...(force ? { forced: true } : {}),
  };
  return [{ actor: by.by, what, subject: id, task, after }];
}

function idsOf(requests: readonly TriggerRequest[]): readonly string[] {
  return requests.map(({ id }) => id);
}

function hashPayload(payload: string | null): string {
  return createHash("sha256")
    .update(payload ?? "")
    .digest("hex");
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

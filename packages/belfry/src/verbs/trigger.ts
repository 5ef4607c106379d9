import type { CallerTransaction } from "../caller-transaction.ts";
import { BelfryError } from "../core/errors.ts";
import { gateOf } from "../core/gate.ts";
import { runId } from "../core/identity.ts";
import type { RunRow, TaskRow } from "../records.ts";
import type { Triggered, TriggerRequest } from "../triggering.ts";
import type { KnownTask, VerbContext } from "./context.ts";
import { findRun, findTask } from "./find.ts";

export interface TriggerOptions {
  /** JSON text, at most 256 KiB; null where the task takes none. */
  readonly payload: string | null;
  /** When to run, ms since the epoch; it is the due instant. Past: at once; null: now. */
  readonly at: number | null;
  /** The same key with the same payload and `at` answers the same run, whatever its state. */
  readonly idempotencyKey: string | null;
  /** Start although the task is paused. */
  readonly force: boolean;
}

interface Made {
  readonly id: string;
  /** Its idempotency key had made it before. */
  readonly already: boolean;
}

const PAYLOAD_BYTES_MAX = 256 * 1024;

/**
 * Makes a run of a task by hand. It queues behind the task's limit, whatever its overlap policy.
 *
 * @returns the run, and whether the idempotency key had made it before.
 * @throws BelfryError `unknown-task`, `paused`, `bad-payload`, `idempotency-conflict`.
 */
export async function trigger(
  context: VerbContext,
  name: string,
  options: TriggerOptions,
): Promise<{ run: RunRow; already: boolean }> {
  const { id, already } = await triggerId(context, name, options);
  return { run: await madeRun(context, id), already };
}

/** The same for whoever triggers much: as a rule one commit, and nothing is read of the run. */
export async function triggerId(
  context: VerbContext,
  name: string,
  options: TriggerOptions,
): Promise<Made> {
  const now = context.clock.now();
  return await ask(context, name, options, now, async (request) => {
    const [answer] = await context.store.trigger([request], now);
    return answer;
  });
}

/**
 * The same in the caller's transaction: the run exists exactly if that commits, and nobody sees it
 * before. Of Belfry's own errors none spoils the transaction.
 *
 * @returns the run's id.
 * @throws BelfryError as `trigger`, `no-transactions` where the store is not in PostgreSQL, and as
 * `TriggerIn`.
 */
export async function triggerIn(
  context: VerbContext,
  tx: CallerTransaction,
  name: string,
  options: TriggerOptions,
): Promise<string> {
  const { triggerIn: inTransaction } = context;
  if (inTransaction === undefined) {
    throw new BelfryError(
      "usage",
      "no-transactions",
      "No transaction of yours reaches this store: it is a SQLite file.",
      "Trigger after your commit, or keep the store in your PostgreSQL: BELFRY_DATABASE_URL.",
    );
  }
  const now = context.clock.now();
  const { id } = await ask(context, name, options, now, (request) =>
    inTransaction(tx, request, now),
  );
  return id;
}

/** With the task as it is known, and, where it has changed since, once more as it is. */
async function ask(
  context: VerbContext,
  name: string,
  options: TriggerOptions,
  now: number,
  make: (request: TriggerRequest) => Promise<Triggered | undefined>,
): Promise<Made> {
  const known = context.known?.get(name);
  if (known !== undefined) {
    const request = { ...requestOf(context, known, options, now), onlyInForce: true };
    const answer = await make(request);
    if (answer?.answer !== "changed" && answer?.answer !== "no-task") {
      return { id: runOf(answer, request), already: answer?.answer === "already" };
    }
  }
  const task = await findTask(context, name);
  remember(context.known, task);
  const request = requestOf(context, task, options, now);
  const answer = await make(request);
  return { id: runOf(answer, request), already: answer?.answer === "already" };
}

const KNOWN_MAX = 1_000;

/** Forgets all where they are too many: who triggers so many tasks reads some of them again. */
function remember(tasks: Map<string, KnownTask> | undefined, task: TaskRow): void {
  if (tasks === undefined) return;
  if (tasks.size >= KNOWN_MAX) tasks.clear();
  const { name, definition, body } = task;
  tasks.set(name, { name, definition, body });
}

function requestOf(
  context: VerbContext,
  task: KnownTask,
  options: TriggerOptions,
  now: number,
): TriggerRequest {
  const { payload, idempotencyKey, force } = options;
  checkPayload(payload);
  const dueAt = options.at ?? now;
  const { concurrency, deadlineMs } = task.body.policies;
  return {
    // Whoever waits at a limit is let in by id: for an instant that has passed, nobody is overtaken.
    id: runId(Math.max(now, dueAt), context.entropy()),
    task: task.name,
    definition: task.definition,
    trigger: { kind: "manual", by: context.by },
    dueAt,
    payload,
    idempotencyKey,
    gate: gateOf(task.name, concurrency, payload),
    deadlineAt: deadlineMs === null ? null : dueAt + deadlineMs,
    replayOf: null,
    force,
  };
}

/**
 * Makes a new run that does again what an ended one did: with the definition of today and the
 * payload of then. It keeps the idempotency key and the checkpoint, unless `fresh`.
 *
 * @throws BelfryError `not-ended`, `task-gone`, and as `trigger`.
 */
export async function replay(
  context: VerbContext,
  reference: string,
  options: { readonly fresh: boolean },
): Promise<RunRow> {
  const old = await findRun(context, reference);
  if (old.endedAt === null) {
    const message = `Run ${old.id} is still ${old.state}: there is nothing to replay yet.`;
    throw new BelfryError("conflict", "not-ended", message, `belfry cancel ${old.id}`);
  }
  const [task] = await context.store.tasks(old.task);
  if (task === undefined || !task.enabled) {
    const message = `The task ${old.task} is gone, so its run cannot be replayed.`;
    throw new BelfryError("conflict", "task-gone", message, "Load a release that has it again.");
  }
  const now = context.clock.now();
  const { concurrency, deadlineMs } = task.body.policies;
  const request: TriggerRequest = {
    id: runId(now, context.entropy()),
    task: task.name,
    definition: task.definition,
    trigger: { kind: "replay", by: context.by },
    dueAt: now,
    payload: old.payload,
    idempotencyKey: options.fresh ? null : (old.idempotencyKey ?? old.id),
    gate: gateOf(task.name, concurrency, old.payload),
    deadlineAt: deadlineMs === null ? null : now + deadlineMs,
    replayOf: old.id,
    force: false,
  };
  const [answer] = await context.store.trigger([request], now);
  return await madeRun(context, runOf(answer, request));
}

async function madeRun({ store }: VerbContext, id: string): Promise<RunRow> {
  const run = await store.run(id);
  if (run !== null) return run;
  throw new BelfryError("unavailable", "vanished", `Run ${id} vanished at once.`);
}

function runOf(answer: Triggered | undefined, { task, idempotencyKey }: TriggerRequest): string {
  switch (answer?.answer) {
    case "triggered":
    case "already":
      return answer.run;
    case "conflict": {
      const message = `The idempotency key ${idempotencyKey} was used for another payload or time.`;
      const hint = `It made run ${answer.run}: \`belfry show ${answer.run}\`. Use another key.`;
      throw new BelfryError("conflict", "idempotency-conflict", message, hint);
    }
    case "paused": {
      const hint = `belfry resume ${task}, or belfry run ${task} --force`;
      throw new BelfryError("conflict", "paused", `The task ${task} is paused.`, hint);
    }
    default:
      throw new BelfryError("not-found", "unknown-task", `There is no task ${task}.`);
  }
}

function checkPayload(payload: string | null): void {
  if (payload === null) return;
  const bytes = Buffer.byteLength(payload);
  if (bytes > PAYLOAD_BYTES_MAX) {
    const message = `The payload has ${bytes} bytes; ${PAYLOAD_BYTES_MAX} is the most.`;
    const hint = "Put the data elsewhere and pass a reference to it.";
    throw new BelfryError("usage", "bad-payload", message, hint);
  }
  try {
    JSON.parse(payload);
  } catch (cause) {
    const message = `The payload is not JSON: ${cause instanceof Error ? cause.message : cause}.`;
    throw new BelfryError("usage", "bad-payload", message, "Quote it for the shell: '{\"a\": 1}'.");
  }
}

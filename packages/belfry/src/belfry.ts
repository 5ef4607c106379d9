import { parseDuration } from "@belfry/schedule";
import type { CallerTransaction } from "./caller-transaction.ts";
import { BelfryError, type ErrorRecord } from "./core/errors.ts";
import { scheduleId } from "./core/identity.ts";
import type { FinalState, Reason, RunState } from "./core/run.ts";
import { compile } from "./core/schedule.ts";
import type { Why } from "./core/why.ts";
import { writtenInstant } from "./core/written-instant.ts";
import { readRuntimeSchedule } from "./define/runtime-schedule.ts";
import type { ScheduleOption } from "./define/schedules.ts";
import type { Task } from "./define/task.ts";
import type { Carried, Engine } from "./engine/engine.ts";
import type { Listener } from "./engine/events.ts";
import type { RunRow } from "./records.ts";
import { cancel } from "./verbs/cancel.ts";
import type { VerbContext } from "./verbs/context.ts";
import { type DidOptions, did } from "./verbs/did.ts";
import { findRun, findTask } from "./verbs/find.ts";
import { listRuns } from "./verbs/list-runs.ts";
import { pause, resume } from "./verbs/pause.ts";
import { removeSchedule, setSchedule } from "./verbs/schedule.ts";
import { replay, triggerId, triggerIn } from "./verbs/trigger.ts";
import { why } from "./verbs/why.ts";
import { type Dated, dated } from "./views/dated.ts";
import { type DidView, didView } from "./views/did.ts";
import { type RunDetailView, type RunView, runDetailView, runView } from "./views/run.ts";
import { type TaskDetailView, type TaskView, taskDetailView, taskView } from "./views/task.ts";

/** A run, as lists have it. */
export type Run = Dated<RunView>;
/** A run with its attempts. */
export type RunDetail = Dated<RunDetailView>;
export type TaskInfo = Dated<TaskView>;
/** A task with its policies, as values and in sentences. */
export type TaskDetail = Dated<TaskDetailView>;
/** Expected against actual, occurrence by occurrence. */
export type Did = Dated<DidView>;

/** What the composition root hands to a Belfry. */
export interface BelfryParts {
  readonly context: VerbContext;
  readonly engine: Engine;
  /** The tasks given, checked and compiled; asked at each start. */
  readonly load: () => Promise<Carried>;
  /** The zone of schedules that name none. */
  readonly timeZone: string;
  readonly graceMs: number;
  /** `HOST:PORT` of health and metrics, or null: no port is open. */
  readonly http: string | null;
  readonly close: () => Promise<void>;
}

type PayloadOption<Payload> = undefined extends Payload
  ? { readonly payload?: Payload }
  : { readonly payload: Payload };

export type TriggerOptions<Payload> = PayloadOption<Payload> & {
  /** The same key with the same payload and `at` answers the same run. */
  readonly idempotencyKey?: string;
  /** When to run: an instant, as Date or ISO text with its offset. Past or absent: now. */
  readonly at?: Date | string;
  /** Start although the task is paused. */
  readonly force?: boolean;
  /**
   * Your own transaction, where the store is in the same PostgreSQL database: a `pg` client that has
   * begun one, or anything with `query(text, values)`. The run exists exactly if it commits.
   */
  readonly tx?: CallerTransaction;
};

/** How a run ended. */
export type Finished =
  | { readonly state: "succeeded"; readonly result: unknown }
  | { readonly state: "failed"; readonly reason: Reason | null; readonly error: ErrorRecord | null }
  | { readonly state: "cancelled"; readonly by: string | null };

/** A run that was triggered, to wait for. */
export interface RunHandle {
  readonly id: string;
  readonly task: string;
  /**
   * Resolves when the run has ended, on whichever node: looks each 200 ms, and at once when here.
   * @throws BelfryError `unknown-run` where there is none, such as before your transaction commits.
   */
  finished(): Promise<Finished>;
}

/** When a schedule made at run time is due, and what its runs are given. */
export interface RuntimeScheduleOptions {
  /** One schedule, or several whose union is one, as `task()` takes them. */
  readonly schedule: ScheduleOption | readonly ScheduleOption[];
  /** Anything JSON. */
  readonly payload?: unknown;
}

/** A period to account for. */
export interface DidRange extends Partial<Pick<DidOptions, "strict">> {
  readonly from: Date;
  readonly until: Date;
  /** Zone to say the days in; absent: the task's. */
  readonly timeZone?: string;
}

/** Which runs to list; `from` and `until` are half-open over due instants. */
export interface RunsFilter {
  readonly task?: string;
  readonly state?: RunState;
  readonly from?: Date;
  readonly until?: Date;
  readonly limit?: number;
}

const POLL_MS = 200;

/**
 * Belfry inside a program: a client of its store, and a node once started. It installs no signal
 * handlers, prints nothing and never ends the process; several may live in one.
 */
export class Belfry implements AsyncDisposable {
  readonly #parts: BelfryParts;
  #carried: Carried | null = null;

  constructor(parts: BelfryParts) {
    this.#parts = parts;
  }

  /** Plans and runs from now on. Starting twice is starting once. */
  async start(): Promise<void> {
    const { engine, load } = this.#parts;
    const carried = await load();
    const before = this.#carried;
    this.#carried = carried;
    await engine.start(carried);
    // A module that was imported anew brought other tasks: the node that is at work goes on with them.
    if (before !== null && before !== carried) await engine.reload(carried);
  }

  /**
   * Takes no new work, lets attempts end, hands the rest over. The client stays usable.
   * @param options `grace`: how long attempts may go on, a duration such as `"30s"`.
   */
  async stop(options: { readonly grace?: string } = {}): Promise<void> {
    const { graceMs, engine } = this.#parts;
    await engine.stop(options.grace === undefined ? graceMs : parseDuration(options.grace));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#parts.close();
  }

  /** `HOST:PORT` at which health and metrics are read, or null: it was not told to open a port. */
  get http(): string | null {
    return this.#parts.http;
  }

  /** Tells what happens on this node. @returns a function that ends it. */
  on(listener: Listener): () => void {
    return this.#parts.engine.events.on(listener);
  }

  /**
   * Makes a run of a task.
   * @throws BelfryError `unknown-task`, `paused`, `bad-payload`, `idempotency-conflict`; with `tx`
   * also `no-transactions` (the store is a SQLite file), `not-in-transaction`, `other-database`.
   */
  async trigger<Payload>(
    task: Task<Payload> | string,
    ...[options]: undefined extends Payload
      ? [options?: TriggerOptions<Payload>]
      : [options: TriggerOptions<Payload>]
  ): Promise<RunHandle> {
    const { context, engine } = this.#parts;
    const name = typeof task === "string" ? task : task.name;
    const payload: unknown = options?.payload;
    const asked = {
      payload: payload === undefined ? null : JSON.stringify(payload),
      at: options?.at === undefined ? null : instantOf(options.at),
      idempotencyKey: options?.idempotencyKey ?? null,
      force: options?.force ?? false,
    };
    if (options?.tx !== undefined) {
      return this.#handle(await triggerIn(context, options.tx, name, asked), name);
    }
    const { id } = await triggerId(context, name, asked);
    engine.hint("runs");
    return this.#handle(id, name);
  }

  readonly runs = {
    /** Runs newest first by due instant. */
    list: (filter: RunsFilter = {}): AsyncIterable<Run> => this.#list(filter),
    /** @throws BelfryError `unknown-run`. `reference` as on the command line. */
    get: async (reference: string): Promise<RunDetail> =>
      dated(runDetailView(await findRun(this.#parts.context, reference))),
    /** A new run that does again what an ended one did. */
    replay: async (reference: string, options: { fresh?: boolean } = {}): Promise<RunHandle> => {
      const { context, engine } = this.#parts;
      const run = await replay(context, reference, { fresh: options.fresh ?? false });
      engine.hint("runs");
      return this.#handle(run.id, run.task);
    },
    /** Ends a waiting run, or asks a running one to end. */
    cancel: async (reference: string): Promise<"cancelled" | "asked"> => {
      const { answer } = await cancel(this.#parts.context, reference);
      this.#parts.engine.hint("anything");
      return answer;
    },
  } as const;

  readonly tasks = {
    list: async (): Promise<readonly TaskInfo[]> => {
      const { store, clock } = this.#parts.context;
      const tasks = await store.tasks(null);
      const now = clock.now();
      return tasks.filter(({ enabled }) => enabled).map((task) => dated(taskView(task, now)));
    },
    /** @throws BelfryError `unknown-task`. */
    get: async (name: string): Promise<TaskDetail> => {
      const { context } = this.#parts;
      return dated(taskDetailView(await findTask(context, name), context.clock.now()));
    },
    /** Nothing of the task starts until it is resumed, or until `until`. */
    pause: async (name: string, options: { until?: Date; reason?: string } = {}): Promise<void> => {
      const { until, reason } = options;
      const untilAt = until === undefined ? null : until.getTime();
      await pause(this.#parts.context, name, { untilAt, reason: reason ?? null });
      this.#parts.engine.hint("anything");
    },
    resume: async (name: string): Promise<void> => {
      await resume(this.#parts.context, name);
      this.#parts.engine.hint("anything");
    },
  } as const;

  /** Schedules made at run time, one a customer say; releases never touch them. */
  readonly schedules = {
    set: (task: string, key: string, options: RuntimeScheduleOptions): Promise<void> =>
      this.#setSchedule(task, key, options),
    remove: async (task: string, key: string): Promise<boolean> => {
      const removed = await removeSchedule(this.#parts.context, task, key);
      this.#parts.engine.hint("anything");
      return removed;
    },
  } as const;

  /** Expected against actual over [from, until). */
  async did(task: string, options: DidRange): Promise<Did> {
    const found = await did(this.#parts.context, task, {
      from: options.from.getTime(),
      until: options.until.getTime(),
      timeZone: options.timeZone ?? null,
      strict: options.strict ?? false,
    });
    return dated(didView(found));
  }

  /** Why a task or run is not running, or ended as it did. */
  why(subject: string): Promise<Why> {
    return why(this.#parts.context, subject);
  }

  async #setSchedule(task: string, key: string, options: RuntimeScheduleOptions): Promise<void> {
    const { context, timeZone } = this.#parts;
    const now = context.clock.now();
    const id = scheduleId(task, key);
    const parts = readRuntimeSchedule(options.schedule, timeZone, id, now);
    const nextAt = compile(parts, id).next(now);
    const payload = options.payload === undefined ? null : JSON.stringify(options.payload);
    await setSchedule(context, { task, key, parts, payload, nextAt });
    this.#parts.engine.hint("anything");
  }

  async *#list({ from, until, limit, ...filter }: RunsFilter): AsyncGenerator<Run> {
    const period = { from: from?.getTime(), until: until?.getTime(), limit: limit ?? Infinity };
    for await (const run of listRuns(this.#parts.context, { ...filter, ...period })) {
      yield dated(runView(run));
    }
  }

  #handle(id: string, task: string): RunHandle {
    return { id, task, finished: () => this.#finished(id) };
  }

  async #finished(id: string): Promise<Finished> {
    const { store, clock } = this.#parts.context;
    for (;;) {
      const run = await store.run(id);
      if (run === null) {
        const hint = "Where it was made in your transaction, wait for it after that has committed.";
        throw new BelfryError("not-found", "unknown-run", `Run ${id} is not there.`, hint);
      }
      const { state } = run;
      if (state !== "pending" && state !== "running") return finishedOf(run, state);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          withdraw();
          forget();
          resolve();
        };
        const withdraw = clock.schedule(clock.now() + POLL_MS, wake);
        const forget = this.on((event) => {
          if (event.kind === "ended" && event.run === id) wake();
        });
      });
    }
  }
}

function finishedOf(run: RunRow, state: FinalState): Finished {
  if (state === "succeeded") {
    return { state, result: run.result === null ? undefined : JSON.parse(run.result) };
  }
  if (state === "failed") return { state, reason: run.reason, error: run.error };
  return { state, by: run.asked?.by ?? null };
}

/** Text needs its offset: whose local time it is would depend on the host. */
function instantOf(at: Date | string): number {
  const isWhole = typeof at !== "string" || /(z|[+-]\d\d:?\d\d)$/i.test(at);
  const instant = typeof at === "string" ? writtenInstant(at, "UTC") : at.getTime();
  if (isWhole && instant !== null && !Number.isNaN(instant)) return instant;
  const hint = "Write it with its offset, such as 2026-12-01T09:00Z.";
  throw new BelfryError("usage", "bad-instant", `${String(at)} is not an instant.`, hint);
}

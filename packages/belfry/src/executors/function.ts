import { parseDuration } from "@belfry/schedule";
import type { Clock } from "../clock.ts";
import { PermanentError, RetryAfter } from "../core/errors.ts";
import type { Outcome } from "../core/verdict.ts";
import type {
  AttemptContext,
  Ended,
  Execution,
  Executor,
  ReadSecret,
  StopReason,
  Work,
} from "../executor.ts";
import type { Context } from "./context.ts";
import { errorRecord } from "./error-record.ts";
import { FunctionContext, LazySignal, warnOf } from "./function-context.ts";
import { jsonText } from "./json-text.ts";
import { describeIssues, type StandardSchemaV1, type Validation } from "./standard-schema.ts";
import { stopOutcome } from "./stop-outcome.ts";

/** How long a function that was told to end may still take before it is settled without it. */
export const HEED_MS = 10_000;

/** A task whose code is a function of this process. */
export interface FunctionWork extends Work {
  readonly kind: "function";
  /** A method, not a property: each task's function knows its own payload and checkpoint. */
  run(context: Context): unknown;
  readonly payload: StandardSchemaV1 | null;
  readonly checkpoint: StandardSchemaV1 | null;
}

export interface FunctionExecutorOptions {
  readonly clock: Clock;
  readonly secret: ReadSecret;
}

export function createFunctionExecutor(options: FunctionExecutorOptions): Executor<FunctionWork> {
  return {
    kind: "function",
    execute: (work, attempt) => new FunctionExecution(work, attempt, options),
    reclaim: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

class FunctionExecution implements Execution {
  readonly ended: Promise<Ended>;
  readonly #clock: Clock;
  readonly #secret: ReadSecret;
  readonly #stopping = new LazySignal();
  readonly #over: Promise<void>;
  #settle: ((ended: Ended) => void) | null = null;
  #stopped: StopReason | null = null;
  #unheeded = false;
  #withdraw: (() => void) | null = null;

  constructor(work: FunctionWork, attempt: AttemptContext, options: FunctionExecutorOptions) {
    this.#clock = options.clock;
    this.#secret = options.secret;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#over = this.#perform(work, attempt);
  }

  get lingering(): Promise<void> | null {
    return this.#unheeded ? this.#over : null;
  }

  stop(reason: StopReason): void {
    if (this.#settle === null || this.#stopped !== null) return;
    this.#stopped = reason;
    this.#withdraw = this.#clock.schedule(this.#clock.now() + HEED_MS, () => {
      this.#unheeded = true;
      this.#end(stopOutcome(reason));
    });
    this.#stopping.abort(reason);
  }

  /** Resolves when nothing of the function is under way any more, settled or not. */
  async #perform(work: FunctionWork, attempt: AttemptContext): Promise<void> {
    // Whoever asked for the attempt holds it before the task's code can do anything.
    await undefined;
    let outcome: Outcome;
    try {
      outcome = await this.#call(work, attempt);
    } catch (thrown) {
      outcome = failure(thrown, this.#clock.now());
    }
    this.#end(this.#stopped === null ? outcome : stopOutcome(this.#stopped));
  }

  async #call(work: FunctionWork, attempt: AttemptContext): Promise<Outcome> {
    const payload = await readPayload(work.payload, attempt.payload);
    if (payload.issues !== undefined) return invalidPayload(describeIssues(payload.issues));
    const resumed =
      work.checkpoint === null ? undefined : await readCheckpoint(work.checkpoint, attempt);
    if (this.#stopped !== null) return stopOutcome(this.#stopped);
    const context = new FunctionContext(attempt, {
      payload: payload.value,
      resumed,
      keepsCheckpoints: work.checkpoint !== null,
      stopping: this.#stopping,
      secret: this.#secret,
    });
    attempt.services.begins();
    const value = await work.run(context);
    if (value === undefined) return { kind: "succeeded", result: null };
    const result = jsonText(value);
    if (result === null) warnOf(attempt.services, "the returned value is not JSON: no result kept");
    return { kind: "succeeded", result };
  }

  #end(outcome: Outcome): void {
    this.#withdraw?.();
    this.#settle?.({ outcome, exitCode: null, signal: null });
    this.#settle = null;
  }
}

function readPayload(
  schema: StandardSchemaV1 | null,
  json: string | null,
): Validation<unknown> | Promise<Validation<unknown>> {
  const value: unknown = json === null ? undefined : JSON.parse(json);
  return schema === null ? { value } : schema["~standard"].validate(value);
}

async function readCheckpoint(schema: StandardSchemaV1, attempt: AttemptContext): Promise<unknown> {
  const json = await attempt.services.loadCheckpoint();
  if (json === null) return undefined;
  const checkpoint = await schema["~standard"].validate(JSON.parse(json));
  if (checkpoint.issues === undefined) return checkpoint.value;
  // Starting again from nothing without a word could repeat hours of effects.
  throw new PermanentError(
    `the saved checkpoint does not fit the task's schema (${describeIssues(checkpoint.issues)}): ` +
      `adapt the schema, or start again from nothing with: belfry replay ${attempt.run} --fresh`,
  );
}

function invalidPayload(problems: string): Outcome {
  const message = `the payload does not fit the task's schema: ${problems}`;
  return {
    kind: "failed",
    error: { message, code: "invalid-payload", stack: null },
    permanent: "invalid-payload",
    retryAt: null,
  };
}

function failure(thrown: unknown, now: number): Outcome {
  return {
    kind: "failed",
    error: errorRecord(thrown),
    permanent: thrown instanceof PermanentError ? "permanent" : null,
    retryAt: thrown instanceof RetryAfter ? retryInstant(thrown.when, now) : null,
  };
}

/** Null where `when` says nothing usable: then the task's own policy decides. */
function retryInstant(when: Date | string, now: number): number | null {
  try {
    const at = typeof when === "string" ? now + parseDuration(when) : when.getTime();
    return Number.isFinite(at) ? at : null;
  } catch {
    return null;
  }
}

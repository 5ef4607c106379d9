import { BelfryError } from "../core/errors.ts";
import type {
  AttemptContext,
  AttemptServices,
  ReadSecret,
  SecretName,
  StopReason,
} from "../executor.ts";
import type { LogLine } from "../log.ts";
import { CHECKPOINT_BYTES_MAX, type Context, type ContextLog } from "./context.ts";
import { type Jsonified, jsonText, readableJsonText } from "./json-text.ts";

/** An abort signal that costs nothing until somebody looks at it. */
export class LazySignal {
  #controller: AbortController | null = null;
  #reason: StopReason | null = null;

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(abortError(this.#reason));
    }
    return this.#controller.signal;
  }

  abort(reason: StopReason): void {
    this.#reason = reason;
    this.#controller?.abort(abortError(reason));
  }
}

function abortError(reason: StopReason): DOMException {
  const timed = reason === "timeout" || reason === "deadline";
  return new DOMException(
    `The attempt has to end: ${reason}`,
    timed ? "TimeoutError" : "AbortError",
  );
}

/** What is the same for every attempt of a task's function, or was read before it is called. */
export interface ContextParts {
  readonly payload: unknown;
  readonly resumed: unknown;
  readonly keepsCheckpoints: boolean;
  readonly stopping: LazySignal;
  readonly secret: ReadSecret;
}

/**
 * The context of one attempt. A task that does nothing costs microseconds, so dates, the signal
 * and the log exist once they are asked for; the functions are fields, so that they still work
 * when they are taken out of the object.
 */
export class FunctionContext implements Context {
  readonly payload: unknown;
  readonly resumed: unknown;
  readonly idempotencyKey: string;
  readonly run: Context["run"];
  readonly #attempt: AttemptContext;
  readonly #parts: ContextParts;
  #dueAt: Date | null = null;
  #previousDueAt: Date | null = null;
  #log: ContextLog | null = null;
  #effects: Map<string, Promise<string>> | null = null;

  constructor(attempt: AttemptContext, parts: ContextParts) {
    this.#attempt = attempt;
    this.#parts = parts;
    this.payload = parts.payload;
    this.resumed = parts.resumed;
    this.idempotencyKey = attempt.idempotencyKey;
    this.run = {
      id: attempt.run,
      task: attempt.task,
      attempt: attempt.number,
      fence: attempt.fence,
      trigger: attempt.trigger,
    };
  }

  get dueAt(): Date {
    this.#dueAt ??= new Date(this.#attempt.dueAt);
    return this.#dueAt;
  }

  get previousDueAt(): Date | null {
    const at = this.#attempt.previousDueAt;
    if (at !== null) this.#previousDueAt ??= new Date(at);
    return this.#previousDueAt;
  }

  get signal(): AbortSignal {
    return this.#parts.stopping.signal;
  }

  get log(): ContextLog {
    this.#log ??= createLog(this.#attempt.services);
    return this.#log;
  }

  readonly secret = (secret: string | SecretName): string =>
    this.#parts.secret(typeof secret === "string" ? secret : secret.secret);

  readonly progress = (done: number, total?: number, unit?: string): void => {
    this.#attempt.services.progress(done, total ?? null, unit ?? null);
  };

  readonly report = (figures: Readonly<Record<string, unknown>>): void => {
    this.#attempt.services.report(figures);
  };

  readonly checkpoint = async (value: unknown): Promise<void> => {
    if (!this.#parts.keepsCheckpoints) throw undeclaredCheckpoint(this.run.task);
    await this.#attempt.services.saveCheckpoint(checkpointText(value));
  };

  readonly once = async <Result>(
    key: string,
    effect: () => Result | Promise<Result>,
  ): Promise<Jsonified<Awaited<Result>>> => {
    this.#effects ??= new Map();
    // Two calls at the same time are one effect too.
    const known = this.#effects.get(key);
    if (known !== undefined) return JSON.parse(await known);
    const doing = this.#recorded(key, effect);
    this.#effects.set(key, doing);
    try {
      return JSON.parse(await doing);
    } catch (error) {
      this.#effects.delete(key);
      throw error;
    }
  };

  async #recorded(key: string, effect: () => unknown): Promise<string> {
    const services = this.#attempt.services;
    const recorded = await services.loadEffect(key);
    if (recorded !== null) return recorded;
    const result = await effect();
    const json = result === undefined ? "null" : jsonText(result);
    // The effect has happened: failing now would repeat it.
    if (json === null) warnOf(services, `the result of once("${key}") is not JSON: kept as null`);
    await services.saveEffect(key, json ?? "null");
    return json ?? "null";
  }
}

export function warnOf(services: AttemptServices, text: string): void {
  services.log({ stream: "log", level: "warn", text, fields: null });
}

function createLog(services: AttemptServices): ContextLog {
  const at =
    (level: NonNullable<LogLine["level"]>): ContextLog["info"] =>
    (message, fields) => {
      const text = fields === undefined ? null : readableJsonText(fields);
      services.log({ stream: "log", level, text: String(message), fields: text });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function checkpointText(value: unknown): string {
  const json = jsonText(value);
  if (json === null) {
    throw new BelfryError(
      "usage",
      "checkpoint-not-json",
      "a checkpoint has to survive JSON, and this one does not",
      "Save plain values: text, numbers, arrays, objects",
    );
  }
  if (Buffer.byteLength(json) > CHECKPOINT_BYTES_MAX) {
    throw new BelfryError(
      "usage",
      "checkpoint-too-large",
      `a checkpoint may have ${CHECKPOINT_BYTES_MAX} bytes, this one has ${Buffer.byteLength(json)}`,
      "Save where to go on from, and keep the data itself elsewhere",
    );
  }
  return json;
}

function undeclaredCheckpoint(task: string): BelfryError {
  return new BelfryError(
    "usage",
    "checkpoint-undeclared",
    `task "${task}" saves a checkpoint but declares none`,
    "Add `checkpoint: SCHEMA` to the task, so that the next attempt can read it",
  );
}

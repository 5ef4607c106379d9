import type { Trigger } from "./core/run.ts";
import type { Outcome } from "./core/verdict.ts";
import type { LogLine } from "./log.ts";

/** Everything an attempt needs to know, and where it may speak to. */
export interface AttemptContext {
  readonly run: string;
  readonly task: string;
  readonly number: number;
  readonly fence: number;
  readonly trigger: Trigger;
  readonly dueAt: number;
  readonly previousDueAt: number | null;
  readonly idempotencyKey: string;
  /** JSON text, or null where there is none. */
  readonly payload: string | null;
  readonly services: AttemptServices;
}

/** What an attempt may ask of the engine. All are fenced: after a loss they have no effect. */
export interface AttemptServices {
  /** The task's own code runs in this process from here on, and may block its event loop. */
  begins(): void;
  log(line: Omit<LogLine, "at" | "attempt">): void;
  /** Raw output of a child, in arrival order; split into lines by the engine. */
  output(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  /** The last of what was written to stderr, as it is kept: without secrets. */
  errorTail(): string;
  progress(done: number, total: number | null, unit: string | null): void;
  /** Figures of what was processed; later calls are merged over earlier ones. */
  report(figures: Readonly<Record<string, unknown>>): void;
  /** JSON text of the last checkpoint of this run, of whichever attempt, or null. */
  loadCheckpoint(): Promise<string | null>;
  /** Durable when it resolves. Throws where the run is no longer this attempt's. */
  saveCheckpoint(json: string): Promise<void>;
  /** The recorded result of effect `key`, as JSON text, or null. */
  loadEffect(key: string): Promise<string | null>;
  saveEffect(key: string, json: string): Promise<void>;
}

/** How an attempt that was started ended, beyond its outcome. */
export interface Ended {
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Why an attempt is told to end. */
export type StopReason = "timeout" | "deadline" | "cancelled" | "interrupted" | "lost";

/** One attempt under way. */
export interface Execution {
  /** Never rejects: whatever happens is an outcome. */
  readonly ended: Promise<Ended>;
  /**
   * What outlived `ended` in this process: a function that did not heed its signal. Its run is not
   * tried again here until the promise resolves; it never rejects. Null where nothing did.
   */
  readonly lingering: Promise<void> | null;
  /**
   * Asks the attempt to end: a function's signal aborts, a command's group gets SIGTERM and after
   * the grace SIGKILL. The outcome follows from the reason unless the attempt ended first.
   */
  stop(reason: StopReason): void;
}

/** A value that only the node knows, by its name. */
export interface SecretName {
  readonly secret: string;
}

/**
 * The value of a secret on this node, which from then on is taken out of all that is kept.
 * @throws where it is set nowhere or cannot be read, naming it.
 */
export type ReadSecret = (name: string) => string;

/** What a task's `run` is to an executor: made on the node from its own code, never stored. */
export interface Work {
  readonly kind: string;
}

/** A kind of thing that performs attempts. */
export interface Executor<W extends Work = Work> {
  readonly kind: W["kind"];
  execute(work: W, context: AttemptContext): Execution;
  /** Ends whatever a node that is gone left behind on this host; resolves when nothing is left. */
  reclaim(node: string): Promise<number>;
  close(): Promise<void>;
}

import type { TriggerKind } from "../core/run.ts";
import type { SecretName } from "../executor.ts";
import type { Jsonified } from "./json-text.ts";

/** A checkpoint is a place to go on from, not the data: larger ones are refused. */
export const CHECKPOINT_BYTES_MAX: number = 1024 * 1024;

/** What the function of a task is given. Every part may be taken out of it by destructuring. */
export interface Context<Payload = unknown, Checkpoint = unknown> {
  /** What the schema made of the payload; undefined where the run has none. */
  readonly payload: Payload;
  /** The instant the run is due: of the occurrence, else of the trigger. */
  readonly dueAt: Date;
  /** `dueAt` of the last run that succeeded, or null. */
  readonly previousDueAt: Date | null;
  readonly run: {
    readonly id: string;
    readonly task: string;
    /** 1-based, counts every start. */
    readonly attempt: number;
    /** Rises with every attempt of any run: a resource that keeps the highest refuses the stale. */
    readonly fence: number;
    readonly trigger: { readonly kind: TriggerKind; readonly by: string };
  };
  /** The same in every attempt of the run. */
  readonly idempotencyKey: string;
  /** Aborts when the attempt has to end: after `timeout`, a cancellation, a shutdown. */
  readonly signal: AbortSignal;
  readonly log: ContextLog;
  /**
   * The value of a secret: of the environment variable of this name, or of the file that the
   * variable with `_FILE` behind it names. From then on it is taken out of all that Belfry keeps.
   * @throws where it is set nowhere or cannot be read, naming it.
   */
  secret(secret: string | SecretName): string;
  /** How far it is, for people: `progress(30, 100, "files")`. */
  progress(done: number, total?: number, unit?: string): void;
  /** Figures of what was processed; later calls are merged over earlier ones. */
  report(figures: Readonly<Record<string, unknown>>): void;
  /**
   * Saves where to go on from, for the next attempt; durable when it resolves. At most 1 MiB of
   * JSON.
   * @throws where the run is no longer this attempt's, or the task declares no `checkpoint`.
   */
  checkpoint(value: Checkpoint): Promise<void>;
  /** The last checkpoint of the run, of whichever attempt; undefined where there is none. */
  readonly resumed: Checkpoint | undefined;
  /**
   * Does something once a run, not once an attempt: the result is recorded, and a later attempt
   * gets it without a further call. A crash between the call and the record repeats the call, so
   * give the run's `idempotencyKey` to whatever takes one.
   */
  once<Result>(
    key: string,
    effect: () => Result | Promise<Result>,
  ): Promise<Jsonified<Awaited<Result>>>;
}

/** Lines of the run's log; `fields` is anything JSON can hold, errors included. */
export interface ContextLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

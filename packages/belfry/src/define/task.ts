import type { Duration } from "@belfry/schedule";
import type { CatchUp, Delivery, Overlap } from "../core/definition.ts";
import type { Context } from "../executors/context.ts";
import type { StandardSchemaV1 } from "../executors/standard-schema.ts";
import type { Command, ShellCommand } from "./commands.ts";
import type { HeartbeatOption } from "./heartbeat-schema.ts";
import type { ScheduleOption } from "./schedules.ts";

/** How runs are treated. `Field` is a field of the payload. */
export interface PolicyOptions<Field extends string = string> {
  /**
   * What happens to occurrences that were missed: none of them runs, the latest, or all (the
   * newest 1,000). Default `"latest"`.
   */
  readonly catchUp?: CatchUp | undefined;
  /**
   * How late an occurrence may still start. `"next"`: until the next occurrence. Default: `"next"`;
   * with `catchUp: "all"` or `overlap: "queue"` unlimited; with `catchUp: "none"` one minute.
   */
  readonly startWithin?: Duration | "next" | "unlimited" | undefined;
  /**
   * How many runs there may be at once, of the task or for each value of a field of its payload.
   * Default 1.
   */
  readonly concurrency?:
    | number
    | "unlimited"
    | { readonly limit: number; readonly by: Field }
    | undefined;
  /**
   * What happens to what comes due while `concurrency` is used up: it is skipped, it waits, or the
   * oldest running one is asked to end. Default `"skip"`.
   */
  readonly overlap?: Overlap | undefined;
  /**
   * Attempts, the first included; or with the wait before the second (default `"10s"`), which
   * doubles with each further one up to `max` (default `"15m"`). Default: functions 3, commands 1.
   */
  readonly retry?:
    | number
    | {
        readonly attempts?: number | undefined;
        readonly wait?: Duration | undefined;
        readonly max?: Duration | undefined;
      }
    | undefined;
  /** Limit for one attempt, from its start. Default `"unlimited"`. */
  readonly timeout?: Duration | "unlimited" | undefined;
  /** Limit for the run, from its due instant, waits included. Default `"unlimited"`. */
  readonly deadline?: Duration | "unlimited" | undefined;
  /**
   * Spreads starts: each occurrence starts up to so much after it is due, but before the next one,
   * with a delay of its own that is always the same. Default `"none"`.
   */
  readonly jitter?: Duration | "none" | undefined;
  /**
   * What a lost node means: the run is tried again, or it fails. `"at-most-once"` allows no retry.
   * Default `"at-least-once"`.
   */
  readonly delivery?: Delivery | undefined;
  /**
   * Tags that a node must have to run it: all of them. Nodes have theirs by `node.tags`.
   * Default: none, so any node may.
   */
  readonly runsOn?: string | readonly string[] | undefined;
}

/** Words for people; they decide nothing. */
interface WordOptions {
  /**
   * That a repeated attempt does no harm, or better why not: an idempotency key, `once`, a
   * checkpoint. Nobody but you can know; `belfry check` asks for it.
   */
  readonly idempotent?: true | string | undefined;
  readonly description?: string | undefined;
  /** A person or a team. */
  readonly owner?: string | undefined;
  readonly severity?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  /** What to do when it fails, or where that is written. */
  readonly runbook?: string | undefined;
  /**
   * Channels of the configuration that hear of its incidents: failed runs and missed occurrences.
   * Default: the configuration's `alerts`; an empty list says nobody.
   */
  readonly alerts?: readonly string[] | undefined;
}

/** Who is told of its runs. */
interface WatchOptions {
  /**
   * A service outside that misses the task when it falls silent: it is called after each success,
   * and at the start and after a failure where it has a word for that.
   */
  readonly heartbeat?: HeartbeatOption | undefined;
}

/** One schedule, or several whose union is one. */
type Schedules = ScheduleOption | readonly ScheduleOption[];

/** A schedule that brings a payload, by its place under `schedules`. */
type NamedSchedule<Payload> = undefined extends Payload
  ? Schedules | { readonly schedule: Schedules; readonly payload?: Payload | undefined }
  : { readonly schedule: Schedules; readonly payload: Payload };

/** Where the payload is required, only `schedules` can bring one. */
type ScheduleOptions<Payload> = undefined extends Payload
  ?
      | { readonly schedule?: Schedules | undefined; readonly schedules?: undefined }
      | { readonly schedule?: undefined; readonly schedules: NamedSchedules<Payload> }
  : { readonly schedule?: undefined; readonly schedules?: NamedSchedules<Payload> | undefined };

type NamedSchedules<Payload> = Readonly<Record<string, NamedSchedule<Payload>>>;

/** The fields that `concurrency.by` may name; any where the payload's shape is not known. */
type FieldOf<Payload> = unknown extends Payload ? string : keyof Payload & string;

type InputOf<Schema extends StandardSchemaV1> = NonNullable<Schema["~standard"]["types"]>["input"];
type OutputOf<Schema extends StandardSchemaV1> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

/** Without a schema there are no checkpoints: nothing fits. */
type NoCheckpoint = StandardSchemaV1<never>;

/** All that can be said of a task but its name. */
export type TaskOptions<
  Payload extends StandardSchemaV1 = StandardSchemaV1,
  Checkpoint extends StandardSchemaV1 = NoCheckpoint,
> = PolicyOptions<FieldOf<NonNullable<InputOf<Payload>>>> &
  WordOptions &
  WatchOptions &
  ScheduleOptions<InputOf<Payload>> & {
    /** What to run. */
    readonly run:
      | ((ctx: Context<OutputOf<Payload>, OutputOf<Checkpoint>>) => unknown)
      | Command
      | ShellCommand;
    /** A Standard Schema (zod, valibot, arktype, …): each attempt parses the payload by it. */
    readonly payload?: Payload | undefined;
    /** A Standard Schema of what `ctx.checkpoint()` takes and `ctx.resumed` gives. */
    readonly checkpoint?: Checkpoint | undefined;
  };

/** Registered, so that a task is one to any copy of this library. */
const TASK: unique symbol = Symbol.for("belfry.task");

/** A declared task. `Payload` is what a trigger must bring. */
export interface Task<Payload = unknown> {
  readonly name: string;
  readonly [TASK]: Declared<Payload>;
}

interface Declared<Payload> {
  readonly options: Readonly<Record<string, unknown>>;
  readonly site: { readonly stack?: string };
  /** For the compiler only. */
  readonly payload?: Payload;
}

/**
 * Declares a task. It does nothing else: the options are checked when the file is loaded, so that
 * one mistake stops no other task. Export the task, or give it to `openBelfry`.
 *
 * @param name at most 128 letters, digits and `-` `_` `.` `:`, of which the first is a letter or a
 * digit. It is the task's identity: a new name is a new task.
 * @param options what to run, when, and by which policies.
 */
export function task<
  Payload extends StandardSchemaV1 = StandardSchemaV1,
  Checkpoint extends StandardSchemaV1 = NoCheckpoint,
>(name: string, options: TaskOptions<Payload, Checkpoint>): Task<InputOf<Payload>> {
  const site: { stack?: string } = {};
  Error.captureStackTrace(site, task);
  return { name, [TASK]: { options: { ...options }, site } };
}

/** What a task was declared with: options as they were written, and the stack of the call. */
export interface Declaration {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly stack: string;
}

/** Whether a value is a task that any copy of this library declared. */
export function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && TASK in value;
}

export function declarationOf({ name, [TASK]: { options, site } }: Task): Declaration {
  return { name, options, stack: site.stack ?? "" };
}

import type { Days, Dialect } from "@belfry/schedule";

export type CatchUp = "none" | "latest" | "all";
export type Overlap = "skip" | "queue" | "replace";
export type Delivery = "at-least-once" | "at-most-once";

/** How a run of the task is treated. All JSON: a run is pinned to the hash of its definition. */
export interface Policies {
  readonly catchUp: CatchUp;
  /** How late an occurrence may still start, ms; `"next"`: until the next occurrence; null: any. */
  readonly startWithin: number | "next" | null;
  /** `limit` null: unlimited. `by`: a field of the payload that each has a limit of its own. */
  readonly concurrency: { readonly limit: number | null; readonly by: string | null };
  readonly overlap: Overlap;
  readonly retry: { readonly attempts: number; readonly waitMs: number; readonly maxMs: number };
  /** Per attempt, from its start. */
  readonly timeoutMs: number | null;
  /** Per run, from its due instant, waits included. */
  readonly deadlineMs: number | null;
  /** Each occurrence starts up to so much after it is due, ms; 0: on time. */
  readonly jitterMs: number;
  readonly delivery: Delivery;
  /** Tags, in order, all of which a node must have to run it; none: any node may. */
  readonly runsOn: readonly string[];
}

/** One expression. `anchor` is for `every`: what it counts from, an instant or a local time. */
export interface SchedulePart extends Occasion {
  readonly expression: string;
  readonly dialect: Dialect;
  readonly timeZone: string;
  readonly anchor: number | string | null;
}

/** Of which of its occurrences there are runs; absent: of all. */
export interface Occasion {
  readonly on?: Days;
  /** Where an occurrence goes that is on another day; absent: nowhere. */
  readonly otherwise?: "next" | "previous";
  /** Times of day: `09:00-17:00`. */
  readonly during?: string;
}

/** When a task is due: the union of its parts. Its identity is the task and `key`, for ever. */
export interface ScheduleDefinition {
  readonly key: string;
  readonly parts: readonly SchedulePart[];
  /** JSON text, or null where the schedule brings none. */
  readonly payload: string | null;
}

/** The services that watch from outside whose way of being told is known; `plain`: any URL. */
export type HeartbeatKind = "healthchecks" | "cronitor" | "better-stack" | "plain";

/** Who hears of each ended run, as far as it is no secret: the URL stays on the node. */
export interface HeartbeatTo {
  /** Null where the URL, which is a secret, tells it. */
  readonly kind: HeartbeatKind | null;
  /** Null where the URL is a secret. */
  readonly host: string | null;
}

/**
 * To whom a run's output is mailed, as cron does. What else the mail says comes from the node: the
 * command line in its subject may hold a password, and the store keeps none.
 */
export interface MailTo {
  readonly to: readonly string[];
  /** An address, or `Name <address>`. */
  readonly from: string;
}

/** Whom to tell about a task's runs. Names and kinds only: addresses that may be secret stay on the node. */
export interface Watch {
  /** Channels, by name, to which its incidents go. */
  readonly alerts: readonly string[];
  /** The service that hears of each ended run; its URL is the node's to know. */
  readonly heartbeat: HeartbeatTo | null;
  readonly mail: MailTo | null;
}

/** What a release says of one task; content-addressed, so two equal ones are one row. */
export interface Definition {
  readonly task: string;
  /** The kind of executor: `function`, `command`, `shell`. */
  readonly executor: string;
  /** The zone in which the task's days are counted. */
  readonly timeZone: string;
  readonly schedules: readonly ScheduleDefinition[];
  readonly policies: Policies;
  readonly watch: Watch;
  readonly description: string | null;
  readonly owner: string | null;
  readonly severity: string | null;
  readonly tags: readonly string[];
  readonly runbook: string | null;
  /** Declared: that a repeated attempt does no harm, or why. */
  readonly idempotent: true | string | null;
}

/** Where a definition stands in the source it came from. */
export interface SourcePlace {
  readonly file: string | null;
  readonly line: number | null;
}

/** All that one source's code base declares, as one node loaded it. */
export interface Release {
  readonly source: string;
  /** Hash over the tasks and their definitions' hashes: equal code, equal release. */
  readonly hash: string;
  readonly tasks: readonly ReleasedTask[];
  /**
   * Tasks and files, by name, that could not be loaded: what they declared before stays in force,
   * without code, until they can. A slip of the pen must not take a task out of production.
   */
  readonly unread: readonly string[];
}

export interface ReleasedTask extends SourcePlace {
  readonly name: string;
  /** Hash of the definition's body. */
  readonly definition: string;
}

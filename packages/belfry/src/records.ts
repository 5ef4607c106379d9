import type {
  Definition,
  Release,
  ReleasedTask,
  SchedulePart,
  SourcePlace,
} from "./core/definition.ts";
import type { ErrorRecord } from "./core/errors.ts";
import type { PauseWindow, PlannedGap } from "./core/plan.ts";
import type {
  Attempt,
  FinalState,
  GapReason,
  Parked,
  Reason,
  RunState,
  Trigger,
} from "./core/run.ts";
import type { Asked } from "./core/verdict.ts";

// What the store keeps, as plain values: rows that its verbs answer with.

export interface NodeJoin {
  /** Random incarnation id, new for each start of a process. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly concurrency: number;
  /** What is special about it: a task may ask for some of them. */
  readonly tags: readonly string[];
  /** `HOST:PORT` of its health and metrics, or null: it has no port open. */
  readonly http: string | null;
  readonly leaseUntil: number;
  readonly releases: readonly Release[];
}

export interface NodeRow extends Omit<NodeJoin, "releases"> {
  readonly state: "alive" | "dead" | "left";
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly running: number;
  readonly releases: readonly { readonly source: string; readonly hash: string }[];
  /** Its event loop stands still: since when, and under which tasks. Null: it moves. */
  readonly stalled: { readonly sinceAt: number; readonly tasks: readonly string[] } | null;
  /** What came of its signs of life to a service outside. Null: it has given none. */
  readonly heartbeat: NodeHeartbeat | null;
  /** Who wished that it takes no new work, and when; null: it takes what there is. */
  readonly draining: { readonly sinceAt: number; readonly by: string } | null;
}

export interface NodeHeartbeat {
  /** When the service last heard of this node. */
  readonly heardAt: number | null;
  /** When the last ping failed, or the node kept silent; null: the last one was heard. */
  readonly failedAt: number | null;
  /** Why it failed: names the service's host, never its URL. */
  readonly error: string | null;
}

export type Peer = Pick<NodeRow, "id" | "host" | "leaseUntil">;

export interface StoredDefinition {
  readonly hash: string;
  readonly body: Definition;
}

export interface DueSchedule {
  readonly id: string;
  readonly task: string;
  readonly key: string;
  readonly revision: number;
  readonly parts: readonly SchedulePart[];
  readonly payload: string | null;
  /** Hash of the task's definition in force. */
  readonly definition: string;
  readonly cursorAt: number;
  readonly nextAt: number | null;
  readonly pause: PauseWindow | null;
  /** Up to when a tick has planned what its task's source declares; null: there was none. */
  readonly tickedAt: number | null;
}

export interface ClaimedRun {
  readonly id: string;
  readonly task: string;
  readonly schedule: string | null;
  readonly scheduleKey: string | null;
  readonly definition: string;
  readonly trigger: Trigger;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly deadlineAt: number | null;
  readonly node: string;
  readonly fence: number;
  readonly attempts: readonly Attempt[];
  readonly payload: string | null;
  readonly idempotencyKey: string | null;
  readonly gate: string | null;
  readonly asked: Asked | null;
  readonly replayOf: string | null;
  /** Due instant of the task's last success. */
  readonly previousDueAt: number | null;
}

export interface ExpiredRow {
  readonly kind: "run" | "gap";
  /** Run id, or gap's `schedule/fromAt`. */
  readonly id: string;
  readonly task: string;
  readonly dueAt: number;
  readonly state: FinalState | null;
  readonly reason: Reason | GapReason | null;
  /** Whether an occurrence made it, not a person or a replay. */
  readonly scheduled: boolean;
  readonly count: number;
}

/** A task's day, in its zone; outlives the rows it was counted from. */
export interface DayCount {
  readonly task: string;
  /** Local date, `2026-03-08`. */
  readonly day: string;
  readonly timeZone: string;
  readonly due: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Gaps `down` and `late`. */
  readonly missed: number;
  /** Gaps of the other reasons. */
  readonly passedOver: number;
}

export interface PauseRow extends PauseWindow {
  readonly by: string;
  readonly reason: string | null;
}

export interface TaskRow extends ReleasedTask {
  readonly source: string;
  readonly enabled: boolean;
  readonly body: Definition;
  readonly pause: PauseRow | null;
  readonly schedules: readonly ScheduleRow[];
  readonly lastRun: LastRun | null;
  readonly lastSuccess: LastRun | null;
  /** Live nodes that have its code and the tags that it asks for. */
  readonly carriers: readonly string[];
  /** Live nodes that have its code, and not all those tags. */
  readonly unplaced: readonly string[];
}

export interface LastRun {
  readonly id: string;
  readonly state: FinalState;
  readonly dueAt: number;
  readonly endedAt: number;
}

export interface ScheduleRow
  extends Omit<DueSchedule, "pause" | "definition" | "task" | "tickedAt"> {
  readonly source: string;
  readonly enabled: boolean;
}

export interface RunRow {
  readonly id: string;
  readonly task: string;
  readonly schedule: string | null;
  readonly scheduleKey: string | null;
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly trigger: Trigger;
  readonly definition: string;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly readyAt: number | null;
  readonly parked: Parked | null;
  readonly gate: string | null;
  readonly slot: boolean;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly deadlineAt: number | null;
  readonly startBy: number | null;
  readonly node: string | null;
  readonly fence: number | null;
  readonly asked: { readonly asked: Asked; readonly by: string } | null;
  readonly attempts: readonly Attempt[];
  readonly payload: string | null;
  readonly result: string | null;
  readonly error: ErrorRecord | null;
  readonly report: string | null;
  readonly progress: string | null;
  readonly idempotencyKey: string | null;
  readonly replayOf: string | null;
}

/** A run that an occurrence made, as far as it matters for whether something ran. */
export interface OccurrenceRow extends Pick<RunRow, "id" | "dueAt" | "state" | "reason"> {
  readonly scheduleKey: string;
}

export interface RunFilter {
  readonly task?: string | undefined;
  readonly state?: RunState | undefined;
  /** Half-open range of due instants. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly replayOf?: string | undefined;
  /** Only failed ones, and of them those that nobody has replayed. */
  readonly unresolved?: true | undefined;
  readonly limit: number;
}

export interface GapRow extends Omit<PlannedGap, "nextAt" | "dayEndAt"> {
  readonly task: string;
  readonly schedule: string;
  readonly scheduleKey: string;
  readonly parts: readonly SchedulePart[];
  readonly definition: string;
}

export interface GateRow {
  readonly id: string;
  readonly max: number;
  readonly holders: readonly string[];
  readonly waiting: number;
}

/** What a watcher counts. */
export interface Census {
  /** Runs that wait: for their time, a slot, a node with their code, or another attempt. */
  readonly pending: number;
  /** Due instant of the oldest of them, which may be to come; null: none waits. */
  readonly oldestPendingDueAt: number | null;
  /** Failed runs that nobody has resolved. */
  readonly deadLetters: number;
  /** Of each task that is declared now, by name. */
  readonly tasks: readonly {
    readonly name: string;
    /** When the last run that succeeded ended. */
    readonly lastSuccessAt: number | null;
    readonly nextDueAt: number | null;
  }[];
}

/** Something that somebody changed: a person, a release, or a node that judged another. */
export interface Deed {
  readonly actor: string;
  /** `task.pause`, `run.cancel`: a noun and a verb. */
  readonly what: string;
  readonly subject: string;
  /** The task that it is about, or null. */
  readonly task: string | null;
  /** JSON text of what it was and of what it became, or null. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface AuditRow extends Deed {
  readonly seq: number;
  readonly at: number;
}

/** A task that a living node brings and another source has: it is not taken. */
export interface Refusal extends SourcePlace {
  readonly task: string;
  readonly source: string;
  readonly owner: SourcePlace & { readonly source: string };
}

/** How far a store has come, and which one it is. */
export interface StoreMark {
  /** The store's own identity; a copy has the same. */
  readonly storeId: string;
  readonly schema: number;
  /** Highest instant that any process has written. */
  readonly highAt: number;
  /** The last fence that was drawn. */
  readonly fence: number;
  /** Rises with each node that joins, and with each word about the clock. */
  readonly generation: number;
  /** When this copy was made, until a node works on it; null: it is no copy. */
  readonly copiedAt: number | null;
}

/** A node joined a store that is a copy, or behind what it had come to before. */
export interface Restored {
  /** When the copy was made, where it says so. */
  readonly copiedAt: number | null;
  /** Nothing is known of what happened from then on. */
  readonly lostFromAt: number;
  /** The latest instant that the store before it is known to have seen; null: unknown. */
  readonly lostUntilAt: number | null;
}

export interface AuditFilter {
  readonly task?: string | undefined;
  readonly actor?: string | undefined;
  readonly what?: string | undefined;
  /** Half-open range of instants. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly limit: number;
}

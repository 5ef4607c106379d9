import type { Adopted, Adoption, Drift } from "./adoption.ts";
import type { Release, SchedulePart, Watch } from "./core/definition.ts";
import type { ErrorRecord } from "./core/errors.ts";
import type { Incident, TaskIncident } from "./core/incident.ts";
import type { Attempt, FinalState } from "./core/run.ts";
import type { Asked, Verdict } from "./core/verdict.ts";
import type {
  IncidentFilter,
  OutboxFilter,
  OutboxQuery,
  OutboxResult,
  OutboxRow,
  OutboxTaken,
} from "./outbox.ts";
import type { NewGap, PlanClaim, Planned, SchedulePlan, UpcomingQuery } from "./planning.ts";
import type {
  AuditFilter,
  AuditRow,
  Census,
  ClaimedRun,
  DayCount,
  Deed,
  DueSchedule,
  ExpiredRow,
  GapRow,
  GateRow,
  NodeHeartbeat,
  NodeJoin,
  NodeRow,
  OccurrenceRow,
  Peer,
  Refusal,
  Restored,
  RunFilter,
  RunRow,
  StoredDefinition,
  StoreMark,
  TaskRow,
} from "./records.ts";
import type { Triggered, TriggerRequest } from "./triggering.ts";

/** What may have changed: only that more runs wait, or whatever there is. */
export type Change = "runs" | "anything";

/**
 * The durable state, in the engine's words. Each verb is one atomic transaction, durable when its
 * promise resolves; each takes `now`. Values are plain JSON: they cross threads and processes.
 * Payloads, results and reports are JSON text and are never looked into, but for a gate's field.
 *
 * Lock order, everywhere: node → gates → runs. What a lock protects is read after it is held.
 */
export interface Store {
  // ── Nodes: who may work ────────────────────────────────────────────────────────────────────
  /**
   * Adds a node, alive, with its lease and the tasks it has code for. Where no other is alive, what
   * lies between the store's highest instant and now is noted as downtime. Where the store turns
   * out to be an older copy of itself, which an operator has restored, it says so; whoever was alive in it
   * is dead, and fences go on above all that may have been drawn since the copy was made.
   */
  join(node: NodeJoin, now: number): Promise<Restored | null>;
  /** Lengthens the lease, unless the node was declared dead. Says what is wished of its runs. */
  renew(node: string, leaseUntil: number, now: number): Promise<Renewal>;
  /** What is wished of the node's runs, without renewing: read when something has changed. */
  wishes(node: string): Promise<readonly Wish[]>;
  /** The node ended by itself and holds nothing any more. */
  leave(node: string, now: number): Promise<void>;
  /** Replaces the releases and tasks that a living node carries (hot reload of one source). */
  carry(node: string, releases: readonly Release[], now: number): Promise<void>;
  /**
   * `on`: a living node takes no new work from now on, and goes on with what it runs; it plans as
   * before. `off`: it takes what there is again.
   */
  drain(
    node: string,
    wish: DrainWish,
    now: number,
    by: string,
  ): Promise<"changed" | "already" | "not-alive">;
  /**
   * Declares a node dead, so that it can claim nothing more. `expired` is guarded by its lease;
   * `proven` means its process is known to be gone. `held`: it renewed meanwhile, or was dead.
   * @param by the node that declares it.
   */
  kill(
    node: string,
    evidence: "expired" | "proven",
    now: number,
    by: string,
  ): Promise<"killed" | "held">;
  /** Runs still running under dead nodes, oldest first: each gets the outcome `lost` by settle. */
  orphans(limit: number): Promise<readonly ClaimedRun[]>;
  /** What runs under a node, as far as the store knows: to compare with what the node knows. */
  holdings(node: string): Promise<readonly (Holding & { readonly claim: string })[]>;
  /** Those of these runs that still run under these fences. */
  held(holdings: readonly Holding[]): Promise<readonly ClaimedRun[]>;
  /** Keeps what came of a node's last sign of life to a service outside, for others to see. */
  noteHeartbeat(node: string, heartbeat: NodeHeartbeat, now: number): Promise<void>;
  nodes(): Promise<readonly NodeRow[]>;
  /** The living nodes beside this one, and until when: what a reaper looks at, again and again. */
  peers(node: string): Promise<readonly Peer[]>;

  // ── Definitions: what is declared ──────────────────────────────────────────────────────────
  /** Keeps a release and its definitions; the first to bring it dates it. Switches nothing. */
  publish(release: Release, definitions: readonly StoredDefinition[], now: number): Promise<void>;
  /** Sources whose newest first-seen release on a live node is not the one in force. */
  drift(): Promise<readonly Drift[]>;
  /**
   * Switches a source to a release, if `from` is still in force: tasks and schedules are added,
   * changed and removed as `semantics.md` says (Identity), gates get their limits, runs that
   * waited for code are freed. `stale` also where a schedule of the source has come due and is not
   * planned up to `now`, nor among `forfeits`: the switch would pass it over in silence.
   */
  adopt(adoption: Adoption, now: number, by: string): Promise<Adopted>;
  /** Tasks of living nodes that are not taken because another source has one of that name. */
  refusals(): Promise<readonly Refusal[]>;
  definitions(hashes: readonly string[]): Promise<readonly StoredDefinition[]>;
  /**
   * Makes or replaces a schedule at run time; its source is `api` and releases never touch it.
   * `owed`: the old one has come due and is not planned up to `now`; plan it first. With `forfeit`
   * what it owes is given up, as a gap `edited` of the one occurrence that is known.
   */
  setSchedule(
    schedule: RuntimeSchedule,
    now: number,
    by: string,
    owing?: Owing,
  ): Promise<"set" | "no-task" | "owned" | "owed">;
  removeSchedule(
    task: string,
    key: string,
    now: number,
    by: string,
    owing?: Owing,
  ): Promise<"removed" | "no-schedule" | "owed">;

  // ── Planning ───────────────────────────────────────────────────────────────────────────────
  /** A page of the enabled schedules that are due before an instant, by (nextAt, id). */
  upcoming(query: UpcomingQuery): Promise<readonly DueSchedule[]>;
  /** All enabled schedules of these tasks, due or not: to account for them before a change. */
  schedulesOf(tasks: readonly string[]): Promise<readonly DueSchedule[]>;
  /**
   * Moves each cursor by compare-and-set on (schedule, revision, cursor, definition) and writes
   * what it passes: runs into pending, gaps. A live run that finds its gate full meets its
   * overlap policy in the same transaction, or, where it waits for its jitter, in the first claim
   * after that. `stale`: somebody else was first; nothing written.
   * With a claim, what comes due live and finds its gate free goes straight to running, while the
   * node may claim it, has room, and nothing waits that a claim would take first; the rest waits. An
   * ambiguous answer is looked up by `claim` under the same id.
   */
  plan(plans: readonly SchedulePlan[], now: number, claim?: PlanClaim): Promise<readonly Planned[]>;
  /**
   * A tick has planned what these sources declare up to `at`. Answers up to when the one before had
   * planned all of them, or null.
   */
  ticked(sources: readonly string[], at: number): Promise<number | null>;

  // ── Runs ───────────────────────────────────────────────────────────────────────────────────
  trigger(requests: readonly TriggerRequest[], now: number): Promise<readonly Triggered[]>;
  /**
   * Admits due arrivals to their gates, turns away what is too late to start, then moves up to
   * `limit` (which may be 0) due runs whose code the node has to running, under one fence and `claimId`. Nothing
   * where the node is dead or its lease has run out. Idempotent under `claimId`: asked again
   * after an ambiguous answer, it answers with what that claim still holds.
   */
  claim(request: ClaimRequest, now: number): Promise<Claimed>;
  /**
   * Ends attempts: to history, or back to pending (a retry keeps its slot). Guarded by run and
   * fence; `stale`: somebody else's by now, nothing written; asked again: `settled` once more.
   * What is to be told of an end is written with it: incidents, alerts, heartbeats, mails.
   */
  settle(settlements: readonly Settlement[], now: number): Promise<Settled>;
  /** Ends a waiting run now, or asks a running one to end. */
  cancel(run: string, now: number, by: string): Promise<Cancelled>;
  /** Keeps progress and report of running attempts; without effect under a stale fence. */
  observe(notes: readonly Note[], now: number): Promise<void>;
  saveCheckpoint(
    run: string,
    fence: number,
    value: string,
    now: number,
  ): Promise<"saved" | "stale">;
  checkpoint(run: string): Promise<string | null>;
  /** An effect that a run recorded under `key`: its result as JSON text, or null. */
  effect(scope: string, key: string): Promise<string | null>;
  /** Records an effect once; `stale` where the fence no longer holds. */
  recordEffect(effect: EffectRecord, now: number): Promise<"recorded" | "stale">;

  // ── Operators ──────────────────────────────────────────────────────────────────────────────
  /** Pauses from `now`; schedules must have been planned up to it before. Holds what waits. */
  pause(task: string, pause: PauseRequest, now: number): Promise<"paused" | "no-task">;
  /** Lifts a pause and frees what it held; starts nothing that came due meanwhile. */
  resume(task: string, now: number, by: string): Promise<"resumed" | "not-paused" | "no-task">;
  /** Ends pauses whose time has come: frees what they held. Answers when the next one ends. */
  unpause(now: number): Promise<number | null>;

  // ── Telling: what must go out ──────────────────────────────────────────────────────────────
  /** When something is ready that the node can send, past instants included; null: nothing waits. */
  outboxReadyAt(query: OutboxQuery): Promise<number | null>;
  /**
   * Hands out what is ready, and hides it from everybody for `holdMs`: who dies in between sends it
   * once more, under the same id. Of an incident's alerts on one channel `closed` waits for
   * `opened`. Heartbeats that are too old are dropped; a downtime of which all is known is told.
   */
  takeOutbox(query: OutboxQuery, holdMs: number, now: number): Promise<OutboxTaken>;
  /** Says what became of tries; without effect on what is sent or dropped already. */
  recordOutbox(results: readonly OutboxResult[], now: number): Promise<void>;

  // ── Keeping house ──────────────────────────────────────────────────────────────────────────
  /** Parks due runs whose code no live node has, so that claims need not step over them. */
  parkUncarried(now: number): Promise<number>;
  /** Re-counts the gates that have waiting runs, and grants what is free. Heals, as a rule does nothing. */
  topup(now: number): Promise<number>;
  /** The oldest finished runs and gaps due before `before`, for the janitor to roll up. */
  expired(before: number, limit: number): Promise<readonly ExpiredRow[]>;
  /** Deletes these rows and adds to their days, or nothing if one of them is gone already. */
  prune(
    rows: readonly ExpiredRow[],
    days: readonly DayCount[],
    now: number,
  ): Promise<"pruned" | "stale">;
  /**
   * Forgets what nothing points at: dead nodes, empty gates, unused definitions, checkpoints, old
   * keys, and of the audit what tells of runs and nodes.
   */
  sweep(before: number, now: number): Promise<number>;

  // ── Reading: never changes anything ────────────────────────────────────────────────────────
  tasks(name: string | null): Promise<readonly TaskRow[]>;
  run(id: string): Promise<RunRow | null>;
  /** Runs newest first by due instant, of all states. */
  runs(filter: RunFilter): Promise<readonly RunRow[]>;
  /** Runs of a task that occurrences made which were due in [from, until), newest first. */
  occurrences(
    task: string,
    from: number,
    until: number,
    limit: number,
  ): Promise<readonly OccurrenceRow[]>;
  /** Runs whose id begins so; at most `limit`. */
  runsByPrefix(prefix: string, limit: number): Promise<readonly RunRow[]>;
  /** Gaps that touch [from, until), oldest first. */
  gaps(task: string, from: number, until: number): Promise<readonly GapRow[]>;
  days(task: string, from: string, until: string): Promise<readonly DayCount[]>;
  /** Runs that hold a slot of the gate now, and how many wait for one. */
  gate(id: string): Promise<GateRow | null>;
  /** Who changed what, newest first. */
  audit(filter: AuditFilter): Promise<readonly AuditRow[]>;
  /** Incidents, newest first by their opening. */
  incidents(filter: IncidentFilter): Promise<readonly Incident[]>;
  /** What went out or waits to, newest first by its making. */
  outbox(filter: OutboxFilter): Promise<readonly OutboxRow[]>;
  /** What metrics show of the store; what it costs does not grow with history. */
  census(): Promise<Census>;
  mark(): Promise<StoreMark>;

  /** Takes `now` for the truth although the store has seen later: an operator's word. */
  acceptClock(now: number, by: string): Promise<void>;
  /** Keeps in the audit what somebody did that changes nothing in the store, such as a backup. */
  recordDeed(deed: Deed, now: number): Promise<void>;

  /** Calls `wake` when another process may have changed something. Hints: may be lost or spurious. */
  onChange(wake: (what: Change) => void): () => void;
  close(): Promise<void>;
}

/** What becomes of what a schedule owes that is changed: it is planned first, or given up. */
export type Owing = "refuse" | "forfeit";

/** A running run, under the fence that it was claimed with. */
export interface Holding {
  readonly run: string;
  readonly fence: number;
}

/** A wish about a running run of the node: end it. */
export interface Wish extends Holding {
  readonly asked: Asked;
  readonly by: string;
}

/** Whether a node is to take new work no more, or again. */
export type DrainWish = "on" | "off";

export interface Renewal {
  readonly alive: boolean;
  /** Somebody wishes that it takes no new work. */
  readonly draining: boolean;
  readonly wishes: readonly Wish[];
}

export interface RuntimeSchedule {
  readonly task: string;
  readonly key: string;
  readonly parts: readonly SchedulePart[];
  readonly payload: string | null;
  readonly nextAt: number | null;
}

export interface ClaimRequest {
  readonly node: string;
  readonly claimId: string;
  readonly limit: number;
  /** Claim only this run (`run --wait` without a node), else null. */
  readonly only: string | null;
  /** Claim only what was made by then: a tick must come to its end. Absent: whatever is due. */
  readonly madeUntil?: number | undefined;
}

export interface Claimed {
  readonly runs: readonly ClaimedRun[];
  /** When the next run becomes claimable, as far as is known; null: none waits. */
  readonly nextReadyAt: number | null;
  /** When the next run that waits for its jitter comes to its gate, or null. */
  readonly nextArrivalAt: number | null;
  /** As many as were asked for: more may be due. */
  readonly more: boolean;
  readonly wishes: readonly (Wish & { readonly node: string })[];
  readonly steps: readonly IncidentStep[];
  /** What was turned away. */
  readonly gaps: readonly NewGap[];
}

export interface Settlement extends Pick<ClaimedRun, "task" | "gate" | "dueAt"> {
  readonly run: string;
  readonly fence: number;
  readonly attempt: Attempt;
  readonly verdict: Verdict;
  readonly result: string | null;
  readonly error: ErrorRecord | null;
  readonly report: string | null;
  readonly progress: string | null;
  /** Who is to hear that the run has ended, where its definition says so; else null. */
  readonly watch: Pick<Watch, "heartbeat" | "mail"> | null;
}

export interface Settled {
  /** For each settlement. */
  readonly answers: readonly ("settled" | "stale")[];
  readonly steps: readonly IncidentStep[];
}

/** A task's incident that a verb opened or closed, and the channels that are to be told. */
export interface IncidentStep {
  readonly step: "opened" | "closed";
  readonly incident: TaskIncident;
  readonly channels: readonly string[];
}

export type Cancelled =
  | { readonly answer: "cancelled" }
  | { readonly answer: "asked"; readonly node: string }
  | { readonly answer: "ended"; readonly state: FinalState }
  | { readonly answer: "no-run" };

export interface Note extends Holding {
  readonly progress: string | null;
  readonly report: string | null;
}

export interface EffectRecord extends Holding {
  readonly scope: string;
  readonly key: string;
  readonly result: string;
}

export interface PauseRequest {
  readonly by: string;
  readonly reason: string | null;
  readonly untilAt: number | null;
}

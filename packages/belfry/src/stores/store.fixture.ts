import { hash } from "node:crypto";
import type { Adopted } from "../adoption.ts";
import type {
  Definition,
  Policies,
  Release,
  ScheduleDefinition,
  Watch,
} from "../core/definition.ts";
import { gateOf } from "../core/gate.ts";
import { occurrenceId, runId, scheduleId } from "../core/identity.ts";
import type { PlannedGap, PlannedRun } from "../core/plan.ts";
import type { Attempt, OutcomeKind } from "../core/run.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Planned, SchedulePlan } from "../planning.ts";
import type { ClaimedRun, DueSchedule, RunRow } from "../records.ts";
import type { Settlement, Store } from "../store.ts";
import type { Triggered, TriggerRequest } from "../triggering.ts";

export const SECOND = 1_000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
/** Noon of a plain day: every test begins here. */
export const NOON: number = Date.UTC(2026, 10, 24, 12);
export const LEASE: number = 30 * SECOND;

export const POLICIES: Policies = {
  catchUp: "latest",
  startWithin: "next",
  concurrency: { limit: null, by: null },
  overlap: "skip",
  retry: { attempts: 3, waitMs: 10 * SECOND, maxMs: 15 * MINUTE },
  timeoutMs: null,
  deadlineMs: null,
  jitterMs: 0,
  runsOn: [],
  delivery: "at-least-once",
};

export const UNWATCHED: Watch = { alerts: [], heartbeat: null, mail: null };

export function schedule(key = "default", expression = "* * * * *"): ScheduleDefinition {
  return {
    key,
    parts: [{ expression, dialect: "unix", timeZone: "UTC", anchor: null }],
    payload: null,
  };
}

export function definition(
  task: string,
  over: Partial<Omit<Definition, "policies">> & { policies?: Partial<Policies> } = {},
): Definition {
  return {
    task,
    executor: "function",
    timeZone: "UTC",
    schedules: [schedule()],
    watch: UNWATCHED,
    description: null,
    owner: null,
    severity: null,
    tags: [],
    runbook: null,
    idempotent: null,
    ...over,
    policies: { ...POLICIES, ...over.policies },
  };
}

export function limited(task: string, limit: number, overlap: Policies["overlap"]): Definition {
  return definition(task, { policies: { concurrency: { limit, by: null }, overlap } });
}

export function hashOf(body: Definition): string {
  return hash("sha256", JSON.stringify(body));
}

export function release(
  bodies: readonly Definition[],
  source = "app",
  unread: readonly string[] = [],
): Release {
  const tasks = bodies.map((body) => ({
    name: body.task,
    definition: hashOf(body),
    file: "tasks.ts",
    line: 1,
  }));
  return { source, hash: hash("sha256", JSON.stringify([source, tasks, unread])), tasks, unread };
}

/** Adopts what a source declares, as a node does that has loaded it. */
export async function declare(
  store: Store,
  bodies: readonly Definition[],
  options: { source?: string; now?: number; by?: string; unread?: readonly string[] } = {},
): Promise<{ release: Release; adopted: Adopted }> {
  const { source = "app", now = NOON, by = "node", unread = [] } = options;
  const made = release(bodies, source, unread);
  const stored = bodies.map((body) => ({ hash: hashOf(body), body }));
  const from = applied.get(store)?.get(source) ?? null;
  await store.publish(made, stored, now);
  const tasks = made.tasks.map((task, index) => ({
    ...task,
    body: bodies[index] ?? definition(task.name),
    nextAt: (bodies[index]?.schedules ?? []).map(() => now + MINUTE),
  }));
  await planUpTo(store, now);
  const adopted = await store.adopt({ release: made, from, tasks }, now, by);
  if (adopted.answer === "adopted") {
    applied.set(store, (applied.get(store) ?? new Map<string, string>()).set(source, made.hash));
  }
  return { release: made, adopted };
}

/** Plans what has come due, as if nothing had: whoever changes a schedule has planned it before. */
export async function planUpTo(store: Store, now: number): Promise<void> {
  const due = await store.upcoming({ node: null, until: now + 1, after: null, limit: 100 });
  const rest = { runs: [], gaps: [], nextAt: now + MINUTE, gate: null, overlap: "skip" } as const;
  await store.plan(
    due.map((schedule) => ({ ...rest, schedule, cursorAt: schedule.cursorAt })),
    now,
  );
}

/** What each store has in force, by source, as its tests put it there. */
const applied = new WeakMap<Store, Map<string, string>>();

export async function joinNode(
  store: Store,
  id: string,
  releases: readonly Release[],
  now: number = NOON,
  leaseMs: number = DAY,
  tags: readonly string[] = [],
): Promise<void> {
  await store.join(
    {
      id,
      host: "host",
      pid: 1,
      version: "0",
      concurrency: 10,
      tags,
      http: null,
      leaseUntil: now + leaseMs,
      releases,
    },
    now,
  );
}

/** Declares tasks and joins the node `n1`, which carries them. */
export async function stage(store: Store, bodies: readonly Definition[]): Promise<void> {
  const { release: made } = await declare(store, bodies);
  await joinNode(store, "n1", [made]);
}

export async function dueSchedule(
  store: Store,
  task: string,
  key = "default",
): Promise<DueSchedule> {
  const found = (await store.schedulesOf([task])).find((one) => one.key === key);
  if (found === undefined) throw new Error(`no schedule ${task}/${key}`);
  return found;
}

/** A plan of one occurrence, or of none, with gaps. */
export function planOf(
  due: DueSchedule,
  body: Definition,
  runs: readonly (Partial<PlannedRun> & { dueAt: number })[],
  gaps: readonly PlannedGap[] = [],
): SchedulePlan {
  const last = Math.max(
    due.cursorAt,
    ...runs.map((run) => run.dueAt),
    ...gaps.map((gap) => gap.toAt),
  );
  return {
    schedule: due,
    runs: runs.map((run) => ({
      readyAt: run.dueAt,
      startBy: null,
      deadlineAt: null,
      live: true,
      caughtUp: run.live === false,
      dayEndAt: NOON + DAY / 2,
      ...run,
      id: occurrenceId(due.id, run.dueAt),
    })),
    gaps,
    cursorAt: last,
    nextAt: last + MINUTE,
    gate: gateOf(body.task, body.policies.concurrency, due.payload),
    overlap: body.policies.overlap,
  };
}

/** Plans one occurrence of the task; answers with the run's id. */
export async function comesDue(
  store: Store,
  body: Definition,
  dueAt: number,
  over: Partial<PlannedRun> = {},
): Promise<{ id: string; planned: Planned }> {
  const key = body.schedules[0]?.key ?? "default";
  const due = await dueSchedule(store, body.task, key);
  const [planned] = await store.plan([planOf(due, body, [{ dueAt, ...over }])], dueAt);
  if (planned === undefined) throw new Error("no answer to the plan");
  return { id: occurrenceId(scheduleId(body.task, key), dueAt), planned };
}

export function request(body: Definition, over: Partial<TriggerRequest> = {}): TriggerRequest {
  const dueAt = over.dueAt ?? NOON;
  return {
    id: runId(dueAt, nextDigits()),
    task: body.task,
    definition: hashOf(body),
    trigger: { kind: "manual", by: "ann" },
    dueAt,
    payload: null,
    idempotencyKey: null,
    gate: gateOf(body.task, body.policies.concurrency, over.payload ?? null),
    deadlineAt: null,
    replayOf: null,
    force: false,
    ...over,
  };
}

export async function triggerRun(
  store: Store,
  body: Definition,
  over: Partial<TriggerRequest> = {},
  now: number = NOON,
): Promise<string> {
  const made = request(body, over);
  const [answer] = await store.trigger([made], now);
  if (answer === undefined || !("run" in answer)) {
    throw new Error(`not triggered: ${JSON.stringify(answer)}`);
  }
  return answer.run;
}

export async function tryTrigger(
  store: Store,
  made: TriggerRequest,
  now: number = NOON,
): Promise<Triggered> {
  const [answer] = await store.trigger([made], now);
  if (answer === undefined) throw new Error("no answer to the trigger");
  return answer;
}

let count = 0;

function nextDigits(): string {
  count += 1;
  return count.toString(16).padStart(19, "0");
}

export async function claimDue(
  store: Store,
  now: number,
  options: { node?: string; limit?: number } = {},
): Promise<readonly ClaimedRun[]> {
  const { node = "n1", limit = 100 } = options;
  const claimed = await store.claim({ node, claimId: nextDigits(), limit, only: null }, now);
  return claimed.runs;
}

export async function claimOne(store: Store, now: number, node = "n1"): Promise<ClaimedRun> {
  const [run, second] = await claimDue(store, now, { node });
  if (run === undefined || second !== undefined) throw new Error("not exactly one run to claim");
  return run;
}

export function attemptOf(run: ClaimedRun, outcome: OutcomeKind, endedAt: number): Attempt {
  return {
    number: run.attempts.length + 1,
    node: run.node,
    fence: run.fence,
    outcome,
    startedAt: run.startedAt,
    endedAt,
    exitCode: null,
    signal: null,
    error: null,
    logBytes: 0,
    logBytesDropped: 0,
  };
}

export function settlement(
  run: ClaimedRun,
  verdict: Verdict,
  now: number,
  over: Partial<Settlement> = {},
): Settlement {
  const succeeded = verdict.move === "finish" && verdict.state === "succeeded";
  return {
    run: run.id,
    fence: run.fence,
    task: run.task,
    gate: run.gate,
    dueAt: run.dueAt,
    attempt: attemptOf(run, succeeded ? "succeeded" : "failed", now),
    verdict,
    result: null,
    error: null,
    report: null,
    progress: null,
    watch: null,
    ...over,
  };
}

export const SUCCEEDED: Verdict = { move: "finish", state: "succeeded", reason: null };
export const FAILED: Verdict = { move: "finish", state: "failed", reason: "exhausted" };

export function retryAt(readyAt: number): Verdict {
  return { move: "retry", readyAt };
}

export async function settleOne(
  store: Store,
  run: ClaimedRun,
  verdict: Verdict,
  now: number,
  over: Partial<Settlement> = {},
): Promise<"settled" | "stale"> {
  const {
    answers: [answer],
  } = await store.settle([settlement(run, verdict, now, over)], now);
  if (answer === undefined) throw new Error("no answer to the settlement");
  return answer;
}

export async function runOf(store: Store, id: string): Promise<RunRow> {
  const run = await store.run(id);
  if (run === null) throw new Error(`no run ${id}`);
  return run;
}

/** Gaps of the task, as `reason from–to ×count`, in minutes from noon. */
export async function gapWords(store: Store, task: string): Promise<readonly string[]> {
  const gaps = await store.gaps(task, NOON - 365 * DAY, NOON + 365 * DAY);
  const minutes = (at: number): number => (at - NOON) / MINUTE;
  return gaps.map(
    (gap) => `${gap.reason} ${minutes(gap.fromAt)}–${minutes(gap.toAt)} ×${gap.count}`,
  );
}

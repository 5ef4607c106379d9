import { lastLine, type Sign } from "../../core/incident.ts";
import type { FinalState, Reason } from "../../core/run.ts";
import type { Asked } from "../../core/verdict.ts";
import type { LastRun } from "../../records.ts";
import type { Settled, Settlement } from "../../store.ts";
import { topupAll } from "./gates.ts";
import type { EndRow, Hot } from "./hot.ts";
import { addSign, follow, type Signs, successOf, tasksInTrouble } from "./incidents.ts";
import { inOrderOfRuns, lockGates, lockTasks } from "./lock.ts";
import { putEnded } from "./outgoing.ts";
import { holdOf } from "./pause.ts";
import { run as runById } from "./read.ts";
import { RUN_COLUMNS } from "./rows.ts";
import { gatesOf } from "./waiting.ts";
import { one, put, type Work } from "./work.ts";

/** What a batch has to put right once for all its runs. */
interface Wake {
  /** Runs that have left running; they are deleted there together. */
  readonly moved: Set<string>;
  readonly gates: Set<string>;
  readonly lastRuns: Map<string, LastRun>;
  readonly lastSuccesses: Map<string, LastRun>;
  /** By task, the runs that failed for good, and those that succeeded. */
  readonly failures: Map<string, Settlement[]>;
  readonly successes: Map<string, string[]>;
  /** Ends of which somebody may hear. */
  readonly watched: Watched[];
}

interface Watched {
  readonly settlement: Settlement;
  readonly watch: NonNullable<Settlement["watch"]>;
}

export function* settle(hot: Hot, settlements: readonly Settlement[], now: number): Work<Settled> {
  const wake: Wake = {
    moved: new Set(),
    gates: new Set(),
    lastRuns: new Map(),
    lastSuccesses: new Map(),
    failures: new Map(),
    successes: new Map(),
    watched: [],
  };
  // Of a run's settlements in a batch only its newest attempt's can still hold, and of two of that
  // the first; the others are as ones asked again.
  const newest = new Map<string, Settlement>();
  for (const one of settlements) {
    if (one.fence > (newest.get(one.run)?.fence ?? 0)) newest.set(one.run, one);
  }
  const gates = gatesOf(settlements);
  if (gates.size > 0) yield* lockGates([...gates]);
  const ends: End[] = [];
  for (const one of inOrderOfRuns(newest.values())) {
    const { verdict } = one;
    if (verdict.move === "retry") ends.push(...(yield* retry(one, verdict.readyAt, wake, now)));
  }
  for (const one of newest.values()) {
    const { verdict } = one;
    if (verdict.move === "retry") continue;
    ends.push({ settlement: one, state: verdict.state, reason: verdict.reason });
  }
  yield* finish(hot, ends, wake);
  yield* topupAll(wake.gates, now);
  if (wake.lastRuns.size > 0) yield* lockTasks([...wake.lastRuns.keys()]);
  yield* keepLastRuns(wake);
  // Once the tasks are held: of what a task has to tell only the newest stands.
  for (const { settlement, watch } of wake.watched) yield* putEnded(settlement, watch, now);
  const steps = yield* follow(yield* signsOf(wake), now);
  const answers: ("settled" | "stale")[] = [];
  for (const one of settlements) {
    const done = newest.get(one.run) === one && wake.moved.has(one.run);
    answers.push(done || (yield* hasAttempt(one)) ? "settled" : "stale");
  }
  return { answers, steps };
}

/** An attempt after which its run is over. */
interface End {
  readonly settlement: Settlement;
  readonly state: FinalState;
  readonly reason: Reason | null;
}

/**
 * Node, start and number of the attempt are not among them: they follow from the fence, and the row
 * has them.
 */
function endRow({ settlement, state, reason }: End): EndRow {
  const { attempt, error } = settlement;
  return [
    settlement.run,
    settlement.fence,
    attempt.endedAt,
    state,
    attempt.outcome,
    reason,
    attempt.exitCode,
    attempt.signal,
    attempt.logBytes === 0 ? null : attempt.logBytes,
    attempt.logBytesDropped === 0 ? null : attempt.logBytesDropped,
    settlement.result,
    error === null ? null : JSON.stringify(error),
    settlement.report,
    settlement.progress,
  ];
}

function* finish(hot: Hot, ends: readonly End[], wake: Wake): Work<void> {
  if (ends.length === 0) return;
  const rows = ends.map(endRow).sort(([a], [b]) => (a < b ? -1 : 1));
  const finished = yield* hot.finish(rows);
  for (const { settlement, state } of ends) {
    const { run, task, gate, dueAt } = settlement;
    if (finished !== "all" && !finished.has(run)) continue;
    wake.moved.add(run);
    if (gate !== null) wake.gates.add(gate);
    const last = { id: run, state, dueAt, endedAt: settlement.attempt.endedAt };
    wake.lastRuns.set(task, last);
    if (state === "succeeded") {
      wake.lastSuccesses.set(task, last);
      note(wake.successes, task, run);
    }
    if (state === "failed") note(wake.failures, task, settlement);
    const { watch } = settlement;
    if (watch !== null) wake.watched.push({ settlement, watch });
  }
}

function note<T>(notes: Map<string, T[]>, task: string, one: T): void {
  const known = notes.get(task);
  if (known === undefined) notes.set(task, [one]);
  else known.push(one);
}

/** Every failure says something of its task, a success only where there is trouble. */
function* signsOf({ failures, successes }: Wake): Work<Signs> {
  const signs: Signs = new Map();
  for (const [task, settlements] of failures) {
    for (const one of settlements) addSign(signs, task, yield* failureOf(one));
  }
  const tasks = new Set(successes.keys());
  const inTrouble = tasks.size === 0 ? tasks : yield* tasksInTrouble(tasks);
  for (const [task, runs] of successes) {
    if (!inTrouble.has(task) && !failures.has(task)) continue;
    for (const run of runs) for (const sign of yield* successOf(run)) addSign(signs, task, sign);
  }
  return signs;
}

function* failureOf({ run, attempt, verdict, error }: Settlement): Work<Sign> {
  const row = yield* one<{ schedule: string | null }>(
    "select schedule from history where id = ?",
    run,
  );
  const reason = verdict.move === "finish" ? verdict.reason : null;
  const failed = { id: run, reason, error: lastLine(error), endedAt: attempt.endedAt };
  return { kind: "failed", schedule: row?.schedule ?? null, run: failed };
}

/**
 * Back to pending, with its slot.
 * @returns what ends in place of that: what somebody asked to end meanwhile, or whose task is gone.
 */
function* retry(
  settlement: Settlement,
  readyAt: number,
  wake: Wake,
  now: number,
): Work<readonly End[]> {
  const { run, fence } = settlement;
  const row = yield* one<{ task: string; forced: number; asked: Asked | null }>(
    "select task, forced, asked from running where id = ? and fence = ? for update",
    run,
    fence,
  );
  if (row === undefined) return [];
  if (row.asked !== null) return [{ settlement, state: "cancelled", reason: row.asked }];
  const hold = yield* holdOf(row.task, row.forced === 1 ? "forced" : "obeys", now);
  if (hold === "removed") return [{ settlement, state: "cancelled", reason: "cancelled" }];
  const attempt = JSON.stringify(settlement.attempt);
  yield* put(
    `insert into pending (${RUN_COLUMNS}, slot, parked, held_at, forced, live)
     select id, task, schedule, due_at, created_at, cast(? as bigint), definition, trigger_kind,
       trigger_by, gate, deadline_at,
       case when attempts = '' then cast(? as text) else attempts || ',' || cast(? as text) end,
       payload, idempotency_key, replay_of, case when gate is null then 0 else 1 end,
       cast(? as text), cast(? as bigint), forced, 0 from running where id = ?`,
    hold === "paused" ? null : readyAt,
    attempt,
    attempt,
    hold === "paused" ? "paused" : null,
    hold === "paused" ? readyAt : null,
    run,
  );
  yield* put("delete from running where id = ?", run);
  wake.moved.add(run);
  return [];
}

/**
 * Whether this very attempt was settled so before: then the caller asks again, and all is well. One
 * that was taken for lost meanwhile has another outcome, and its own word comes too late.
 */
function* hasAttempt(settlement: Settlement): Work<boolean> {
  const { fence, outcome } = settlement.attempt;
  const attempts = (yield* runById(settlement.run))?.attempts ?? [];
  return attempts.some((one) => one.fence === fence && one.outcome === outcome);
}

const KEEP_LAST = `update task set last_run = given.last,
    last_success = coalesce(given.success, last_success),
    last_success_due = coalesce(given.success_due, last_success_due)
  from values_of(? of_task text, last text, success text, success_due bigint)
  where task.name = given.of_task`;

/** Once a task and batch, on its row: there they outlive the runs. */
function* keepLastRuns({ lastRuns, lastSuccesses }: Wake): Work<void> {
  if (lastRuns.size === 0) return;
  const rows = Array.from(lastRuns, ([task, last]) => {
    const success = lastSuccesses.get(task);
    const [text, due] =
      success === undefined ? [null, null] : [JSON.stringify(success), success.dueAt];
    return [task, JSON.stringify(last), text, due] as const;
  });
  yield* put(KEEP_LAST, rows);
}

import { lastLine, type Sign } from "../../core/incident.ts";
import type { FinalState, Reason } from "../../core/run.ts";
import type { Asked } from "../../core/verdict.ts";
import type { LastRun } from "../../records.ts";
import type { Settled, Settlement } from "../../store.ts";
import { topupAll } from "../sql/gates.ts";
import { addSign, follow, type Signs, successOf, tasksInTrouble } from "../sql/incidents.ts";
import { putEnded } from "../sql/outgoing.ts";
import { holdOf } from "../sql/pause.ts";
import { run as runById } from "../sql/read.ts";
import { RUN_COLUMNS } from "../sql/rows.ts";
import type { Database } from "./database.ts";
import { perform } from "./drive.ts";

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
}

export function settle(db: Database, settlements: readonly Settlement[], now: number): Settled {
  const wake: Wake = {
    moved: new Set(),
    gates: new Set(),
    lastRuns: new Map(),
    lastSuccesses: new Map(),
    failures: new Map(),
    successes: new Map(),
  };
  // Of a run's settlements in a batch only its newest attempt's can still hold, and of two of that
  // the first; the others are as ones asked again.
  const newest = new Map<string, Settlement>();
  for (const one of settlements) {
    if (one.fence > (newest.get(one.run)?.fence ?? 0)) newest.set(one.run, one);
  }
  const ends: End[] = [];
  for (const one of newest.values()) ends.push(...endOf(db, one, wake, now));
  finish(db, ends, wake, now);
  db.run(
    "delete from running where id in (select value from json_each(?))",
    JSON.stringify([...wake.moved]),
  );
  perform(db, topupAll(wake.gates, now));
  keepLastRuns(db, wake);
  const steps = perform(db, follow(signsOf(db, wake), now));
  const answers = settlements.map((one) => {
    const done = newest.get(one.run) === one && wake.moved.has(one.run);
    return done || hasAttempt(db, one) ? "settled" : "stale";
  });
  return { answers, steps };
}

/** An attempt after which its run is over. */
interface End {
  readonly settlement: Settlement;
  readonly state: FinalState;
  readonly reason: Reason | null;
}

/** A retry goes back to wait at once; what is over is given back, to be written with the others. */
function endOf(db: Database, settlement: Settlement, wake: Wake, now: number): readonly End[] {
  const { verdict } = settlement;
  if (verdict.move === "finish") {
    return [{ settlement, state: verdict.state, reason: verdict.reason }];
  }
  return retry(db, settlement, verdict.readyAt, wake, now);
}

/** As JSONB, since each element would be parsed anew as text. */
const HELD =
  "from jsonb_each(?) s cross join running r on r.id = s.value ->> 0 and r.fence = s.value ->> 1";

/** One statement for the batch. What is not running under its fence any more is passed over. */
const FINISH = `insert into history (${RUN_COLUMNS}, node, fence, started_at, ended_at, state,
    outcome, reason, exit_code, signal, log_bytes, log_dropped, result, error, report, progress,
    asked, asked_by)
  select ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at, s.value ->> 2,
    s.value ->> 3, s.value ->> 4, s.value ->> 5, s.value ->> 6, s.value ->> 7, s.value ->> 8,
    s.value ->> 9, s.value ->> 10, s.value ->> 11, coalesce(s.value ->> 12, r.report),
    coalesce(s.value ->> 13, r.progress), r.asked, r.asked_by
  ${HELD}`;

/**
 * Node, start and number of the attempt are not among them: they follow from the fence, and the row
 * has them.
 */
function finishRow({ settlement, state, reason }: End): readonly (string | number | null)[] {
  const { attempt, error } = settlement;
  const row = [
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
  // What is left out at the end reads as null too.
  while (row.at(-1) === null) row.pop();
  return row;
}

function finish(db: Database, ends: readonly End[], wake: Wake, now: number): void {
  if (ends.length === 0) return;
  const rows = JSON.stringify(ends.map(finishRow));
  const written = db.run(FINISH, rows);
  // As a rule all of them: to have each returned costs as much as a fourth of writing it. They stand
  // in running until the batch is done, so who was passed over can still be told.
  const held =
    written === ends.length
      ? null
      : new Set(db.tuples<[run: string]>(`select r.id ${HELD}`, rows).map(([run]) => run));
  for (const { settlement, state } of ends) {
    const { run, task, gate, dueAt } = settlement;
    if (held !== null && !held.has(run)) continue;
    wake.moved.add(run);
    if (gate !== null) wake.gates.add(gate);
    const last = { id: run, state, dueAt, endedAt: settlement.attempt.endedAt };
    wake.lastRuns.set(task, last);
    if (state === "succeeded") {
      wake.lastSuccesses.set(task, last);
      note(wake.successes, task, run);
    }
    if (state === "failed") note(wake.failures, task, settlement);
    if (settlement.watch !== null) perform(db, putEnded(settlement, settlement.watch, now));
  }
}

function note<T>(notes: Map<string, T[]>, task: string, one: T): void {
  const known = notes.get(task);
  if (known === undefined) notes.set(task, [one]);
  else known.push(one);
}

/** Every failure says something of its task, a success only where there is trouble. */
function signsOf(db: Database, { failures, successes }: Wake): Signs {
  const signs: Signs = new Map();
  for (const [task, settlements] of failures) {
    for (const one of settlements) addSign(signs, task, failureOf(db, one));
  }
  const tasks = new Set(successes.keys());
  const inTrouble = tasks.size === 0 ? tasks : perform(db, tasksInTrouble(tasks));
  for (const [task, runs] of successes) {
    if (!inTrouble.has(task) && !failures.has(task)) continue;
    for (const run of runs)
      for (const sign of perform(db, successOf(run))) addSign(signs, task, sign);
  }
  return signs;
}

function failureOf(db: Database, { run, attempt, verdict, error }: Settlement): Sign {
  const row = db.get<{ schedule: string | null }>("select schedule from history where id = ?", run);
  const reason = verdict.move === "finish" ? verdict.reason : null;
  const failed = { id: run, reason, error: lastLine(error), endedAt: attempt.endedAt };
  return { kind: "failed", schedule: row?.schedule ?? null, run: failed };
}

/** Back to pending, with its slot. What somebody asked to end meanwhile, or whose task is gone, ends. */
function retry(
  db: Database,
  settlement: Settlement,
  readyAt: number,
  wake: Wake,
  now: number,
): readonly End[] {
  const { run, fence } = settlement;
  const row = db.get<{ task: string; forced: number; asked: Asked | null }>(
    "select task, forced, asked from running where id = ? and fence = ?",
    run,
    fence,
  );
  if (row === undefined) return [];
  if (row.asked !== null) return [{ settlement, state: "cancelled", reason: row.asked }];
  const hold = perform(db, holdOf(row.task, row.forced === 1 ? "forced" : "obeys", now));
  if (hold === "removed") return [{ settlement, state: "cancelled", reason: "cancelled" }];
  db.run(
    `insert into pending (${RUN_COLUMNS}, slot, parked, held_at, forced, live)
     select id, task, schedule, due_at, created_at, ?, definition, trigger_kind, trigger_by, gate,
       deadline_at, iif(attempts = '', ?2, attempts || ',' || ?2), payload, idempotency_key,
       replay_of, gate is not null, ?, ?, forced, 0 from running where id = ? and fence = ?`,
    hold === "paused" ? null : readyAt,
    JSON.stringify(settlement.attempt),
    hold === "paused" ? "paused" : null,
    hold === "paused" ? readyAt : null,
    run,
    fence,
  );
  wake.moved.add(run);
  return [];
}

/**
 * Whether this very attempt was settled so before: then the caller asks again, and all is well. One
 * that was taken for lost meanwhile has another outcome, and its own word comes too late.
 */
function hasAttempt(db: Database, settlement: Settlement): boolean {
  const { fence, outcome } = settlement.attempt;
  const attempts = perform(db, runById(settlement.run))?.attempts ?? [];
  return attempts.some((one) => one.fence === fence && one.outcome === outcome);
}

/** Once a task and batch, on its row: there they outlive the runs. */
function keepLastRuns(db: Database, wake: Wake): void {
  for (const [task, last] of wake.lastRuns) {
    db.run("update task set last_run = ? where name = ?", JSON.stringify(last), task);
  }
  for (const [task, last] of wake.lastSuccesses) {
    db.run(
      "update task set last_success = ?, last_success_due = ? where name = ?",
      JSON.stringify(last),
      last.dueAt,
      task,
    );
  }
}

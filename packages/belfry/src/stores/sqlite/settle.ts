import type { FinalState } from "../../core/run.ts";
import type { Asked } from "../../core/verdict.ts";
import type { LastRun, Settlement } from "../../store.ts";
import type { Database } from "./database.ts";
import { topupAll } from "./gates.ts";
import { holdOf } from "./pause.ts";
import { parseAttempts, RUN_COLUMNS } from "./rows.ts";

/** What a batch has to put right once for all its runs. */
interface Wake {
  /** Runs that have left running; they are deleted there together. */
  readonly moved: Set<string>;
  readonly gates: Set<string>;
  readonly lastRuns: Map<string, LastRun>;
  readonly lastSuccesses: Map<string, LastRun>;
}

export function settle(
  db: Database,
  settlements: readonly Settlement[],
  now: number,
): readonly ("settled" | "stale")[] {
  const wake: Wake = {
    moved: new Set(),
    gates: new Set(),
    lastRuns: new Map(),
    lastSuccesses: new Map(),
  };
  const answers = settlements.map((settlement) => settleOne(db, settlement, wake, now));
  db.run(
    "delete from running where id in (select value from json_each(?))",
    JSON.stringify([...wake.moved]),
  );
  topupAll(db, wake.gates, now);
  keepLastRuns(db, wake);
  return answers;
}

function settleOne(
  db: Database,
  settlement: Settlement,
  wake: Wake,
  now: number,
): "settled" | "stale" {
  if (!wake.moved.has(settlement.run) && move(db, settlement, wake, now)) {
    wake.moved.add(settlement.run);
    return "settled";
  }
  return hasAttempt(db, settlement) ? "settled" : "stale";
}

function move(db: Database, settlement: Settlement, wake: Wake, now: number): boolean {
  const { verdict } = settlement;
  return verdict.move === "finish"
    ? finish(db, settlement, verdict.state, verdict.reason, wake)
    : retry(db, settlement, verdict.readyAt, wake, now);
}

interface Gone {
  task: string;
  gate: string | null;
  due_at: number;
}

function finish(
  db: Database,
  settlement: Settlement,
  state: FinalState,
  reason: string | null,
  wake: Wake,
): boolean {
  const { run, fence, attempt } = settlement;
  const fragment = JSON.stringify(attempt);
  const gone = db.get<Gone>(
    `insert into history (id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind,
       trigger_by, gate, deadline_at, attempts, payload, idempotency_key, replay_of, node, fence,
       started_at, ended_at, state, reason, result, error, report, progress, asked, asked_by)
     select id, task, schedule, due_at, created_at, ready_at, definition, trigger_kind, trigger_by,
       gate, deadline_at, iif(attempts = '', ?1, attempts || ',' || ?1), payload, idempotency_key,
       replay_of, node, fence, started_at, ?, ?, ?, ?, ?, coalesce(?, report),
       coalesce(?, progress), asked, asked_by from running where id = ? and fence = ?
     returning task, gate, due_at`,
    fragment,
    attempt.endedAt,
    state,
    reason,
    settlement.result,
    settlement.error === null ? null : JSON.stringify(settlement.error),
    settlement.report,
    settlement.progress,
    run,
    fence,
  );
  if (gone === undefined) return false;
  if (gone.gate !== null) wake.gates.add(gone.gate);
  const last: LastRun = { id: run, state, dueAt: gone.due_at, endedAt: attempt.endedAt };
  wake.lastRuns.set(gone.task, last);
  if (state === "succeeded") wake.lastSuccesses.set(gone.task, last);
  return true;
}

/** Back to pending, with its slot. What somebody asked to end meanwhile, or whose task is gone, ends. */
function retry(
  db: Database,
  settlement: Settlement,
  readyAt: number,
  wake: Wake,
  now: number,
): boolean {
  const { run, fence } = settlement;
  const row = db.get<{ task: string; forced: number; asked: Asked | null }>(
    "select task, forced, asked from running where id = ? and fence = ?",
    run,
    fence,
  );
  if (row === undefined) return false;
  if (row.asked !== null) return finish(db, settlement, "cancelled", row.asked, wake);
  const hold = holdOf(db, row.task, row.forced === 1 ? "forced" : "obeys", now);
  if (hold === "removed") return finish(db, settlement, "cancelled", "cancelled", wake);
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
  return true;
}

/**
 * Whether this very attempt was settled so before: then the caller asks again, and all is well. One
 * that was taken for lost meanwhile has another outcome, and its own word comes too late.
 */
function hasAttempt(db: Database, settlement: Settlement): boolean {
  const { fence, outcome } = settlement.attempt;
  const rows = db.all<{ attempts: string }>(
    `select attempts from history where id = ?1 union all select attempts from pending where id = ?1
     union all select attempts from running where id = ?1`,
    settlement.run,
  );
  return rows.some((row) =>
    parseAttempts(row.attempts).some((one) => one.fence === fence && one.outcome === outcome),
  );
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

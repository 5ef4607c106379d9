import type { ErrorRecord } from "../../core/errors.ts";
import type { FinalState, Reason } from "../../core/run.ts";
import type { NewGap } from "../../planning.ts";
import type { IncidentStep } from "../../store.ts";
import type { Database } from "./database.ts";
import { type WaitingRun, writeRunGap } from "./gaps.ts";
import { topupAll } from "./gates.ts";
import { addSign, follow, type Signs } from "./incidents.ts";
import { RUN_COLUMNS } from "./rows.ts";

export const SELECT_WAITING: string = `select id, task, schedule, trigger_by, due_at, definition,
  day_end_at, next_at, trigger_kind, gate, attempts from pending`;

export interface Waiting extends WaitingRun {
  trigger_kind: string;
  gate: string | null;
  attempts: string;
}

export interface WaitingEnd {
  readonly state: FinalState;
  readonly reason: Reason;
  readonly by?: string;
  readonly error?: ErrorRecord;
}

/** Ends a run that waits, without an attempt. The caller tops its gate up. */
export function endWaiting(db: Database, run: string, end: WaitingEnd, now: number): void {
  db.run(
    `insert into history (${RUN_COLUMNS}, ended_at, state, reason, error, asked, asked_by)
     select ${RUN_COLUMNS}, ?, ?, ?, ?, ?, ? from pending where id = ?`,
    now,
    end.state,
    end.reason,
    end.error === undefined ? null : JSON.stringify(end.error),
    end.by === undefined ? null : "cancelled",
    end.by ?? null,
    run,
  );
  db.run("delete from pending where id = ?", run);
}

/** Whether the run is an occurrence that never started: only such a one may become a gap. */
function isOccurrence(run: Waiting): boolean {
  return run.schedule !== null && run.trigger_kind === "schedule" && run.attempts === "";
}

/**
 * Takes back what waits of a schedule or a removed or paused task: an occurrence that never started
 * becomes a gap, all else that is given ends as cancelled.
 * @returns the gates to top up.
 */
export function withdraw(
  db: Database,
  runs: readonly Waiting[],
  by: string,
  now: number,
  reason: "edited" | "paused" = "edited",
): ReadonlySet<string> {
  const gates = new Set<string>();
  for (const run of [...runs].sort((a, b) => a.due_at - b.due_at)) {
    if (run.gate !== null) gates.add(run.gate);
    if (isOccurrence(run)) {
      db.run("delete from pending where id = ?", run.id);
      writeRunGap(db, run, reason);
    } else {
      endWaiting(db, run.id, { state: "cancelled", reason: "cancelled", by }, now);
    }
  }
  return gates;
}

/** What came of turning away: gaps, and the steps of incidents that they cause. */
export interface TurnedAway {
  readonly gaps: readonly NewGap[];
  readonly steps: readonly IncidentStep[];
}

export const NOBODY_LATE: TurnedAway = { gaps: [], steps: [] };

/**
 * Turns away what may not start any more: an occurrence becomes gap `late`, a retry fails past
 * its deadline, all else is cancelled. Then the gates are topped up.
 */
export function turnAwayLate(db: Database, now: number): TurnedAway {
  const gates = new Set<string>();
  const signs: Signs = new Map();
  const gaps: NewGap[] = [];
  for (const run of lateRuns(db, now)) {
    const { id, task, schedule, due_at: dueAt } = run;
    if (run.gate !== null) gates.add(run.gate);
    if (isOccurrence(run)) {
      const reason = isDisplaced(db, run) ? "overlap" : "late";
      db.run("delete from pending where id = ?", run.id);
      gaps.push(...writeRunGap(db, run, reason));
      if (reason === "late") addSign(signs, task, { kind: "late", schedule, dueAt, at: now });
    } else if (run.attempts === "") {
      endWaiting(db, run.id, { state: "cancelled", reason: "late" }, now);
    } else {
      endWaiting(db, run.id, { state: "failed", reason: "deadline" }, now);
      const failed = { id, reason: "deadline", error: null, endedAt: now } as const;
      addSign(signs, task, { kind: "failed", schedule, run: failed });
    }
  }
  topupAll(db, gates, now);
  return { gaps, steps: signs.size === 0 ? [] : follow(db, signs, now) };
}

/** Who waited to replace another until the next came due, whose turn it is now, was displaced by it. */
function isDisplaced(db: Database, { id }: Waiting): boolean {
  const row = db.get(
    `select 1 from pending p join definition d on d.hash = p.definition
     where p.id = ? and p.parked = 'gate' and p.live = 1 and p.next_at is not null
     and d.body ->> '$.policies.startWithin' = 'next'
     and d.body ->> '$.policies.overlap' = 'replace'`,
    id,
  );
  return row !== undefined;
}

function lateRuns(db: Database, now: number): readonly Waiting[] {
  const late = [
    ...db.all<Waiting>(`${SELECT_WAITING} where start_by < ?`, now),
    ...db.all<Waiting>(`${SELECT_WAITING} where deadline_at < ?`, now),
  ];
  if (late.length === 0) return late;
  const unique = new Map(late.map((run) => [run.id, run]));
  return [...unique.values()].sort((a, b) => a.due_at - b.due_at);
}

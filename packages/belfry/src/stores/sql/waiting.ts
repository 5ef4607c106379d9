import type { Definition } from "../../core/definition.ts";
import type { ErrorRecord } from "../../core/errors.ts";
import type { FinalState, Reason } from "../../core/run.ts";
import type { NewGap } from "../../planning.ts";
import { type WaitingRun, writeRunGap } from "./gaps.ts";
import { addSign, type Signs } from "./incidents.ts";
import { lockGatesOf } from "./lock.ts";
import { parseJson, RUN_COLUMNS } from "./rows.ts";
import { all, one, put, type Value, type Work } from "./work.ts";

const SELECT_WAITING = `select id, task, schedule, trigger_by, due_at, definition,
  day_end_at, next_at, trigger_kind, gate, attempts from pending`;

export interface Waiting extends WaitingRun {
  trigger_kind: string;
  gate: string | null;
  attempts: string;
}

/** What waits of a task that meets a condition, to be taken back: held, after the task's gates. */
export function* heldWaiting(
  task: string,
  condition: string,
  ...values: readonly Value[]
): Work<readonly Waiting[]> {
  yield* lockGatesOf(task);
  return yield* all<Waiting>(
    `${SELECT_WAITING} where task = ? and ${condition} order by id for update`,
    task,
    ...values,
  );
}

export interface WaitingEnd {
  readonly state: FinalState;
  readonly reason: Reason;
  readonly by?: string;
  readonly error?: ErrorRecord;
}

/** Ends a run that waits, without an attempt. The caller tops its gate up. */
export function* endWaiting(run: string, end: WaitingEnd, now: number): Work<void> {
  yield* put(
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
  yield* put("delete from pending where id = ?", run);
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
export function* withdraw(
  runs: readonly Waiting[],
  by: string,
  now: number,
  reason: "edited" | "paused" = "edited",
): Work<ReadonlySet<string>> {
  for (const run of [...runs].sort((a, b) => a.due_at - b.due_at)) {
    if (isOccurrence(run)) {
      yield* put("delete from pending where id = ?", run.id);
      yield* writeRunGap(run, reason);
    } else {
      yield* endWaiting(run.id, { state: "cancelled", reason: "cancelled", by }, now);
    }
  }
  return gatesOf(runs);
}

export function gatesOf(runs: readonly { readonly gate: string | null }[]): ReadonlySet<string> {
  const gates = new Set<string>();
  for (const { gate } of runs) if (gate !== null) gates.add(gate);
  return gates;
}

/** What came of turning away: gaps, and what it means for incidents. */
export interface TurnedAway {
  readonly gaps: readonly NewGap[];
  readonly signs: Signs;
}

/**
 * Turns away what may not start any more: an occurrence becomes gap `late`, a retry fails past
 * its deadline, all else is cancelled. The caller tops the gates up.
 * @param gates that are held; who waits at another one is turned away when that one is.
 */
export function* turnAwayLate(gates: readonly string[], now: number): Work<TurnedAway> {
  const signs: Signs = new Map();
  const gaps: NewGap[] = [];
  for (const run of yield* lateRuns(gates, now)) {
    const { id, task, schedule, due_at: dueAt } = run;
    if (isOccurrence(run)) {
      const reason = (yield* isDisplaced(run)) ? "overlap" : "late";
      yield* put("delete from pending where id = ?", run.id);
      gaps.push(...(yield* writeRunGap(run, reason)));
      if (reason === "late") addSign(signs, task, { kind: "late", schedule, dueAt, at: now });
    } else if (run.attempts === "") {
      yield* endWaiting(run.id, { state: "cancelled", reason: "late" }, now);
    } else {
      yield* endWaiting(run.id, { state: "failed", reason: "deadline" }, now);
      const failed = { id, reason: "deadline", error: null, endedAt: now } as const;
      addSign(signs, task, { kind: "failed", schedule, run: failed });
    }
  }
  return { gaps, signs };
}

/** Who waited to replace another until the next came due, whose turn it is now, was displaced by it. */
function* isDisplaced({ id }: Waiting): Work<boolean> {
  const row = yield* one<{ body: string }>(
    `select d.body from pending p join definition d on d.hash = p.definition
     where p.id = ? and p.parked = 'gate' and p.live = 1 and p.next_at is not null`,
    id,
  );
  const body = row === undefined ? null : parseJson<Definition | null>(row.body, null);
  return body?.policies.startWithin === "next" && body.policies.overlap === "replace";
}

const OF_GATES_HELD = "(gate is null or gate = any(?)) order by id for update";
const LATE = [
  `${SELECT_WAITING} where start_by < ? and ${OF_GATES_HELD}`,
  `${SELECT_WAITING} where deadline_at < ? and ${OF_GATES_HELD}`,
] as const;

function* lateRuns(gates: readonly string[], now: number): Work<readonly Waiting[]> {
  const late: Waiting[] = [];
  for (const text of LATE) late.push(...(yield* all<Waiting>(text, now, gates)));
  const unique = new Map(late.map((run) => [run.id, run]));
  return [...unique.values()].sort((a, b) => a.due_at - b.due_at);
}

import type { PlannedGap } from "../../core/plan.ts";
import type { GapReason } from "../../core/run.ts";
import type { NewGap } from "../../planning.ts";
import { one, put, type Work } from "./work.ts";

/** An occurrence that waits and has never started: it can still become a gap. */
export interface WaitingRun {
  id: string;
  task: string;
  schedule: string | null;
  trigger_by: string;
  due_at: number;
  definition: string;
  day_end_at: number | null;
  next_at: number | null;
}

export interface GapSchedule {
  readonly id: string;
  readonly task: string;
  readonly key: string;
  readonly definition: string;
}

interface LastGap {
  from_at: number;
  definition: string;
  reason: GapReason;
  next_at: number | null;
  day_end_at: number;
  same_rule: number;
}

const LAST_GAP = `select from_at, definition, reason, next_at, day_end_at,
    case when parts = coalesce((select s.parts from schedule s where s.id = gap.schedule), '[]')
      then 1 else 0 end as same_rule
  from gap where schedule = ? and from_at < ? order by from_at desc limit 1 for update`;

/**
 * Records occurrences that become no run. A gap that goes on where the last one ended, for the
 * same reason, under the same definition and rule and on the same local day, is one with it. The
 * last one is held, or it might be pruned before it goes on.
 */
export function* writeGap(schedule: GapSchedule, gap: PlannedGap): Work<void> {
  const last = yield* one<LastGap>(LAST_GAP, schedule.id, gap.fromAt);
  if (last !== undefined && continues(last, schedule, gap)) {
    yield* put(
      "update gap set to_at = ?, count = count + ?, next_at = ? where schedule = ? and from_at = ?",
      gap.toAt,
      gap.count,
      gap.nextAt,
      schedule.id,
      last.from_at,
    );
    return;
  }
  yield* put(
    `insert into gap (schedule, from_at, to_at, count, reason, task, key, definition, day_end_at, next_at, parts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
       coalesce((select parts from schedule where id = ?), '[]'))`,
    schedule.id,
    gap.fromAt,
    gap.toAt,
    gap.count,
    gap.reason,
    schedule.task,
    schedule.key,
    schedule.definition,
    gap.dayEndAt,
    gap.nextAt,
    schedule.id,
  );
}

function continues(last: LastGap, schedule: GapSchedule, gap: PlannedGap): boolean {
  return (
    last.reason === gap.reason &&
    last.definition === schedule.definition &&
    last.same_rule === 1 &&
    last.next_at === gap.fromAt &&
    gap.fromAt < last.day_end_at
  );
}

/** The gap of one occurrence that had become a run and is withdrawn. */
export function* writeRunGap(run: WaitingRun, reason: GapReason): Work<readonly NewGap[]> {
  const { schedule, task, due_at, next_at } = run;
  if (schedule === null) return [];
  const gap = { fromAt: due_at, toAt: due_at, count: 1, reason };
  yield* writeGap(
    { id: schedule, task, key: run.trigger_by, definition: run.definition },
    { ...gap, dayEndAt: run.day_end_at ?? due_at + 1, nextAt: next_at },
  );
  return [{ ...gap, task }];
}

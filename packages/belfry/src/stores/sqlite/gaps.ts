import type { PlannedGap } from "../../core/plan.ts";
import type { GapReason } from "../../core/run.ts";
import type { NewGap } from "../../planning.ts";
import type { Database } from "./database.ts";

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

const RULE = "coalesce((select parts from schedule where id = ?1), '[]')";

/**
 * Records occurrences that become no run. A gap that goes on where the last one ended, for the
 * same reason, under the same definition and rule and on the same local day, is one with it.
 */
export function writeGap(db: Database, schedule: GapSchedule, gap: PlannedGap): void {
  const last = db.get<LastGap>(
    `select from_at, definition, reason, next_at, day_end_at, parts = ${RULE} as same_rule from gap
     where schedule = ?1 and from_at < ?2 order by from_at desc limit 1`,
    schedule.id,
    gap.fromAt,
  );
  if (last !== undefined && continues(last, schedule, gap)) {
    db.run(
      "update gap set to_at = ?, count = count + ?, next_at = ? where schedule = ? and from_at = ?",
      gap.toAt,
      gap.count,
      gap.nextAt,
      schedule.id,
      last.from_at,
    );
    return;
  }
  db.run(
    `insert into gap (schedule, from_at, to_at, count, reason, task, key, definition, day_end_at, next_at, parts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ${RULE})`,
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
export function writeRunGap(db: Database, run: WaitingRun, reason: GapReason): readonly NewGap[] {
  const { schedule, task, due_at, next_at } = run;
  if (schedule === null) return [];
  const gap = { fromAt: due_at, toAt: due_at, count: 1, reason };
  writeGap(
    db,
    { id: schedule, task, key: run.trigger_by, definition: run.definition },
    { ...gap, dayEndAt: run.day_end_at ?? due_at + 1, nextAt: next_at },
  );
  return [{ ...gap, task }];
}

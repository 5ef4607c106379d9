import type { Reason, RunState } from "../../core/run.ts";
import type { OccurrenceRow } from "../../records.ts";
import type { Database } from "./database.ts";

type Tuple = [
  id: string,
  dueAt: number,
  scheduleKey: string,
  state: RunState,
  reason: Reason | null,
];

/** By the index of task and due instant where there are many, and no more of each than is asked. */
const OCCURRENCES = `
  select id, due_at, trigger_by, 'pending', null from pending
    where task = ?1 and due_at >= ?2 and due_at < ?3 and schedule is not null
  union all select id, due_at, trigger_by, 'running', null from running
    where task = ?1 and due_at >= ?2 and due_at < ?3 and schedule is not null
  union all select id, due_at, trigger_by, state, reason from history
    where task = ?1 and due_at >= ?2 and due_at < ?3 and schedule is not null
  order by 2 desc, 1 desc limit ?4`;

export function occurrences(
  db: Database,
  task: string,
  from: number,
  until: number,
  limit: number,
): readonly OccurrenceRow[] {
  return db
    .tuples<Tuple>(OCCURRENCES, task, from, until, limit)
    .map(([id, dueAt, scheduleKey, state, reason]) => ({ id, dueAt, scheduleKey, state, reason }));
}

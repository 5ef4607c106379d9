import type { Reason, RunState } from "../../core/run.ts";
import type { OccurrenceRow } from "../../records.ts";
import { all, type Work } from "./work.ts";

interface Columns {
  id: string;
  due_at: number;
  trigger_by: string;
  state: RunState;
  reason: Reason | null;
}

const DUE_WITHIN = "where task = ? and due_at >= ? and due_at < ? and schedule is not null";

/** By the index of task and due instant where there are many, and no more of each than is asked. */
const OCCURRENCES = `
  select id, due_at, trigger_by, 'pending' as state, null as reason from pending ${DUE_WITHIN}
  union all select id, due_at, trigger_by, 'running', null from running ${DUE_WITHIN}
  union all select id, due_at, trigger_by, state, reason from history ${DUE_WITHIN}
  order by 2 desc, 1 desc limit cast(? as bigint)`;

export function* occurrences(
  task: string,
  from: number,
  until: number,
  limit: number,
): Work<readonly OccurrenceRow[]> {
  const within = [task, from, until];
  const rows = yield* all<Columns>(OCCURRENCES, ...within, ...within, ...within, limit);
  return rows.map(({ id, due_at: dueAt, trigger_by: scheduleKey, state, reason }) => ({
    id,
    dueAt,
    scheduleKey,
    state,
    reason,
  }));
}

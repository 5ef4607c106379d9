import type { Census, LastRun } from "../../records.ts";
import { parseJson } from "./rows.ts";
import { all, one, type Work } from "./work.ts";

interface TaskColumns {
  name: string;
  last_success: string | null;
  next_at: number | null;
}

/** By indexes that hold what waits and what has failed for good, and by the tasks' own rows. */
export function* census(): Work<Census> {
  const oldest = yield* one<{ due_at: number }>("select due_at from pending order by id limit 1");
  const pending = yield* countOf("select count(*) as count from pending");
  const deadLetters = yield* countOf(
    `select count(*) as count from history /* by history_dead */
     where state = 'failed' and resolved_at is null`,
  );
  const tasks = yield* all<TaskColumns>(
    `select t.name, t.last_success,
       (select min(s.next_at) from schedule s
         where s.task = t.name and s.enabled = 1 and s.next_at is not null) as next_at
     from task t where t.enabled = 1 order by t.name`,
  );
  return {
    pending,
    oldestPendingDueAt: oldest?.due_at ?? null,
    deadLetters,
    tasks: tasks.map(({ name, last_success, next_at: nextDueAt }) => {
      const last = last_success === null ? null : parseJson<LastRun | null>(last_success, null);
      return { name, lastSuccessAt: last?.endedAt ?? null, nextDueAt };
    }),
  };
}

function* countOf(sql: string): Work<number> {
  return (yield* one<{ count: number }>(sql))?.count ?? 0;
}

import type { Census } from "../../records.ts";
import type { Database } from "./database.ts";

/** By indexes that hold what waits and what has failed for good, and by the tasks' own rows. */
export function census(db: Database): Census {
  const oldest = db.get<{ due_at: number }>("select due_at from pending order by id limit 1");
  return {
    pending: countOf(db, "select count(*) as count from pending"),
    oldestPendingDueAt: oldest?.due_at ?? null,
    deadLetters: countOf(
      db,
      `select count(*) as count from history indexed by history_dead
       where state = 'failed' and resolved_at is null`,
    ),
    tasks: db
      .tuples<[string, number | null, number | null]>(
        `select t.name, iif(json_valid(t.last_success), t.last_success ->> '$.endedAt', null),
           (select min(s.next_at) from schedule s
             where s.task = t.name and s.enabled = 1 and s.next_at is not null)
         from task t where t.enabled = 1 order by t.name`,
      )
      .map(([name, lastSuccessAt, nextDueAt]) => ({ name, lastSuccessAt, nextDueAt })),
  };
}

function countOf(db: Database, sql: string): number {
  return db.get<{ count: number }>(sql)?.count ?? 0;
}

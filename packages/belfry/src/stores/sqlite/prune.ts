import type { DayCount, ExpiredRow } from "../../records.ts";
import type { Database } from "./database.ts";
import { RELEASES } from "./nodes.ts";
import { firstIdDue } from "./rows.ts";

/** How many rows a sweep of one kind deletes at most, so that it never holds the lock for long. */
const SLICE = 5_000;

export function parkUncarried(db: Database, now: number): number {
  return db.run(
    `update pending set parked = 'code', ready_at = null
     where (gate is null or slot = 1) and ready_at <= ?
     and not exists (select 1 from node_task c where c.task = pending.task)`,
    now,
  );
}

interface ExpiredColumns extends Omit<ExpiredRow, "scheduled"> {
  scheduled: number;
}

export function expired(db: Database, before: number, limit: number): readonly ExpiredRow[] {
  const runs = db.all<ExpiredColumns>(
    `select 'run' as kind, id, task, due_at as dueAt, state, reason,
       trigger_kind = 'schedule' as scheduled, 1 as count from history
     where id < ? order by id limit ?`,
    firstIdDue(before),
    limit,
  );
  const gaps = db.all<ExpiredColumns>(
    `select 'gap' as kind, schedule || '/' || from_at as id, task, from_at as dueAt, null as state,
       reason, 1 as scheduled, count from gap where from_at < ? and to_at < ? order by from_at, schedule limit ?`,
    before,
    before,
    limit,
  );
  return [...runs, ...gaps]
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit)
    .map((row) => ({ ...row, scheduled: row.scheduled === 1 }));
}

export function prune(
  db: Database,
  rows: readonly ExpiredRow[],
  days: readonly DayCount[],
): "pruned" | "stale" {
  if (!rows.every((row) => isThere(db, row))) return "stale";
  for (const row of rows) remove(db, row);
  for (const day of days) addDay(db, day);
  return "pruned";
}

function isThere(db: Database, row: ExpiredRow): boolean {
  if (row.kind === "run") return db.get("select 1 from history where id = ?", row.id) !== undefined;
  const key = gapKey(row);
  const found = db.get<{ count: number }>(
    "select count from gap where schedule = ? and from_at = ?",
    key.schedule,
    key.fromAt,
  );
  return found?.count === row.count;
}

function remove(db: Database, row: ExpiredRow): void {
  if (row.kind === "run") {
    db.run("delete from history where id = ?", row.id);
    db.run("delete from checkpoint where run = ?", row.id);
    return;
  }
  const key = gapKey(row);
  db.run("delete from gap where schedule = ? and from_at = ?", key.schedule, key.fromAt);
}

function gapKey(row: ExpiredRow): { schedule: string; fromAt: number } {
  const slash = row.id.lastIndexOf("/");
  return { schedule: row.id.slice(0, slash), fromAt: Number(row.id.slice(slash + 1)) };
}

function addDay(db: Database, day: DayCount): void {
  db.run(
    `insert into day (task, day, time_zone, due, succeeded, failed, cancelled, missed, passed_over)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (task, day) do update set due = due + excluded.due,
       succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
       cancelled = cancelled + excluded.cancelled, missed = missed + excluded.missed,
       passed_over = passed_over + excluded.passed_over`,
    day.task,
    day.day,
    day.timeZone,
    day.due,
    day.succeeded,
    day.failed,
    day.cancelled,
    day.missed,
    day.passedOver,
  );
}

/** Where a node ends every few minutes, which each tick is, only so many are remembered. */
const ENDED_NODES = 200;

/** Each kind of thing that nothing points at any more, oldest first. */
const FORGETTABLE = [
  `delete from node where id in (select id from node where state <> 'alive' and (ended_at < :before
     or id not in (select id from node where state <> 'alive' order by ended_at desc limit ${ENDED_NODES}))
     and not exists (select 1 from running r where r.node = node.id) limit :slice)`,
  `delete from gate where id in (select id from gate
     where not exists (select 1 from pending p where p.gate = gate.id and p.gate is not null)
     and not exists (select 1 from running r where r.gate = gate.id) and :before > 0 limit :slice)`,
  `delete from trigger_key where (task, key) in (select task, key from trigger_key where at < :before
     and not exists (select 1 from pending where id = trigger_key.run)
     and not exists (select 1 from running where id = trigger_key.run)
     and not exists (select 1 from history where id = trigger_key.run) limit :slice)`,
  `delete from effect where (scope, key) in (select scope, key from effect where at < :before
     and not exists (select 1 from pending where id = effect.run)
     and not exists (select 1 from running where id = effect.run)
     and not exists (select 1 from history where id = effect.run) limit :slice)`,
  `delete from checkpoint where run in (select run from checkpoint where saved_at < :before
     and not exists (select 1 from pending where id = checkpoint.run)
     and not exists (select 1 from running where id = checkpoint.run) limit :slice)`,
  // What tells of runs and nodes goes with them; what tells of rules stays. The oldest stand first.
  `delete from audit where seq in (select seq from audit where at < :before
     and seq < coalesce((select seq from audit where at >= :before order by seq limit 1), 1e18)
     and what in ('run.trigger', 'run.replay', 'run.cancel', 'node.dead', 'clock.jump')
     and not exists (select 1 from pending where id = audit.subject)
     and not exists (select 1 from running where id = audit.subject)
     and not exists (select 1 from history where id = audit.subject) limit :slice)`,
  `delete from release where seq in (select seq from release r where first_seen_at < :before
     and not exists (select 1 from source s where s.name = r.source and s.applied = r.hash)
     and not exists (select 1 from node n, ${RELEASES} j where n.state = 'alive'
       and j.value ->> 'source' = r.source and j.value ->> 'hash' = r.hash) limit :slice)`,
  `delete from outbox where id in (select id from outbox where state <> 'waiting'
     and made_at < :before limit :slice)`,
  // What nobody may send any more; alerts wait for as long as it takes.
  `delete from outbox where id in (select id from outbox where state = 'waiting'
     and kind in ('heartbeat', 'mail') and channel is null and made_at < :before limit :slice)`,
  `delete from incident where id in (select id from incident i where opened_at < :before
     and closed_at < :before and not exists (select 1 from outbox o where o.incident = i.id)
     limit :slice)`,
  `delete from definition where hash in (select hash from definition d where seen_at < :before
     and not exists (select 1 from task where definition = d.hash)
     and not exists (select 1 from pending where definition = d.hash)
     and not exists (select 1 from running where definition = d.hash)
     and not exists (select 1 from gap where definition = d.hash) limit :slice)`,
] as const;

export function sweep(db: Database, before: number): number {
  let forgotten = 0;
  for (const sql of FORGETTABLE) forgotten += db.run(sql, { before, slice: SLICE });
  return forgotten;
}

export function days(db: Database, task: string, from: string, until: string): readonly DayCount[] {
  const rows = db.all<DayCount>(
    `select task, day, time_zone as timeZone, due, succeeded, failed, cancelled, missed,
       passed_over as passedOver from day where task = ? and day >= ? and day < ? order by day`,
    task,
    from,
    until,
  );
  return rows.map((row) => ({ ...row }));
}

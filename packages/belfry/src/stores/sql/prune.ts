import type { DayCount, ExpiredRow } from "../../records.ts";
import { carriedReleases, NAME_OF_R, nameOf } from "./carried.ts";
import { firstIdDue } from "./rows.ts";
import { all, count, one, put, type Work } from "./work.ts";

/** How many rows a sweep of one kind deletes at most, so that it never holds the lock for long. */
const SLICE = 5_000;

export function* parkUncarried(now: number): Work<number> {
  return yield* count(
    `update pending set parked = 'code', ready_at = null
     where (gate is null or slot = 1) and ready_at <= ?
     and not exists (select 1 from node_task c where c.task = pending.task and c.placed = 1)`,
    now,
  );
}

interface ExpiredColumns extends Omit<ExpiredRow, "scheduled"> {
  scheduled: number;
}

export function* expired(before: number, limit: number): Work<readonly ExpiredRow[]> {
  const runs = yield* all<ExpiredColumns>(
    `select 'run' as kind, id, task, due_at as "dueAt", state, reason,
       case when trigger_kind = 'schedule' then 1 else 0 end as scheduled, 1 as count from history
     where id < ? order by id limit cast(? as bigint)`,
    firstIdDue(before),
    limit,
  );
  const gaps = yield* all<ExpiredColumns>(
    `select 'gap' as kind, schedule || '/' || from_at as id, task, from_at as "dueAt",
       null as state, reason, 1 as scheduled, count from gap
     where from_at < ? and to_at < ? order by from_at, schedule limit cast(? as bigint)`,
    before,
    before,
    limit,
  );
  return [...runs, ...gaps]
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit)
    .map((row) => ({ ...row, scheduled: row.scheduled === 1 }));
}

export function* prune(
  rows: readonly ExpiredRow[],
  days: readonly DayCount[],
): Work<"pruned" | "stale"> {
  for (const row of rows) if (!(yield* holds(row))) return "stale";
  for (const row of rows) yield* remove(row);
  for (const day of days) yield* addDay(day);
  return "pruned";
}

/** Whether the row is there as it was; if so, it stays until it is deleted here. */
function* holds(row: ExpiredRow): Work<boolean> {
  if (row.kind === "run") {
    const found = yield* one("select 1 from history where id = ? for update", row.id);
    return found !== undefined;
  }
  const key = gapKey(row);
  const found = yield* one<{ count: number }>(
    "select count from gap where schedule = ? and from_at = ? for update",
    key.schedule,
    key.fromAt,
  );
  return found?.count === row.count;
}

function* remove(row: ExpiredRow): Work<void> {
  if (row.kind === "run") {
    yield* put("delete from history where id = ?", row.id);
    yield* put("delete from checkpoint where run = ?", row.id);
    return;
  }
  const key = gapKey(row);
  yield* put("delete from gap where schedule = ? and from_at = ?", key.schedule, key.fromAt);
}

function gapKey(row: ExpiredRow): { schedule: string; fromAt: number } {
  const slash = row.id.lastIndexOf("/");
  return { schedule: row.id.slice(0, slash), fromAt: Number(row.id.slice(slash + 1)) };
}

function* addDay(day: DayCount): Work<void> {
  yield* put(
    `insert into day (task, day, time_zone, due, succeeded, failed, cancelled, missed, passed_over)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (task, day) do update set due = day.due + excluded.due,
       succeeded = day.succeeded + excluded.succeeded, failed = day.failed + excluded.failed,
       cancelled = day.cancelled + excluded.cancelled, missed = day.missed + excluded.missed,
       passed_over = day.passed_over + excluded.passed_over`,
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

/** What is of no run any more, whose id stands in this column. */
function ofNoRun(column: string): string {
  return `not exists (select 1 from pending where id = ${column})
    and not exists (select 1 from running where id = ${column})
    and not exists (select 1 from history where id = ${column})`;
}

const SLICED = "limit cast(? as bigint)";

/** Each kind of thing that nothing points at any more, and how often its text asks for the age. */
const FORGETTABLE = [
  [
    `delete from node where id in (select id from node where state <> 'alive' and (ended_at < ?
       or id not in (select id from node where state <> 'alive' order by ended_at desc limit ${ENDED_NODES}))
       and not exists (select 1 from running r where r.node = node.id) ${SLICED})`,
    1,
  ],
  [
    `delete from trigger_key where (task, key) in (select task, key from trigger_key where at < ?
       and ${ofNoRun("trigger_key.run")} ${SLICED})`,
    1,
  ],
  [
    `delete from effect where (scope, key) in (select scope, key from effect where at < ?
       and ${ofNoRun("effect.run")} ${SLICED})`,
    1,
  ],
  [
    `delete from checkpoint where run in (select run from checkpoint where saved_at < ?
       and not exists (select 1 from pending where id = checkpoint.run)
       and not exists (select 1 from running where id = checkpoint.run) ${SLICED})`,
    1,
  ],
  // What tells of runs and nodes goes with them; what tells of rules stays. The oldest stand first.
  [
    `delete from audit where seq in (select seq from audit where at < ?
       and seq < coalesce((select seq from audit where at >= ? order by seq limit 1),
         ${Number.MAX_SAFE_INTEGER})
       and what in ('run.trigger', 'run.replay', 'run.cancel', 'node.dead', 'clock.jump')
       and ${ofNoRun("audit.subject")} ${SLICED})`,
    2,
  ],
  [
    `delete from outbox where id in (select id from outbox where state <> 'waiting'
       and made_at < ? ${SLICED})`,
    1,
  ],
  // What nobody may send any more; alerts wait for as long as it takes.
  [
    `delete from outbox where id in (select id from outbox where state = 'waiting'
       and kind in ('heartbeat', 'mail') and channel is null and made_at < ? ${SLICED})`,
    1,
  ],
  [
    `delete from incident where id in (select id from incident i where opened_at < ?
       and closed_at < ? and not exists (select 1 from outbox o where o.incident = i.id) ${SLICED})`,
    2,
  ],
  [
    `delete from definition where hash in (select hash from definition d where seen_at < ?
       and not exists (select 1 from task where definition = d.hash)
       and not exists (select 1 from pending where definition = d.hash)
       and not exists (select 1 from running where definition = d.hash)
       and not exists (select 1 from gap where definition = d.hash) ${SLICED})`,
    1,
  ],
] as const;

export function* sweep(before: number): Work<number> {
  let forgotten = yield* sweepGates();
  forgotten += yield* sweepReleases(before);
  for (const [sql, times] of FORGETTABLE) {
    forgotten += yield* count(sql, ...Array<number>(times).fill(before), SLICE);
  }
  return forgotten;
}

const AT_NO_RUN = `not exists (select 1 from pending p where p.gate = gate.id and p.gate is not null)
  and not exists (select 1 from running r where r.gate = gate.id)`;

/** Who comes to a gate holds it: what is held is looked at once more before it is deleted. */
function* sweepGates(): Work<number> {
  const empty = yield* all<{ id: string }>(
    `select id from gate where ${AT_NO_RUN} order by id ${SLICED} for update skip locked`,
    SLICE,
  );
  const ids = empty.map(({ id }) => id);
  return yield* count(`delete from gate where id = any(?) and ${AT_NO_RUN}`, ids);
}

function* sweepReleases(before: number): Work<number> {
  const carried = yield* carriedReleases();
  return yield* count(
    `delete from release where seq in (select seq from release r where first_seen_at < ?
       and not exists (select 1 from source s where s.name = r.source and s.applied = r.hash)
       and ${NAME_OF_R} <> all(?) ${SLICED})`,
    before,
    carried.map(nameOf),
    SLICE,
  );
}

export function* days(task: string, from: string, until: string): Work<readonly DayCount[]> {
  const rows = yield* all<DayCount>(
    `select task, day, time_zone as "timeZone", due, succeeded, failed, cancelled, missed,
       passed_over as "passedOver" from day where task = ? and day >= ? and day < ? order by day`,
    task,
    from,
    until,
  );
  return rows.map((row) => ({ ...row }));
}

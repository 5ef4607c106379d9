import type { ScheduleDefinition, SchedulePart } from "../../core/definition.ts";
import { scheduleId } from "../../core/identity.ts";
import type { UpcomingQuery } from "../../planning.ts";
import type { DueSchedule } from "../../records.ts";
import type { Owing, RuntimeSchedule } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { writeGap } from "./gaps.ts";
import { topupAll } from "./gates.ts";
import { addSign, follow, type Signs } from "./incidents.ts";
import { type PauseColumns, pauseWindow } from "./pause.ts";
import { parseJson } from "./rows.ts";
import { SELECT_WAITING, type Waiting, withdraw } from "./waiting.ts";

/** Whose change it is, by whom and when. */
export interface Change {
  readonly source: string;
  readonly by: string;
  readonly now: number;
  /** What the change means for incidents. */
  readonly signs: Signs;
}

export interface DeclaredSchedule extends ScheduleDefinition {
  readonly task: string;
  readonly nextAt: number | null;
}

/** The source of what people make at run time. */
const API = "api";

interface ScheduleState {
  source: string;
  enabled: number;
  parts: string;
  payload: string | null;
  next_at: number | null;
}

/**
 * Brings a schedule to what its source says now. An edit starts nothing: what waited of the old
 * rule is withdrawn, and the new one counts from now. One that a person made at run time under
 * the same key is that person's.
 */
export function declareSchedule(db: Database, declared: DeclaredSchedule, change: Change): void {
  const { source, by, now } = change;
  const id = scheduleId(declared.task, declared.key);
  const parts = JSON.stringify(declared.parts);
  const row = db.get<ScheduleState>(
    "select source, enabled, parts, payload, next_at from schedule where id = ?",
    id,
  );
  if (row === undefined) {
    db.run(
      `insert into schedule (id, task, key, source, parts, payload, revision, enabled, cursor_at, next_at)
       values (?, ?, ?, ?, ?, ?, 1, 1, ?, ?)`,
      id,
      declared.task,
      declared.key,
      source,
      parts,
      declared.payload,
      now,
      declared.nextAt,
    );
  } else if (row.enabled === 1 && row.source === API && source !== API) {
    return;
  } else if (row.enabled === 1 && row.parts === parts && row.payload === declared.payload) {
    db.run("update schedule set source = ? where id = ? and source <> ?", source, id, source);
    return;
  } else {
    withdrawSchedule(db, id, by, now);
    forfeit(db, { id, task: declared.task, key: declared.key, next_at: row.next_at }, now);
    db.run(
      `update schedule set source = ?, parts = ?, payload = ?, revision = revision + 1, enabled = 1,
         cursor_at = max(cursor_at, ?), next_at = ? where id = ?`,
      source,
      parts,
      declared.payload,
      now,
      declared.nextAt,
      id,
    );
  }
  const was = row === undefined || row.enabled === 0 ? null : row;
  const { task, key, payload } = declared;
  writeAudit(
    db,
    {
      actor: by,
      what: was === null ? "schedule.add" : "schedule.change",
      subject: `${task}/${key}`,
      task,
      before: was === null ? undefined : summary(was.parts, was.payload, was.payload),
      after: summary(parts, payload, was === null ? payload : was.payload),
    },
    now,
  );
}

/** Payloads may hold what an audit should not: it says only whether there is one, or another. */
function summary(parts: string, payload: string | null, old: string | null): object {
  const payloadWord =
    payload === null ? "none" : payload === old || old === null ? "one" : "another";
  return { parts: parseJson<readonly SchedulePart[]>(parts, []), payload: payloadWord };
}

function withdrawSchedule(db: Database, id: string, by: string, now: number): void {
  const waiting = db.all<Waiting>(
    `${SELECT_WAITING} where task = (select task from schedule where id = ?1)
     and schedule = ?1 and trigger_kind = 'schedule' and attempts = ''`,
    id,
  );
  topupAll(db, withdraw(db, waiting, by, now), now);
}

/** Disables the schedules of this source that are not among `keys`; they keep their identity. */
export function disableSchedules(
  db: Database,
  task: string,
  keys: readonly string[],
  change: Change,
): void {
  const gone = db.all<RemovedSchedule>(
    `select id, task, key, parts, payload, next_at from schedule
     where task = ? and source = ? and enabled = 1
     and key not in (select value from json_each(?)) order by key`,
    task,
    change.source,
    JSON.stringify(keys),
  );
  for (const schedule of gone) disable(db, schedule, change);
}

/** A schedule that has come due, or will. */
interface Due {
  id: string;
  task: string;
  key: string;
  next_at: number | null;
}

interface RemovedSchedule extends Due, Pick<ScheduleState, "parts" | "payload"> {}

/**
 * What has come due of a schedule that is changed or removed was planned before, but where nobody
 * could: of that only the first occurrence is known.
 */
function forfeit(db: Database, schedule: Due, now: number): void {
  const { task, next_at: at } = schedule;
  if (at === null || at > now) return;
  const row = db.get<{ definition: string }>("select definition from task where name = ?", task);
  writeGap(
    db,
    { ...schedule, definition: row?.definition ?? "" },
    { fromAt: at, toAt: at, count: 1, reason: "edited", dayEndAt: at + 1, nextAt: null },
  );
}

function disable(db: Database, schedule: RemovedSchedule, change: Change): void {
  const { by, now, signs } = change;
  const { task } = schedule;
  withdrawSchedule(db, schedule.id, by, now);
  forfeit(db, schedule, now);
  addSign(signs, task, { kind: "unscheduled", schedule: schedule.id, at: now });
  db.run(
    `update schedule set enabled = 0, revision = revision + 1, cursor_at = max(cursor_at, ?),
       next_at = null where id = ?`,
    now,
    schedule.id,
  );
  const { key, parts, payload } = schedule;
  const deed = { actor: by, what: "schedule.remove", subject: `${task}/${key}`, task };
  writeAudit(db, { ...deed, before: summary(parts, payload, payload) }, now);
}

export function setSchedule(
  db: Database,
  schedule: RuntimeSchedule,
  now: number,
  by: string,
  owing: Owing = "refuse",
): "set" | "no-task" | "owned" | "owed" {
  const task = db.get("select 1 from task where name = ? and enabled = 1", schedule.task);
  if (task === undefined) return "no-task";
  const known = db.get<{ source: string; next_at: number | null }>(
    "select source, iif(json_valid(parts), next_at, null) as next_at from schedule where id = ? and enabled = 1",
    scheduleId(schedule.task, schedule.key),
  );
  if (known !== undefined && known.source !== API) return "owned";
  if (known !== undefined && owing === "refuse" && isOwed(known, now)) return "owed";
  declareSchedule(db, schedule, { source: API, by, now, signs: new Map() });
  return "set";
}

export function removeSchedule(
  db: Database,
  task: string,
  key: string,
  now: number,
  by: string,
  owing: Owing = "refuse",
): "removed" | "no-schedule" | "owed" {
  const row = db.get<RemovedSchedule>(
    `select id, task, key, parts, payload, iif(json_valid(parts), next_at, null) as next_at
     from schedule where id = ? and source = ? and enabled = 1`,
    scheduleId(task, key),
    API,
  );
  if (row === undefined) return "no-schedule";
  if (owing === "refuse" && isOwed(row, now)) return "owed";
  const signs: Signs = new Map();
  disable(db, row, { source: API, by, now, signs });
  follow(db, signs, now);
  return "removed";
}

/**
 * It has come due and is not planned up to now: a change would pass that over in silence. One that
 * is damaged owes nothing, since it can never be planned: a change mends it.
 */
function isOwed({ next_at }: { next_at: number | null }, now: number): boolean {
  return next_at !== null && next_at <= now;
}

interface DueColumns extends PauseColumns {
  id: string;
  task: string;
  key: string;
  revision: number;
  parts: string;
  payload: string | null;
  definition: string;
  cursor_at: number;
  next_at: number | null;
  ticked_at: number | null;
}

const SELECT_DUE = `select s.id, s.task, s.key, s.revision, s.parts, s.payload, t.definition,
  s.cursor_at, s.next_at, t.pause_from, t.pause_until, t.pause_by, t.pause_reason,
  (select ticked_at from source where name = t.source) as ticked_at from schedule s join task t on t.name = s.task and t.enabled = 1`;

export function upcoming(db: Database, query: UpcomingQuery): readonly DueSchedule[] {
  const { node, until, after, limit } = query;
  return dueSchedules(
    db.all<DueColumns>(
      `${SELECT_DUE} where s.enabled = 1 and s.next_at is not null and s.next_at < :until
       and (s.next_at, s.id) > (:at, :id)
       and (:node is null or exists (select 1 from node_task c where c.node = :node and c.task = s.task))
       order by s.next_at, s.id limit :limit`,
      { node, until, limit, at: after?.nextAt ?? Number.MIN_SAFE_INTEGER, id: after?.id ?? "" },
    ),
  );
}

export function schedulesOf(db: Database, tasks: readonly string[]): readonly DueSchedule[] {
  return dueSchedules(
    db.all<DueColumns>(
      `${SELECT_DUE} where s.enabled = 1 and s.task in (select value from json_each(?))
       order by s.task, s.key`,
      JSON.stringify(tasks),
    ),
  );
}

/** A schedule whose parts somebody damaged is passed over, so that the others go on. */
function dueSchedules(rows: readonly DueColumns[]): readonly DueSchedule[] {
  const due: DueSchedule[] = [];
  for (const row of rows) {
    const parts = parseJson<readonly SchedulePart[] | null>(row.parts, null);
    if (parts === null) continue;
    due.push({
      id: row.id,
      task: row.task,
      key: row.key,
      revision: row.revision,
      parts,
      payload: row.payload,
      definition: row.definition,
      cursorAt: row.cursor_at,
      nextAt: row.next_at,
      pause: pauseWindow(row),
      tickedAt: row.ticked_at,
    });
  }
  return due;
}

export function ticked(db: Database, sources: readonly string[], at: number): number | null {
  const before = sources.map((source) => {
    const row = db.get<{ at: number | null }>(
      "select ticked_at as at from source where name = ?",
      source,
    );
    db.run(
      `insert into source (name, ticked_at) values (?1, ?2)
       on conflict (name) do update set ticked_at = max(coalesce(ticked_at, ?2), ?2)`,
      source,
      at,
    );
    return row?.at ?? null;
  });
  const known = before.filter((one) => one !== null);
  return known.length === 0 || known.length < sources.length ? null : Math.min(...known);
}

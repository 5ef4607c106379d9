import type { ScheduleDefinition, SchedulePart } from "../../core/definition.ts";
import { scheduleId } from "../../core/identity.ts";
import type { UpcomingQuery } from "../../planning.ts";
import type { DueSchedule } from "../../records.ts";
import type { Owing, RuntimeSchedule } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { writeGap } from "./gaps.ts";
import { topupAll } from "./gates.ts";
import { addSign, follow, type Signs } from "./incidents.ts";
import { type PauseColumns, pauseWindow } from "./pause.ts";
import { parseJson } from "./rows.ts";
import { heldWaiting, withdraw } from "./waiting.ts";
import { all, one, put, type Work } from "./work.ts";

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

/** What is past is not planned again; the instant to give twice. */
export const CURSOR_NOT_BEFORE = "case when cursor_at < ? then ? else cursor_at end" as const;

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
export function* declareSchedule(declared: DeclaredSchedule, change: Change): Work<void> {
  const { source, by, now } = change;
  const id = scheduleId(declared.task, declared.key);
  const parts = JSON.stringify(declared.parts);
  const row = yield* one<ScheduleState>(
    "select source, enabled, parts, payload, next_at from schedule where id = ? for update",
    id,
  );
  if (row === undefined) {
    yield* put(
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
    yield* put("update schedule set source = ? where id = ? and source <> ?", source, id, source);
    return;
  } else {
    yield* withdrawSchedule(declared.task, id, by, now);
    yield* forfeit({ id, task: declared.task, key: declared.key, next_at: row.next_at }, now);
    yield* put(
      `update schedule set source = ?, parts = ?, payload = ?, revision = revision + 1, enabled = 1,
         cursor_at = ${CURSOR_NOT_BEFORE}, next_at = ? where id = ?`,
      source,
      parts,
      declared.payload,
      now,
      now,
      declared.nextAt,
      id,
    );
  }
  const was = row === undefined || row.enabled === 0 ? null : row;
  const { task, key, payload } = declared;
  yield* writeAudit(
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

function* withdrawSchedule(task: string, id: string, by: string, now: number): Work<void> {
  const waiting = yield* heldWaiting(
    task,
    "schedule = ? and trigger_kind = 'schedule' and attempts = ''",
    id,
  );
  yield* topupAll(yield* withdraw(waiting, by, now), now);
}

/** Disables the schedules of this source that are not among `keys`; they keep their identity. */
export function* disableSchedules(
  task: string,
  keys: readonly string[],
  change: Change,
): Work<void> {
  const gone = yield* all<RemovedSchedule>(
    `select id, task, key, parts, payload, next_at from schedule
     where task = ? and source = ? and enabled = 1
     and key <> all(?) order by key for update`,
    task,
    change.source,
    keys,
  );
  for (const schedule of gone) yield* disable(schedule, change);
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
function* forfeit(schedule: Due, now: number): Work<void> {
  const { task, next_at: at } = schedule;
  if (at === null || at > now) return;
  const row = yield* one<{ definition: string }>(
    "select definition from task where name = ?",
    task,
  );
  yield* writeGap(
    { ...schedule, definition: row?.definition ?? "" },
    { fromAt: at, toAt: at, count: 1, reason: "edited", dayEndAt: at + 1, nextAt: null },
  );
}

function* disable(schedule: RemovedSchedule, change: Change): Work<void> {
  const { by, now, signs } = change;
  const { task } = schedule;
  yield* withdrawSchedule(task, schedule.id, by, now);
  yield* forfeit(schedule, now);
  addSign(signs, task, { kind: "unscheduled", schedule: schedule.id, at: now });
  yield* put(
    `update schedule set enabled = 0, revision = revision + 1, cursor_at = ${CURSOR_NOT_BEFORE},
       next_at = null where id = ?`,
    now,
    now,
    schedule.id,
  );
  const { key, parts, payload } = schedule;
  const deed = { actor: by, what: "schedule.remove", subject: `${task}/${key}`, task };
  yield* writeAudit({ ...deed, before: summary(parts, payload, payload) }, now);
}

export function* setSchedule(
  schedule: RuntimeSchedule,
  now: number,
  by: string,
  owing: Owing = "refuse",
): Work<"set" | "no-task" | "owned" | "owed"> {
  const task = yield* one("select 1 from task where name = ? and enabled = 1", schedule.task);
  if (task === undefined) return "no-task";
  const known = yield* one<Pick<ScheduleState, "source" | "parts" | "next_at">>(
    `select source, parts, next_at from schedule where id = ? and enabled = 1 for update`,
    scheduleId(schedule.task, schedule.key),
  );
  if (known !== undefined && known.source !== API) return "owned";
  if (known !== undefined && owing === "refuse" && isOwed(known, now)) return "owed";
  yield* declareSchedule(schedule, { source: API, by, now, signs: new Map() });
  return "set";
}

export function* removeSchedule(
  task: string,
  key: string,
  now: number,
  by: string,
  owing: Owing = "refuse",
): Work<"removed" | "no-schedule" | "owed"> {
  const row = yield* one<RemovedSchedule>(
    `select id, task, key, parts, payload, next_at from schedule
     where id = ? and source = ? and enabled = 1 for update`,
    scheduleId(task, key),
    API,
  );
  if (row === undefined) return "no-schedule";
  if (owing === "refuse" && isOwed(row, now)) return "owed";
  const signs: Signs = new Map();
  const owed = isReadable(row.parts) ? row.next_at : null;
  yield* disable({ ...row, next_at: owed }, { source: API, by, now, signs });
  yield* follow(signs, now);
  return "removed";
}

/**
 * It has come due and is not planned up to now: a change would pass that over in silence. One that
 * is damaged owes nothing, since it can never be planned: a change mends it.
 */
function isOwed(
  { parts, next_at }: Pick<ScheduleState, "parts" | "next_at">,
  now: number,
): boolean {
  return next_at !== null && next_at <= now && isReadable(parts);
}

/** Whether a schedule can be planned: whose parts somebody damaged cannot. */
export function isReadable(parts: string): boolean {
  return parseJson<unknown>(parts, undefined) !== undefined;
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
  (select ticked_at from source where name = t.source) as ticked_at
  from schedule s join task t on t.name = s.task and t.enabled = 1`;

const UPCOMING = `${SELECT_DUE} where s.enabled = 1 and s.next_at is not null and s.next_at < ?
  and (s.next_at, s.id) > (?, ?)`;
const ITS_TASKS = "exists (select 1 from node_task c where c.node = ? and c.task = s.task)";
const IN_ORDER = "order by s.next_at, s.id limit cast(? as bigint)";
const UPCOMING_OF_ALL = `${UPCOMING} ${IN_ORDER}`;
const UPCOMING_OF_NODE = `${UPCOMING} and ${ITS_TASKS} ${IN_ORDER}`;

export function* upcoming(query: UpcomingQuery): Work<readonly DueSchedule[]> {
  const { node, until, after, limit } = query;
  const from = [until, after?.nextAt ?? Number.MIN_SAFE_INTEGER, after?.id ?? ""];
  return dueSchedules(
    node === null
      ? yield* all<DueColumns>(UPCOMING_OF_ALL, ...from, limit)
      : yield* all<DueColumns>(UPCOMING_OF_NODE, ...from, node, limit),
  );
}

export function* schedulesOf(tasks: readonly string[]): Work<readonly DueSchedule[]> {
  return dueSchedules(
    yield* all<DueColumns>(
      `${SELECT_DUE} where s.enabled = 1 and s.task = any(?)
       order by s.task, s.key`,
      tasks,
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

export function* ticked(sources: readonly string[], at: number): Work<number | null> {
  const before: (number | null)[] = [];
  for (const source of sources) {
    const row = yield* one<{ at: number | null }>(
      "select ticked_at as at from source where name = ?",
      source,
    );
    yield* put(
      `insert into source (name, ticked_at) values (?, ?)
       on conflict (name) do update set ticked_at = case when source.ticked_at > excluded.ticked_at
         then source.ticked_at else excluded.ticked_at end`,
      source,
      at,
    );
    before.push(row?.at ?? null);
  }
  const known = before.filter((one) => one !== null);
  return known.length === 0 || known.length < sources.length ? null : Math.min(...known);
}

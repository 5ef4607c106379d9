import type { Definition, SchedulePart } from "../../core/definition.ts";
import type { GapReason, RunState } from "../../core/run.ts";
import type {
  GapRow,
  GateRow,
  LastRun,
  RunFilter,
  RunRow,
  ScheduleRow,
  TaskRow,
} from "../../records.ts";
import { type PauseColumns, pauseRow } from "./pause.ts";
import { firstIdDue, parseJson, runRow, SELECT_RUN, type StateColumns } from "./rows.ts";
import { all, one, type Value, type Work } from "./work.ts";

const DAY_MS = 86_400_000;
/** The longest local day: a gap never spans a local midnight. */
const LONGEST_DAY_MS = 27 * 3_600_000;

interface TaskColumns extends PauseColumns {
  name: string;
  source: string;
  enabled: number;
  file: string | null;
  line: number | null;
  definition: string;
  body: string | null;
  last_run: string | null;
  last_success: string | null;
}

export function* tasks(name: string | null): Work<readonly TaskRow[]> {
  const select = "select t.*, d.body from task t left join definition d on d.hash = t.definition";
  const rows =
    name === null
      ? yield* all<TaskColumns>(`${select} order by t.name`)
      : yield* all<TaskColumns>(`${select} where t.name = ?`, name);
  const found: TaskRow[] = [];
  for (const row of rows) {
    const body = row.body === null ? null : parseJson<Definition | null>(row.body, null);
    if (body !== null) found.push(yield* taskRow(row, body));
  }
  return found;
}

function* taskRow(row: TaskColumns, body: Definition): Work<TaskRow> {
  const carriers = yield* all<{ node: string; placed: number }>(
    "select node, placed from node_task where task = ? order by node",
    row.name,
  );
  const nodesOf = (placed: number): readonly string[] =>
    carriers.filter((carrier) => carrier.placed === placed).map(({ node }) => node);
  return {
    name: row.name,
    source: row.source,
    enabled: row.enabled === 1,
    file: row.file,
    line: row.line,
    definition: row.definition,
    body,
    pause: pauseRow(row),
    schedules: yield* schedules(row.name),
    lastRun: row.last_run === null ? null : parseJson<LastRun | null>(row.last_run, null),
    lastSuccess:
      row.last_success === null ? null : parseJson<LastRun | null>(row.last_success, null),
    carriers: nodesOf(1),
    unplaced: nodesOf(0),
  };
}

interface ScheduleColumns extends Omit<ScheduleRow, "parts" | "enabled"> {
  parts: string;
  enabled: number;
}

function* schedules(task: string): Work<readonly ScheduleRow[]> {
  const rows = yield* all<ScheduleColumns>(
    `select id, key, revision, parts, payload, cursor_at as "cursorAt", next_at as "nextAt", source,
       enabled from schedule where task = ? order by key`,
    task,
  );
  return rows.map((row) => ({
    ...row,
    parts: parseJson<readonly SchedulePart[]>(row.parts, []),
    enabled: row.enabled === 1,
  }));
}

export function* run(id: string): Work<RunRow | null> {
  for (const select of Object.values(SELECT_RUN)) {
    const row = yield* one<StateColumns>(`${select} where id = ?`, id);
    if (row !== undefined) return runRow(row);
  }
  return null;
}

export function* runsByPrefix(prefix: string, limit: number): Work<readonly RunRow[]> {
  const end = `${prefix}\u{10ffff}`;
  const found: StateColumns[] = [];
  for (const select of Object.values(SELECT_RUN)) {
    const rows = yield* all<StateColumns>(
      `${select} where id >= ? and id < ? order by id limit cast(? as bigint)`,
      prefix,
      end,
      limit,
    );
    found.push(...rows);
  }
  return found.slice(0, limit).map(runRow);
}

export function* runs(filter: RunFilter): Work<readonly RunRow[]> {
  const asked: RunFilter = filter.unresolved ? { ...filter, state: "failed" } : filter;
  const found: StateColumns[] = [];
  for (const select of tablesOf(asked.state)) found.push(...(yield* matching(select, asked)));
  found.sort((a, b) => b.due_at - a.due_at || (a.id < b.id ? 1 : -1));
  return found.slice(0, filter.limit).map(runRow);
}

function tablesOf(state: RunState | undefined): readonly string[] {
  if (state === undefined) return Object.values(SELECT_RUN);
  if (state === "pending" || state === "running") return [SELECT_RUN[state]];
  return [SELECT_RUN.history];
}

/**
 * An id begins with its run's due instant, so where no index by task or state is better, the order
 * of ids is that of due instants.
 */
function* matching(select: string, filter: RunFilter): Work<readonly StateColumns[]> {
  const conditions = ["true"];
  const values: Value[] = [];
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("task = ?", filter.task);
  add("due_at >= ?", filter.from);
  add("due_at < ?", filter.until);
  const byId = filter.task === undefined && (filter.state ?? "succeeded") === "succeeded";
  if (byId) {
    add("id >= ?", filter.from === undefined ? undefined : firstIdDue(filter.from));
    // A run triggered for an instant that had passed stands where it was made, within a day as a rule.
    add("id < ?", filter.until === undefined ? undefined : firstIdDue(filter.until + DAY_MS));
  }
  add("replay_of = ?", filter.replayOf);
  if (select === SELECT_RUN.history) addState(filter.state, conditions);
  if (filter.unresolved) conditions.push("resolved_at is null");
  const order = byId ? "id desc" : "due_at desc, id desc";
  return yield* all<StateColumns>(
    `${select} where ${conditions.join(" and ")} order by ${order} limit cast(? as bigint)`,
    ...values,
    filter.limit,
  );
}

/** The state stands in the text, and what did not succeed has an index of its own. */
function addState(state: RunState | undefined, conditions: string[]): void {
  if (state === "succeeded") conditions.push("state = 'succeeded'");
  if (state === "failed") conditions.push("state = 'failed' and state <> 'succeeded'");
  if (state === "cancelled") conditions.push("state = 'cancelled' and state <> 'succeeded'");
}

interface GapColumns {
  task: string;
  schedule: string;
  key: string;
  parts: string;
  definition: string;
  from_at: number;
  to_at: number;
  count: number;
  reason: GapReason;
}

export function* gaps(task: string, from: number, until: number): Work<readonly GapRow[]> {
  const rows = yield* all<GapColumns>(
    `select task, schedule, key, parts, definition, from_at, to_at, count, reason from gap
     where task = ? and from_at > ? and from_at < ? and to_at >= ? order by from_at, key`,
    task,
    from - LONGEST_DAY_MS,
    until,
    from,
  );
  return rows.map((row) => ({
    task: row.task,
    schedule: row.schedule,
    scheduleKey: row.key,
    parts: parseJson<readonly SchedulePart[]>(row.parts, []),
    definition: row.definition,
    fromAt: row.from_at,
    toAt: row.to_at,
    count: row.count,
    reason: row.reason,
  }));
}

export function* gate(id: string): Work<GateRow | null> {
  const row = yield* one<{ max: number; waiting: number }>(
    `select max, (select count(*) from pending p where p.gate = g.id and p.gate is not null
       and p.slot = 0) as waiting from gate g where id = ?`,
    id,
  );
  if (row === undefined) return null;
  const holders = yield* all<{ id: string }>(
    `select id from running where gate = ?
     union all select id from pending where gate = ? and gate is not null and slot = 1 order by id`,
    id,
    id,
  );
  return { id, max: row.max, waiting: row.waiting, holders: holders.map((holder) => holder.id) };
}

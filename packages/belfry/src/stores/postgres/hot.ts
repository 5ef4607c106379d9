import type { EndRow, EnteringRow, Hot, HotRow, MovedCursor } from "../sql/hot.ts";
import { PAUSE_IN_FORCE } from "../sql/pause.ts";
import { type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import { all, one, put, tuples, type Work } from "../sql/work.ts";

/**
 * For lines that take and finish. A plan is kept, and these two are made on tables that are empty
 * one moment and long the next: planned while they were empty, all that waits would be read and
 * sorted for each batch. So what suits small tables is not to be had, and values decide nothing.
 * Behind a pooler each is planned anew, by how long the tables are then.
 */
export const HOT_SETTINGS: Readonly<Record<string, string>> = {
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  plan_cache_mode: "force_generic_plan",
};

export interface TakeRequest {
  readonly node: string;
  readonly claimId: string;
  /** Whose code the node has: as values, since joined to node_task all that waits would be read. */
  readonly tasks: readonly string[];
  /**
   * Nothing is looked for that became ready before: rows that are dead, but still seen by
   * somebody's old snapshot, stand there. Now and then 0, or what arrives late starves.
   */
  readonly floor: number;
  readonly limit: number;
  /** Take only these runs; null: whatever is due. */
  readonly only: readonly string[] | null;
  /** Take only what was made by then, or null. */
  readonly madeUntil: number | null;
}

const NEW_COLUMNS = `${RUN_COLUMNS}, forced, node, claim_id, fence, started_at`;

/**
 * Due and takeable, to running, under one fence. The node's row is held and looked at again once it
 * is: who is being declared dead takes nothing, and who declares it dead waits for what was taken.
 * The empty text keeps the task out of the choice of an index: only the one in order of readiness
 * ends at the limit.
 */
function takeText(which: "due" | "only"): string {
  return `
with worker as materialized (
  select id from belfry.node where id = $1 and state = 'alive' and lease_until >= $2 for share),
due as materialized (
  select id from belfry.pending
  where (gate is null or slot = 1) and ready_at <= $2 and ready_at >= $3
    and (task || '') = any(cast($4 as text[])) and created_at <= $5
    ${which === "only" ? "and id = any(cast($8 as text[]))" : ""}
    and exists (select from worker)
  order by ready_at, id limit $6 for update skip locked),
gone as (
  delete from belfry.pending where id = any(array(select id from due))
  returning ${RUN_COLUMNS}, forced),
taken as (
  insert into belfry.running (${NEW_COLUMNS})
  select ${RUN_COLUMNS}, forced, $1, $7, (select belfry.next_fence()), $2 from gone
  on conflict (id) do nothing returning *)
select r.id, r.gate, r.attempts, r.task, r.schedule, r.definition, r.trigger_kind, r.trigger_by,
  r.due_at, r.created_at, r.started_at, r.deadline_at, r.node, r.fence, r.payload,
  r.idempotency_key, r.asked, r.replay_of, t.last_success_due
from taken r left join belfry.task t on t.name = r.task order by r.ready_at, r.id`;
}

const TAKE = takeText("due");
const TAKE_ONLY = takeText("only");

/** What is written of an end, as an `EndRow` has it after run and fence. */
const END: readonly (readonly [column: string, type: "text" | "bigint"])[] = [
  ["ended_at", "bigint"],
  ["state", "text"],
  ["outcome", "text"],
  ["reason", "text"],
  ["exit_code", "bigint"],
  ["signal", "text"],
  ["log_bytes", "bigint"],
  ["log_dropped", "bigint"],
  ["result", "text"],
  ["error", "text"],
  ["report", "text"],
  ["progress", "text"],
];
const END_COLUMNS = END.map(([column]) => column).join(", ");
const ENDS = END.map(([, type], index) => `cast($${index + 3} as ${type}[])`).join(", ");

/**
 * Both tables are brought together once, in the delete, which hands on what is written; joined anew
 * for the insert, two lists of unknown length would be compared each with each.
 */
const FINISH = `
with s as materialized (
  select * from unnest(cast($1 as text[]), cast($2 as bigint[]), ${ENDS})
    as s(id, fence, ${END_COLUMNS})),
gone as (
  delete from belfry.running r using s where r.id = s.id and r.fence = s.fence
  returning ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at,
    ${END.slice(0, -2)
      .map(([column]) => `s.${column}`)
      .join(", ")},
    coalesce(s.report, r.report) as report, coalesce(s.progress, r.progress) as progress,
    r.asked, r.asked_by)
insert into belfry.history (${RUN_COLUMNS}, node, fence, started_at, ${END_COLUMNS}, asked, asked_by)
select ${RUN_COLUMNS}, node, fence, started_at, ${END_COLUMNS}, asked, asked_by from gone
returning id`;

/**
 * Moves what is due from pending to running, oldest first, and answers with it. Passes over what
 * another is taking. Nothing where the node is dead or its lease has run out.
 */
export function* take(request: TakeRequest, now: number): Work<readonly ClaimedTuple[]> {
  const { node, claimId, tasks, floor, limit, only } = request;
  const madeUntil = request.madeUntil ?? Number.MAX_SAFE_INTEGER;
  const values = [node, now, floor, tasks, madeUntil, limit, claimId] as const;
  return only === null
    ? yield* tuples<ClaimedTuple>(TAKE, ...values)
    : yield* tuples<ClaimedTuple>(TAKE_ONLY, ...values, only);
}

/**
 * Moves runs from running to history by id and fence.
 * @returns the ids of those it moved: the others are somebody else's by now, or were moved before.
 */
export function* finish(rows: readonly EndRow[]): Work<ReadonlySet<string>> {
  const moved = yield* tuples<[run: string]>(FINISH, ...columnsOf(rows, 2 + END.length));
  return new Set(moved.map(([run]) => run));
}

/** Held in one order, so that no two who plan the same schedules wait for each other. */
const HOLD_CURSORS = "select 1 from schedule where id = any(?) order by id for update";
const MOVE_CURSORS = `
update schedule as s set cursor_at = p.to_at, next_at = p.next_at
from unnest(cast(? as text[]), cast(? as bigint[]), cast(? as bigint[]), cast(? as text[]),
    cast(? as text[]), cast(? as bigint[]), cast(? as bigint[]))
  as p(id, revision, from_at, task, definition, to_at, next_at)
join task as t on t.name = p.task and t.definition = p.definition and t.enabled = 1
where s.id = p.id and s.revision = p.revision and s.cursor_at = p.from_at and s.enabled = 1
returning s.id, t.last_success_due, coalesce(${PAUSE_IN_FORCE}, false),
  exists (select 1 from node_task c where c.node = ? and c.task = t.name and c.placed = 1)`;

/** What enters, in the order of an `EnteringRow`. */
const ENTERING = `cast(? as text[]), cast(? as text[]), cast(? as text[]), cast(? as bigint[]),
  cast(? as bigint[]), cast(? as text[]), cast(? as text[]), cast(? as text[]), cast(? as bigint[]),
  cast(? as text[])`;
const ENTERING_COLUMNS = `id, task, schedule, due_at, ready_at, definition, trigger_by, gate,
  deadline_at, payload`;
const WAITING_COLUMNS = "slot, parked, held_at, live, start_by, day_end_at, next_at, overlap";

const INSERT_PENDING = `
insert into pending (${ENTERING_COLUMNS}, ${WAITING_COLUMNS}, created_at, trigger_kind, attempts, forced)
select *, cast(? as bigint), 'schedule', '', 0 from unnest(${ENTERING}, cast(? as bigint[]),
  cast(? as text[]), cast(? as bigint[]), cast(? as bigint[]), cast(? as bigint[]),
  cast(? as bigint[]), cast(? as bigint[]), cast(? as text[]))`;

const INSERT_RUNNING = `
insert into running (${ENTERING_COLUMNS}, created_at, started_at, trigger_kind, attempts, forced,
  node, claim_id, fence)
select *, cast(? as bigint), cast(? as bigint), 'schedule', '', 0, cast(? as text), cast(? as text),
  cast(? as bigint) from unnest(${ENTERING})`;

/** What is hot, in PostgreSQL's own words. */
export const POSTGRES_HOT: Hot = {
  // One clock for all: what comes late is seen by nobody here, and the row would be everybody's.
  *raiseMark() {},
  *nextFence() {
    const row = yield* one<{ fence: number }>("select belfry.next_fence() as fence");
    if (row === undefined) throw new Error("The store has lost its fences.");
    return row.fence;
  },
  *moveCursors(moves, node, now) {
    yield* put(
      HOLD_CURSORS,
      moves.map(([id]) => id),
    );
    return yield* tuples<MovedCursor>(MOVE_CURSORS, ...columnsOf(moves, 7), now, node);
  },
  insertPending: (rows, now) => put(INSERT_PENDING, now, ...columnsOf(rows, 18)),
  insertRunning: (rows: readonly EnteringRow[], { node, claimId, fence }, now) =>
    put(INSERT_RUNNING, now, now, node, claimId, fence, ...columnsOf(rows, 10)),
  *take({ only, madeUntil = null, ...request }, now) {
    const carried = yield* all<{ task: string }>(
      "select task from node_task where node = ? and placed = 1",
      request.node,
    );
    const tasks = carried.map(({ task }) => task);
    const runs = only === null ? null : [only];
    const taken = yield* take({ ...request, tasks, floor: 0, only: runs, madeUntil }, now);
    if (taken.length > 0) {
      yield* put("update node set last_claim = ? where id = ?", request.claimId, request.node);
    }
    return taken;
  },
  *finish(rows) {
    const moved = yield* finish(rows);
    return moved.size === rows.length ? "all" : moved;
  },
};

/** A list for each column: an array costs the server less to read than as many rows. */
function columnsOf(rows: readonly HotRow[], width: number): readonly HotRow[] {
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column] ?? null));
}

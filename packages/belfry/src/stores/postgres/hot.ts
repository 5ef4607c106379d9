import type { EndRow, Hot } from "../sql/hot.ts";
import { type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import { one, put, tuples, type Work } from "../sql/work.ts";

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
 * The node's tasks are an array, since joined to them all that waits would be read; the empty text
 * keeps the task out of the choice of an index: only the one in order of readiness ends at the limit.
 */
function takeText(which: "due" | "only"): string {
  return `
with worker as materialized (
  select id from belfry.node where id = $1 and state = 'alive' and lease_until >= $2 for share),
due as materialized (
  select id from belfry.pending
  where (gate is null or slot = 1) and ready_at <= $2 and ready_at >= $3
    and (task || '') = any(array(
      select task from belfry.node_task where node = $1 and placed = 1))
    and created_at <= $4
    ${which === "only" ? "and id = any(cast($7 as text[]))" : ""}
    and exists (select from worker)
  order by ready_at, id limit $5 for update skip locked),
gone as (
  delete from belfry.pending where id = any(array(select id from due))
  returning ${RUN_COLUMNS}, forced),
taken as (
  insert into belfry.running (${NEW_COLUMNS})
  select ${RUN_COLUMNS}, forced, $1, $6, (select belfry.next_fence()), $2 from gone
  on conflict (id) do nothing returning *)
select r.id, r.gate, r.attempts, r.task, r.schedule, r.definition, r.trigger_kind, r.trigger_by,
  r.due_at, r.created_at, r.started_at, r.deadline_at, r.node, r.fence, r.payload,
  r.idempotency_key, r.asked, r.replay_of, t.last_success_due
from taken r left join belfry.task t on t.name = r.task order by r.ready_at, r.id`;
}

const TAKE = takeText("due");
const TAKE_ONLY = takeText("only");

/** What is written of an end, as an `EndRow` has it after run and fence. */
const ENDED = `ended_at bigint, state text, outcome text, reason text, exit_code bigint, signal text,
  log_bytes bigint, log_dropped bigint, result text, error text`;
const ENDED_COLUMNS = ENDED.replaceAll(/ (?:text|bigint)\b/g, "");

/**
 * Both tables are brought together once, in the delete, which hands on what is written; joined anew
 * for the insert, two lists of unknown length would be compared each with each.
 */
const FINISH = `
with s as materialized (
  select * from values_of(? id text, fence bigint, ${ENDED}, report text, progress text)),
gone as (
  delete from belfry.running r using s where r.id = s.id and r.fence = s.fence
  returning ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at,
    ${ENDED_COLUMNS.replace(/\w+/g, "s.$&")},
    coalesce(s.report, r.report) as report, coalesce(s.progress, r.progress) as progress,
    r.asked, r.asked_by)
insert into belfry.history (${RUN_COLUMNS}, node, fence, started_at, ${ENDED_COLUMNS}, report, progress,
  asked, asked_by)
select ${RUN_COLUMNS}, node, fence, started_at, ${ENDED_COLUMNS}, report, progress, asked, asked_by
from gone
returning id`;

/**
 * Moves what is due from pending to running, oldest first, and answers with it. Passes over what
 * another is taking. Nothing where the node is dead or its lease has run out.
 */
export function* take(request: TakeRequest, now: number): Work<readonly ClaimedTuple[]> {
  const { node, claimId, floor, limit, only } = request;
  const madeUntil = request.madeUntil ?? Number.MAX_SAFE_INTEGER;
  const values = [node, now, floor, madeUntil, limit, claimId] as const;
  return only === null
    ? yield* tuples<ClaimedTuple>(TAKE, ...values)
    : yield* tuples<ClaimedTuple>(TAKE_ONLY, ...values, only);
}

/**
 * Moves runs from running to history by id and fence.
 * @returns the ids of those it moved: the others are somebody else's by now, or were moved before.
 */
export function* finish(rows: readonly EndRow[]): Work<ReadonlySet<string>> {
  const moved = yield* tuples<[run: string]>(FINISH, rows);
  return new Set(moved.map(([run]) => run));
}

/** What is hot, in PostgreSQL's own words. */
export const POSTGRES_HOT: Hot = {
  // One clock for all: what comes late is seen by nobody here, and the row would be everybody's.
  *raiseMark() {},
  nextFence: () => readFence("select belfry.next_fence() as fence"),
  lastFence: () => readFence("select belfry.last_fence() as fence"),
  // Each epoch has more fences than will ever be drawn: the next one is above all of the last.
  raiseFences: () => put("update meta set epoch = epoch + 1"),
  *take({ only, madeUntil = null, ...request }, now) {
    const runs = only === null ? null : [only];
    const taken = yield* take({ ...request, floor: 0, only: runs, madeUntil }, now);
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

function* readFence(sql: string): Work<number> {
  const row = yield* one<{ fence: number | null }>(sql);
  if (row?.fence == null) throw new Error("The store has lost its fences.");
  return row.fence;
}

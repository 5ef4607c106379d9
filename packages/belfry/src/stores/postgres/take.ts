import type { FinalState, OutcomeKind, Reason } from "../../core/run.ts";
import { type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import type { Connection } from "./connection.ts";
import { native, type Statement } from "./statement.ts";

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

const TAKE: Statement = native(takeText("due"));
const TAKE_ONLY: Statement = native(takeText("only"));

/**
 * Moves what is due from pending to running, oldest first, and answers with it. Passes over what
 * another is taking. Nothing where the node is dead or its lease has run out.
 */
export async function take(
  line: Connection,
  request: TakeRequest,
  now: number,
): Promise<readonly ClaimedTuple[]> {
  const { node, claimId, tasks, floor, limit, only } = request;
  const madeUntil = request.madeUntil ?? Number.MAX_SAFE_INTEGER;
  const values = [node, now, floor, tasks, madeUntil, limit, claimId];
  const { rows } =
    only === null
      ? await line.tuples<ClaimedTuple>(TAKE, values)
      : await line.tuples<ClaimedTuple>(TAKE_ONLY, [...values, only]);
  return rows;
}

/** An attempt after which its run is over; JSON as text. */
export interface Finish {
  readonly run: string;
  readonly fence: number;
  readonly endedAt: number;
  readonly state: FinalState;
  readonly outcome: OutcomeKind;
  readonly reason: Reason | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly logBytes: number | null;
  readonly logDropped: number | null;
  readonly result: string | null;
  readonly error: string | null;
  /** Null: what the attempt last told while it ran. */
  readonly report: string | null;
  readonly progress: string | null;
}

/** What is written of an end: its column, type and value. */
const END: readonly (readonly [
  column: string,
  type: "text" | "bigint",
  value: (one: Finish) => string | number | null,
])[] = [
  ["ended_at", "bigint", (one) => one.endedAt],
  ["state", "text", (one) => one.state],
  ["outcome", "text", (one) => one.outcome],
  ["reason", "text", (one) => one.reason],
  ["exit_code", "bigint", (one) => one.exitCode],
  ["signal", "text", (one) => one.signal],
  ["log_bytes", "bigint", (one) => one.logBytes],
  ["log_dropped", "bigint", (one) => one.logDropped],
  ["result", "text", (one) => one.result],
  ["error", "text", (one) => one.error],
  ["report", "text", (one) => one.report],
  ["progress", "text", (one) => one.progress],
];
const END_COLUMNS = END.map(([column]) => column).join(", ");
const ENDS = END.map(([, type], index) => `cast($${index + 3} as ${type}[])`).join(", ");

/**
 * Both tables are brought together once, in the delete, which hands on what is written; joined anew
 * for the insert, two lists of unknown length would be compared each with each.
 */
const FINISH: Statement = native(`
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
returning id`);

/**
 * Moves runs from running to history by id and fence.
 * @returns the ids of those it moved: the others are somebody else's by now, or were moved before.
 */
export async function finish(
  line: Connection,
  ends: readonly Finish[],
): Promise<ReadonlySet<string>> {
  const { rows } = await line.tuples<readonly [string]>(FINISH, [
    ends.map((one) => one.run),
    ends.map((one) => one.fence),
    ...END.map(([, , value]) => ends.map(value)),
  ]);
  return new Set(rows.map(([id]) => id));
}

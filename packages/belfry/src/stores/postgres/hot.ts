import type { ClaimRequest } from "../../store.ts";
import type { EndRow, Hot } from "../sql/hot.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, RUN_COLUMNS } from "../sql/rows.ts";
import { count, one, put, tuples, type Work } from "../sql/work.ts";
import { Floor } from "./floor.ts";
import { NEXT_FENCE } from "./tables.ts";

/**
 * For lines that take and finish. A plan is kept, and these two are made on tables that are empty
 * one moment and long the next: planned while they were empty, all that waits would be read and
 * sorted for each batch. So what suits small tables is not to be had, and values decide nothing.
 * Behind a pooler each is planned anew, by how long the tables are then.
 */
export const HOT_SETTINGS: Readonly<Record<string, string>> = {
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  // Else a batch is compared each with each where a table is thought to be small.
  enable_material: "off",
  plan_cache_mode: "force_generic_plan",
  // Who waits for a row holds others, its own node's among them, whose lease cannot be renewed
  // meanwhile: it lets go of them, and tries again.
  lock_timeout: "1000",
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
 * The node's tasks are looked up in a table made of them once (\`is true\` keeps them from being
 * joined, for which all that waits would be read). Rows that are held are found again by where they
 * stand; one that was changed since the statement began stands elsewhere, and is passed over.
 */
function takeText(which: "due" | "only"): string {
  return `
with worker as materialized (
  select id from belfry.node where id = $1 and state = 'alive' and lease_until >= $2 for share),
due as materialized (
  select ctid as place from belfry.pending
  where (gate is null or slot = 1) and ready_at <= $2 and ready_at >= $3
    and (task in (select task from belfry.node_task where node = $1 and placed = 1)) is true
    and created_at <= $4
    ${which === "only" ? "and id = any(cast($7 as text[]))" : ""}
    and exists (select from worker)
  order by ready_at, id limit $5 for update skip locked),
gone as (
  delete from belfry.pending where ctid = any(array(select place from due))
  returning ${RUN_COLUMNS}, forced)
insert into belfry.running (${NEW_COLUMNS})
select ${RUN_COLUMNS}, forced, $1, $6, ${NEXT_FENCE}, $2 from gone
returning ${CLAIMED_COLUMNS}`;
}

const TAKE = takeText("due");
const TAKE_ONLY = takeText("only");

/** What is written of an end, as an `EndRow` has it after run and fence. */
const ENDED = `ended_at bigint, state text, outcome text, reason text, exit_code bigint, signal text,
  log_bytes bigint, log_dropped bigint, result text, error text`;
const ENDED_COLUMNS = ENDED.replaceAll(/ (?:text|bigint)\b/g, "");

const GONE = "delete from belfry.running r using s where r.id = s.id and r.fence = s.fence";

/**
 * Both tables are brought together once, in the delete, which hands on what is written; joined anew
 * for the insert, two lists of unknown length would be compared each with each.
 */
const FINISH = `
with s as materialized (
  select * from values_of(? id text, fence bigint, ${ENDED}, report text, progress text)),
gone as (
  ${GONE}
  returning ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at,
    ${ENDED_COLUMNS.replace(/\w+/g, "s.$&")},
    coalesce(s.report, r.report) as report, coalesce(s.progress, r.progress) as progress,
    r.asked, r.asked_by)
insert into belfry.history (${RUN_COLUMNS}, node, fence, started_at, ${ENDED_COLUMNS}, report, progress,
  asked, asked_by)
select ${RUN_COLUMNS}, node, fence, started_at, ${ENDED_COLUMNS}, report, progress, asked, asked_by
from gone`;

/** The same for those that succeeded and have nothing to say, as most do. */
const FINISH_PLAIN = `
with s as materialized (
  select * from values_of(? id text, fence bigint, ended_at bigint)),
gone as (
  ${GONE}
  returning ${RUN_COLUMNS.replace(/\w+/g, "r.$&")}, r.node, r.fence, r.started_at, s.ended_at,
    r.report, r.progress, r.asked, r.asked_by)
insert into belfry.history (${RUN_COLUMNS}, node, fence, started_at, ended_at, state, outcome, report,
  progress, asked, asked_by)
select ${RUN_COLUMNS}, node, fence, started_at, ended_at, 'succeeded', 'succeeded', report, progress,
  asked, asked_by
from gone`;

/** What this transaction has written of these. */
const MOVED = `select id from belfry.history
  where id = any(cast($1 as text[])) and xmin = pg_current_xact_id()::xid`;

/**
 * Moves what is due from pending to running, oldest first, and answers with it. Passes over what
 * another is taking. Nothing where the node is dead or its lease has run out.
 */
export function* take(request: TakeRequest, now: number): Work<readonly ClaimedTuple[]> {
  const { node, claimId, floor, limit, only } = request;
  const madeUntil = request.madeUntil ?? Number.MAX_SAFE_INTEGER;
  const values = [node, now, floor, madeUntil, limit, claimId] as const;
  const taken = yield* only === null
    ? tuples<ClaimedTuple>(TAKE, ...values)
    : tuples<ClaimedTuple>(TAKE_ONLY, ...values, only);
  return [...taken].sort(inOrder);
}

/** By readiness, then by id: they come in the order in which they stood in their table. */
function inOrder([a, aReadyAt]: ClaimedTuple, [b, bReadyAt]: ClaimedTuple): number {
  return aReadyAt - bReadyAt || (a < b ? -1 : 1);
}

/**
 * Moves runs from running to history by id and fence.
 * @returns the ids of those it moved: the others are somebody else's by now, or were moved before.
 */
export function* finish(rows: readonly EndRow[]): Work<ReadonlySet<string> | "all"> {
  const moved = rows.every(isPlain)
    ? yield* count(FINISH_PLAIN, rows.map(plain))
    : yield* count(FINISH, rows);
  // As a rule all of them: to have each returned costs more than to ask, now and then, which.
  if (moved === rows.length) return "all";
  const found = yield* tuples<[run: string]>(
    MOVED,
    rows.map(([run]) => run),
  );
  return new Set(found.map(([run]) => run));
}

function isPlain([, , , state, , ...said]: EndRow): boolean {
  return state === "succeeded" && said.every((one) => one === null);
}

function plain([run, fence, endedAt]: EndRow): readonly [string, number, number] {
  return [run, fence, endedAt];
}

/** What is hot, in PostgreSQL's own words; one for each who works. */
export function postgresHot(): Hot {
  const floor = new Floor();
  return {
    // One clock for all: what comes late is seen by nobody here, and the row would be everybody's.
    *raiseMark() {},
    nextFence: () => readFence(`select ${NEXT_FENCE} as fence`),
    lastFence: () => readFence("select belfry.last_fence() as fence"),
    // Each epoch has more fences than will ever be drawn: the next one is above all of the last.
    raiseFences: () => put("update meta set epoch = epoch + 1"),
    *take(request, now) {
      const taken = yield* request.only === null
        ? takeFrom(floor, request, now)
        : take(wanted(request, 0), now);
      if (taken.length > 0) {
        yield* put("update node set last_claim = ? where id = ?", request.claimId, request.node);
      }
      return taken;
    },
    finish,
  };
}

/** From the floor on, and where that gives too few, all there is. */
function* takeFrom(
  floor: Floor,
  request: ClaimRequest,
  now: number,
): Work<readonly ClaimedTuple[]> {
  const { limit } = request;
  const from = floor.next(now);
  const taken = yield* take(wanted(request, from), now);
  floor.took(taken.length, taken[0]?.[1], taken.length < limit ? "fewer" : "all");
  if (from === 0 || taken.length === limit) return taken;
  const rest = yield* take(wanted({ ...request, limit: limit - taken.length }, 0), now);
  return [...taken, ...rest];
}

function wanted({ only, madeUntil, ...request }: ClaimRequest, floor: number): TakeRequest {
  return { ...request, floor, only: only === null ? null : [only], madeUntil: madeUntil ?? null };
}

function* readFence(sql: string): Work<number> {
  const row = yield* one<{ fence: number | null }>(sql);
  if (row?.fence == null) throw new Error("The store has lost its fences.");
  return row.fence;
}

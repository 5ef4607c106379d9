import type { Claimed, ClaimedRun, ClaimRequest } from "../../store.ts";
import type { Database } from "./database.ts";
import { admitArrivals, topupAll } from "./gates.ts";
import { nextFence, raiseMark } from "./mark.ts";
import { type ClaimedColumns, claimedRun, RUN_COLUMNS, SELECT_CLAIMED } from "./rows.ts";
import { turnAwayLate } from "./waiting.ts";

const NOTHING: Claimed = { runs: [], nextReadyAt: null, more: false, wishes: [] };

/** What a claim looks at: due, without a gate or with a slot, and the node has its code. */
const CLAIMABLE = `(gate is null or slot = 1) and ready_at <= :now
  and exists (select 1 from node_task c where c.node = :node and c.task = pending.task)`;

export function claim(db: Database, request: ClaimRequest, now: number): Claimed {
  if (!mayWork(db, request.node, now)) return NOTHING;
  raiseMark(db, now);
  let runs = held(db, request);
  if (runs.length === 0) {
    topupAll(db, turnAwayLate(db, now), now);
    admitArrivals(db, now);
    runs = take(db, request, now);
  }
  return {
    runs,
    nextReadyAt: nextReadyAt(db, request.node, now),
    more: runs.length >= request.limit && isMoreDue(db, request.node, now),
    wishes: [],
  };
}

/** A node that was declared dead, or whose lease has run out, must not take what nobody would reap. */
function mayWork(db: Database, node: string, now: number): boolean {
  const row = db.get(
    "select 1 from node where id = ? and state = 'alive' and lease_until >= ?",
    node,
    now,
  );
  return row !== undefined;
}

function held(db: Database, request: ClaimRequest): ClaimedRun[] {
  return db
    .all<ClaimedColumns>(
      `${SELECT_CLAIMED} where r.node = ? and r.claim_id = ? order by r.ready_at, r.id`,
      request.node,
      request.claimId,
    )
    .map(claimedRun);
}

function take(db: Database, request: ClaimRequest, now: number): ClaimedRun[] {
  const { node, claimId, only } = request;
  if (!isDue(db, node, now)) return [];
  const taken = db.run(
    `insert into running (${RUN_COLUMNS}, forced, node, claim_id, fence, started_at)
     select ${RUN_COLUMNS}, forced, :node, :claim, :fence, :now from pending
     where ${CLAIMABLE} and (:only is null or id = :only)
     order by ready_at limit :limit
     on conflict (id) do nothing`,
    { node, claim: claimId, fence: nextFence(db), now, only, limit: request.limit },
  );
  if (taken === 0) return [];
  db.run(
    "delete from pending where id in (select id from running where node = ? and claim_id = ?)",
    node,
    claimId,
  );
  return held(db, request);
}

function isDue(db: Database, node: string, now: number): boolean {
  return db.get(`select 1 from pending where ${CLAIMABLE} limit 1`, { node, now }) !== undefined;
}

function isMoreDue(db: Database, node: string, now: number): boolean {
  return isDue(db, node, now);
}

/** When something may have to be done next: a run becomes due, or too late. */
function nextReadyAt(db: Database, node: string, now: number): number | null {
  const row = db.get<{ at: number | null }>(
    `select min(at) as at from (
       select * from (select ready_at as at from pending
         where (gate is null or slot = 1) and ready_at > :now
         and exists (select 1 from node_task c where c.node = :node and c.task = pending.task)
         order by ready_at limit 1)
       union all select * from (select ready_at from pending
         where gate is not null and slot = 0 and ready_at > :now order by ready_at limit 1)
       union all select min(start_by) + 1 from pending where start_by is not null
       union all select min(deadline_at) + 1 from pending where deadline_at is not null)`,
    { node, now },
  );
  return row?.at ?? null;
}

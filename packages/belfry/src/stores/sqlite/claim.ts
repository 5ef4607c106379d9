import type { ClaimedRun } from "../../records.ts";
import type { Claimed, ClaimRequest, IncidentStep } from "../../store.ts";
import { admitArrivals, NOBODY_MET, nextArrivalAt } from "../sql/gates.ts";
import { nextFence, raiseMark } from "../sql/mark.ts";
import { quarantine } from "../sql/quarantine.ts";
import {
  CLAIMED_COLUMNS,
  type ClaimedTuple,
  claimedRun,
  parseJson,
  RUN_COLUMNS,
} from "../sql/rows.ts";
import { NOBODY_LATE, turnAwayLate } from "../sql/waiting.ts";
import type { Database } from "./database.ts";
import { perform } from "./drive.ts";

const NOTHING: Claimed = {
  runs: [],
  nextReadyAt: null,
  nextArrivalAt: null,
  more: false,
  wishes: [],
  steps: [],
  gaps: [],
};

/** What a claim looks at: due, without a gate or with a slot, and the node has its code. */
const CLAIMABLE = `(gate is null or slot = 1) and ready_at <= :now
  and exists (select 1 from node_task c where c.node = :node and c.task = pending.task)`;

export function claim(db: Database, request: ClaimRequest, now: number): Claimed {
  const worker = livingNode(db, request.node);
  if (worker === undefined) return NOTHING;
  const known = worker.last_claim === request.claimId ? held(db, request) : [];
  // What it holds it is told also without a lease: forgotten, it would stay running for ever.
  if (known.length === 0 && worker.lease_until < now) return NOTHING;
  perform(db, raiseMark(now));
  const { limit } = request;
  const again = known.length > 0;
  const late = again ? NOBODY_LATE : perform(db, turnAwayLate(now));
  const arrived = again ? NOBODY_MET : perform(db, admitArrivals(now));
  const { runs, steps } = again ? { runs: known, steps: [] } : take(db, request, now);
  return {
    runs,
    steps: [...late.steps, ...steps],
    gaps: [...late.gaps, ...arrived.gaps],
    nextReadyAt: nextReadyAt(db, request.node, now),
    nextArrivalAt: perform(db, nextArrivalAt()),
    more: limit > 0 && runs.length >= limit && isDue(db, request.node, now),
    wishes: arrived.wishes,
  };
}

/** A node that was declared dead must not take what nobody would reap. */
export function livingNode(
  db: Database,
  node: string,
): { last_claim: string; lease_until: number } | undefined {
  return db.get("select last_claim, lease_until from node where id = ? and state = 'alive'", node);
}

/** What the node's last claim still holds: asked only after an ambiguous answer. */
function held(db: Database, request: ClaimRequest): ClaimedRun[] {
  return db
    .tuples<ClaimedTuple>(
      `select ${CLAIMED_COLUMNS} from running where node = ? and claim_id = ? order by ready_at, id`,
      request.node,
      request.claimId,
    )
    .map(claimedRun);
}

function take(db: Database, request: ClaimRequest, now: number): Pick<Claimed, "runs" | "steps"> {
  const { node, claimId, only, madeUntil = null, limit } = request;
  if (limit === 0 || !isDue(db, node, now)) return { runs: [], steps: [] };
  db.run("update node set last_claim = ? where id = ?", claimId, node);
  const taken = db.tuples<ClaimedTuple>(
    `insert into running (${RUN_COLUMNS}, forced, node, claim_id, fence, started_at)
     select ${RUN_COLUMNS}, forced, :node, :claim, :fence, :now from pending
     where ${CLAIMABLE} and (:only is null or id = :only)
     and (:madeUntil is null or created_at <= :madeUntil)
     order by ready_at, id limit cast(:limit as bigint)
     on conflict (id) do nothing
     returning ${CLAIMED_COLUMNS}`,
    { node, claim: claimId, fence: perform(db, nextFence()), now, only, madeUntil, limit },
  );
  db.run(
    "delete from pending where id in (select value from json_each(?))",
    JSON.stringify(taken.map(([id]) => id)),
  );
  const runs: ClaimedRun[] = [];
  const steps: IncidentStep[] = [];
  for (const one of taken) {
    const [, , attempts] = one;
    if (isReadable(attempts)) runs.push(claimedRun(one));
    else steps.push(...perform(db, quarantine(one, now)));
  }
  return { runs, steps };
}

function isReadable(attempts: string): boolean {
  return attempts === "" || parseJson<unknown>(`[${attempts}]`, null) !== null;
}

/** Whether something waits that the node could claim now. */
export function isDue(db: Database, node: string, now: number): boolean {
  return db.get(`select 1 from pending where ${CLAIMABLE} limit 1`, { node, now }) !== undefined;
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

import type { ClaimedRun } from "../../records.ts";
import type { Claimed, ClaimRequest, IncidentStep } from "../../store.ts";
import { admitArrivals, NOBODY_MET, nextArrivalAt } from "./gates.ts";
import type { Hot } from "./hot.ts";
import { quarantine } from "./quarantine.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, claimedRun, parseJson } from "./rows.ts";
import { NOBODY_LATE, turnAwayLate } from "./waiting.ts";
import { one, tuples, type Work } from "./work.ts";

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
export const CLAIMABLE = `(gate is null or slot = 1) and ready_at <= ?
  and exists (select 1 from node_task c where c.node = ? and c.task = pending.task
    and c.placed = 1)` as const;

export function* claim(hot: Hot, request: ClaimRequest, now: number): Work<Claimed> {
  const worker = yield* livingNode(request.node);
  if (worker === undefined) return NOTHING;
  const known = worker.last_claim === request.claimId ? yield* held(request) : [];
  // What it holds it is told also without a lease: forgotten, it would stay running for ever.
  if (known.length === 0 && worker.lease_until < now) return NOTHING;
  yield* hot.raiseMark(now);
  // Who drains takes nothing, but still turns away what is too late: it may be the only one.
  const limit = worker.drain_at === null ? request.limit : 0;
  const again = known.length > 0;
  const late = again ? NOBODY_LATE : yield* turnAwayLate(now);
  const arrived = again ? NOBODY_MET : yield* admitArrivals(now);
  const { runs, steps } = again
    ? { runs: known, steps: [] }
    : yield* take(hot, { ...request, limit }, now);
  return {
    runs,
    steps: [...late.steps, ...steps],
    gaps: [...late.gaps, ...arrived.gaps],
    nextReadyAt: yield* nextReadyAt(request.node, now),
    nextArrivalAt: yield* nextArrivalAt(),
    more: limit > 0 && runs.length >= limit && (yield* isDue(request.node, now)),
    wishes: arrived.wishes,
  };
}

interface LivingNode {
  readonly last_claim: string;
  readonly lease_until: number;
  readonly drain_at: number | null;
}

/** A node that was declared dead must not take what nobody would reap: held, it stays alive so long. */
export function* livingNode(node: string): Work<LivingNode | undefined> {
  return yield* one<LivingNode>(
    "select last_claim, lease_until, drain_at from node where id = ? and state = 'alive' for update",
    node,
  );
}

/** What the node's last claim still holds: asked only after an ambiguous answer. */
function* held({ node, claimId }: ClaimRequest): Work<readonly ClaimedRun[]> {
  const rows = yield* tuples<ClaimedTuple>(
    `select ${CLAIMED_COLUMNS} from running where node = ? and claim_id = ? order by ready_at, id`,
    node,
    claimId,
  );
  return rows.map(claimedRun);
}

function* take(
  hot: Hot,
  request: ClaimRequest,
  now: number,
): Work<Pick<Claimed, "runs" | "steps">> {
  const runs: ClaimedRun[] = [];
  const steps: IncidentStep[] = [];
  const taken = request.limit === 0 ? [] : yield* hot.take(request, now);
  for (const one of taken) {
    const [, , attempts] = one;
    if (isReadable(attempts)) runs.push(claimedRun(one));
    else steps.push(...(yield* quarantine(one, now)));
  }
  return { runs, steps };
}

function isReadable(attempts: string): boolean {
  return attempts === "" || parseJson<unknown>(`[${attempts}]`, null) !== null;
}

/** Whether something waits that the node could claim now. */
export function* isDue(node: string, now: number): Work<boolean> {
  return (yield* one(`select 1 from pending where ${CLAIMABLE} limit 1`, now, node)) !== undefined;
}

/** When something may have to be done next: a run becomes due, or too late. */
function* nextReadyAt(node: string, now: number): Work<number | null> {
  const row = yield* one<{ at: number | null }>(
    `select min(at) as at from (
       select at from (select ready_at as at from pending
         where (gate is null or slot = 1) and ready_at > ?
         and exists (select 1 from node_task c where c.node = ? and c.task = pending.task
           and c.placed = 1)
         order by ready_at limit 1) as waiting
       union all select at from (select ready_at as at from pending
         where gate is not null and slot = 0 and ready_at > ? order by ready_at limit 1) as arriving
       union all select min(start_by) + 1 from pending where start_by is not null
       union all select min(deadline_at) + 1 from pending where deadline_at is not null) as next`,
    now,
    node,
    now,
  );
  return row?.at ?? null;
}

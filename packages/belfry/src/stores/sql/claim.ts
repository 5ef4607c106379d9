import type { ClaimedRun } from "../../records.ts";
import type { Claimed, ClaimRequest } from "../../store.ts";
import { findComers, NO_COMERS, receive } from "./comers.ts";
import type { Hot } from "./hot.ts";
import { follow } from "./incidents.ts";
import { quarantine } from "./quarantine.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, claimedRun, parseJson } from "./rows.ts";
import { one, together, tuples, type Work } from "./work.ts";

const NOTHING: Claimed = {
  runs: [],
  nextReadyAt: null,
  nextArrivalAt: null,
  more: false,
  wishes: [],
  steps: [],
  gaps: [],
};

/** A look for each row in its turn: as `exists` it might be joined, and all that waits be read for it. */
const HAS_CODE =
  "(select c.placed from node_task c where c.node = ? and c.task = pending.task) = 1";

/** What a claim looks at: due, without a gate or with a slot, and the node has its code and may run it. */
export const CLAIMABLE: string = `(gate is null or slot = 1) and ready_at <= ?
  and ${HAS_CODE}`;

export function* claim(hot: Hot, request: ClaimRequest, now: number): Work<Claimed> {
  const [worker, comers] = yield* together(livingNode(request.node), findComers(now));
  if (worker === undefined) return NOTHING;
  const known = worker.last_claim === request.claimId ? yield* held(request) : [];
  // What it holds it is told also without a lease: forgotten, it would stay running for ever.
  if (known.length === 0 && worker.lease_until < now) return NOTHING;
  yield* hot.raiseMark(now);
  // Who drains takes nothing, but still turns away what is too late: it may be the only one.
  const limit = worker.drain_at === null ? request.limit : 0;
  const again = known.length > 0;
  const { gaps, wishes, signs } = yield* receive(again ? NO_COMERS : comers, now);
  const taken = again || limit === 0 ? known : yield* hot.take({ ...request, limit }, now);
  const readable = taken.filter(isReadable);
  const steps = [...(yield* follow(signs, now))];
  for (const one of taken) if (!isReadable(one)) steps.push(...(yield* quarantine(one, now)));
  const [runs, ahead] = yield* together(claimedRuns(readable), lookAhead(request.node, now));
  return {
    runs,
    steps,
    gaps,
    nextReadyAt: ahead.readyAt,
    nextArrivalAt: ahead.arrivalAt,
    more: limit > 0 && taken.length >= limit,
    wishes,
  };
}

export interface LivingNode {
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
function held({ node, claimId }: ClaimRequest): Work<readonly ClaimedTuple[]> {
  return tuples<ClaimedTuple>(
    `select ${CLAIMED_COLUMNS} from running where node = ? and claim_id = ? order by ready_at, id`,
    node,
    claimId,
  );
}

function isReadable([, , , attempts]: ClaimedTuple): boolean {
  return attempts === "" || parseJson<unknown>(`[${attempts}]`, null) !== null;
}

/** With what each run is told of its task, which a batch asks once for all runs of it. */
export function* claimedRuns(taken: readonly ClaimedTuple[]): Work<readonly ClaimedRun[]> {
  if (taken.length === 0) return [];
  const names = [...new Set(taken.map(([, , , , task]) => task))];
  const rows = yield* tuples<[name: string, dueAt: number]>(
    "select name, last_success_due from task where name = any(?) and last_success_due is not null",
    names,
  );
  const lastDue = new Map(rows);
  return taken.map((one) => {
    const [, , , , task] = one;
    return claimedRun(one, lastDue.get(task) ?? null);
  });
}

/** Whether something waits that the node could claim now. */
export function* isDue(node: string, now: number): Work<boolean> {
  return (yield* one(`select 1 from pending where ${CLAIMABLE} limit 1`, now, node)) !== undefined;
}

interface Ahead {
  /** When something may have to be done next: a run becomes due, or too late. */
  readonly readyAt: number | null;
  /** When the next one that waits for its jitter comes to its gate. */
  readonly arrivalAt: number | null;
}

const NOTHING_AHEAD: Ahead = { readyAt: null, arrivalAt: null };

const AHEAD = `select (select min(at) from (
    select at from (select ready_at as at from pending
      where (gate is null or slot = 1) and ready_at > ? and ${HAS_CODE}
      order by ready_at limit 1) as waiting
    union all select at from (select ready_at as at from pending
      where gate is not null and slot = 0 and ready_at > ? order by ready_at limit 1) as arriving
    union all select at from (select start_by + 1 as at from pending
      where start_by is not null order by start_by limit 1) as late
    union all select at from (select deadline_at + 1 as at from pending
      where deadline_at is not null order by deadline_at limit 1) as overdue
  ) as next) as "readyAt",
  (select min(ready_at) from pending where overlap is not null) as "arrivalAt"`;

/** One look at all that is asked of the time to come. */
function* lookAhead(node: string, now: number): Work<Ahead> {
  return (yield* one<Ahead>(AHEAD, now, node, now)) ?? NOTHING_AHEAD;
}

import type { ClaimedRun } from "../../records.ts";
import type { Holding, Renewal, Store } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import { claimedRuns } from "./claim.ts";
import { raiseMark } from "./mark.ts";
import { endNode, wishes } from "./nodes.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple } from "./rows.ts";
import { all, one, tuples, type Work } from "./work.ts";

/** Guarded by "not dead": a node that was declared dead learns it here and nowhere else. */
export function* renew(node: string, leaseUntil: number, now: number): Work<Renewal> {
  const renewed = yield* one<{ drain_at: number | null }>(
    `update node set lease_until = case when lease_until > ? then lease_until else ? end
     where id = ? and state = 'alive' returning drain_at`,
    leaseUntil,
    leaseUntil,
    node,
  );
  // After the node's own row, for which it may have to wait: all who renew come by this one.
  yield* raiseMark(now);
  const drainAt = renewed?.drain_at ?? null;
  return {
    alive: renewed !== undefined,
    draining: drainAt !== null,
    wishes: yield* wishes(node),
  };
}

export function* kill(
  node: string,
  evidence: "expired" | "proven",
  now: number,
  by: string,
): Work<"killed" | "held"> {
  const guard = evidence === "expired" ? "expired" : "anyway";
  if (!(yield* endNode(node, "dead", now, guard))) return "held";
  yield* auditDeath(node, evidence, now, by);
  return "killed";
}

/** What it ran goes to others from now on: who wonders why an attempt was lost finds it here. */
function* auditDeath(
  node: string,
  evidence: "expired" | "proven",
  now: number,
  by: string,
): Work<void> {
  const row = yield* one<{ host: string; pid: number; leaseUntilAt: number; running: number }>(
    `select host, pid, lease_until as "leaseUntilAt",
       (select count(*) from running r where r.node = node.id) as running from node where id = ?`,
    node,
  );
  const before = { state: "alive", ...row };
  const deed = { actor: `node ${by}`, what: "node.dead", subject: node };
  yield* writeAudit({ ...deed, before, after: { state: "dead", evidence } }, now);
}

export function* orphans(limit: number): Work<readonly ClaimedRun[]> {
  const rows = yield* tuples<ClaimedTuple>(
    `select ${CLAIMED_COLUMNS} from running
     where exists (select 1 from node n where n.id = running.node and n.state <> 'alive')
     order by started_at, id limit cast(? as bigint)`,
    limit,
  );
  return yield* claimedRuns(rows);
}

export function* holdings(node: string): Work<Awaited<ReturnType<Store["holdings"]>>> {
  const rows = yield* all<Holding & { claim: string }>(
    "select id as run, fence, claim_id as claim from running where node = ?",
    node,
  );
  return rows.map((row) => ({ ...row }));
}

/** A fence is drawn once, so that none of them is another's. */
export function* held(holdings: readonly Holding[]): Work<readonly ClaimedRun[]> {
  const rows = yield* tuples<ClaimedTuple>(
    `select ${CLAIMED_COLUMNS} from running where id = any(?) and fence = any(?)
     order by started_at, id`,
    holdings.map(({ run }) => run),
    holdings.map(({ fence }) => fence),
  );
  return yield* claimedRuns(rows);
}

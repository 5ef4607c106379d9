import type { ClaimedRun, NodeJoin, Restored } from "../../records.ts";
import type { Renewal } from "../../store.ts";
import { writeAudit } from "../sql/audit.ts";
import { mark, raiseMark } from "../sql/mark.ts";
import { endNode, join as joinStore, wishes } from "../sql/nodes.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, claimedRun } from "../sql/rows.ts";
import type { Database } from "./database.ts";
import { perform } from "./drive.ts";
import { isOlder, readSideMark } from "./side-mark.ts";

export function join(db: Database, node: NodeJoin, now: number): Restored | null {
  const before = readSideMark(db.path);
  const isBehind = isOlder(perform(db, mark()), before);
  return perform(db, joinStore(node, isBehind ? before : null, now));
}

/** Guarded by "not dead": a node that was declared dead learns it here and nowhere else. */
export function renew(db: Database, node: string, leaseUntil: number, now: number): Renewal {
  perform(db, raiseMark(now));
  const renewed = db.run(
    "update node set lease_until = max(lease_until, ?) where id = ? and state = 'alive'",
    leaseUntil,
    node,
  );
  return { alive: renewed === 1, wishes: perform(db, wishes(node)) };
}

export function kill(
  db: Database,
  node: string,
  evidence: "expired" | "proven",
  now: number,
  by: string,
): "killed" | "held" {
  const guard = evidence === "expired" ? "expired" : "anyway";
  if (!perform(db, endNode(node, "dead", now, guard))) return "held";
  auditDeath(db, node, evidence, now, by);
  return "killed";
}

/** What it ran goes to others from now on: who wonders why an attempt was lost finds it here. */
function auditDeath(
  db: Database,
  node: string,
  evidence: "expired" | "proven",
  now: number,
  by: string,
): void {
  const row = db.get<{ host: string; pid: number; leaseUntilAt: number; running: number }>(
    `select host, pid, lease_until as leaseUntilAt,
       (select count(*) from running r where r.node = node.id) as running from node where id = ?`,
    node,
  );
  const before = { state: "alive", ...row };
  const deed = { actor: `node ${by}`, what: "node.dead", subject: node };
  perform(db, writeAudit({ ...deed, before, after: { state: "dead", evidence } }, now));
}

export function orphans(db: Database, limit: number): readonly ClaimedRun[] {
  return db
    .tuples<ClaimedTuple>(
      `select ${CLAIMED_COLUMNS} from running
       where exists (select 1 from node n where n.id = running.node and n.state <> 'alive')
       order by started_at, id limit cast(? as bigint)`,
      limit,
    )
    .map(claimedRun);
}

import type { Release } from "../../core/definition.ts";
import type {
  ClaimedRun,
  NodeHeartbeat,
  NodeJoin,
  NodeRow,
  Peer,
  Restored,
} from "../../records.ts";
import type { Renewal, Wish } from "../../store.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { noteDowntime } from "./incidents.ts";
import { enterStore, raiseMark } from "./mark.ts";
import { CLAIMED_COLUMNS, type ClaimedTuple, claimedRun, parseJson } from "./rows.ts";

/** The releases of a node `n`, one a row; none where somebody damaged the list. */
export const RELEASES = "json_each(iif(json_valid(n.releases), n.releases, '[]'))" as const;

export function join(db: Database, node: NodeJoin, now: number): Restored | null {
  const restored = enterStore(db, node.id, now);
  if (restored !== null) endAll(db, now);
  noteDowntime(db, node.id, now);
  raiseMark(db, now);
  db.run(
    `insert into node (id, host, pid, version, concurrency, http, lease_until, state, started_at,
       releases)
     values (?, ?, ?, ?, ?, ?, ?, 'alive', ?, '[]')
     on conflict (id) do update set lease_until = excluded.lease_until where state = 'alive'`,
    node.id,
    node.host,
    node.pid,
    node.version,
    node.concurrency,
    node.http,
    node.leaseUntil,
    now,
  );
  carry(db, node.id, node.releases, now);
  return restored;
}

/** Who was alive when a copy was made does not live in it, and what it ran is lost. */
function endAll(db: Database, now: number): void {
  db.run("update node set state = 'dead', ended_at = ? where state = 'alive'", now);
  db.run("delete from node_task");
}

/** Replaces what a living node carries, and frees what waited for that code. */
export function carry(db: Database, node: string, releases: readonly Release[], now: number): void {
  const names = releases.map(({ source, hash }) => ({ source, hash }));
  const changed = db.run(
    "update node set releases = ? where id = ? and state = 'alive'",
    JSON.stringify(names),
    node,
  );
  if (changed === 0) return;
  db.run("delete from node_task where node = ?", node);
  for (const release of releases) carryTasks(db, node, release);
  freeParkedCode(db, node, now);
}

/** A task that another source owns is not this node's, although its name is the same. */
export function carryTasks(db: Database, node: string, release: Release): void {
  db.run(
    `insert or ignore into node_task (node, task)
     select ?, j.value ->> 'name' from json_each(?) j
     where not exists (select 1 from task t
       where t.name = j.value ->> 'name' and t.enabled = 1 and t.source <> ?)`,
    node,
    JSON.stringify(release.tasks),
    release.source,
  );
}

export function freeParkedCode(db: Database, node: string, now: number): void {
  db.run(
    `update pending indexed by pending_code set parked = null, ready_at = ? where parked = 'code'
     and task in (select task from node_task where node = ?)`,
    now,
    node,
  );
}

/** Guarded by "not dead": a node that was declared dead learns it here and nowhere else. */
export function renew(db: Database, node: string, leaseUntil: number, now: number): Renewal {
  raiseMark(db, now);
  const renewed = db.run(
    "update node set lease_until = max(lease_until, ?) where id = ? and state = 'alive'",
    leaseUntil,
    node,
  );
  return { alive: renewed === 1, wishes: wishes(db, node) };
}

export function wishes(db: Database, node: string): readonly Wish[] {
  const rows = db.all<Wish>(
    `select id as run, fence, asked, asked_by as "by" from running
     where node = ? and asked is not null order by started_at, id`,
    node,
  );
  return rows.map((row) => ({ ...row }));
}

export function leave(db: Database, node: string, now: number): void {
  end(
    db,
    node,
    "left",
    "update node set state = ?, ended_at = ? where id = ? and state = 'alive'",
    now,
  );
}

export function kill(
  db: Database,
  node: string,
  evidence: "expired" | "proven",
  now: number,
  by: string,
): "killed" | "held" {
  const killed =
    evidence === "proven"
      ? end(db, node, "dead", KILL_PROVEN, now)
      : end(db, node, "dead", KILL_EXPIRED, now, now);
  if (!killed) return "held";
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
  writeAudit(db, { ...deed, before, after: { state: "dead", evidence } }, now);
}

const KILL_PROVEN = "update node set state = ?, ended_at = ? where id = ? and state = 'alive'";
/** A node that has renewed meanwhile keeps its runs: it was told that it lives. */
const KILL_EXPIRED = `${KILL_PROVEN} and lease_until < ?`;

function end(
  db: Database,
  node: string,
  state: "dead" | "left",
  sql: string,
  now: number,
  ...rest: readonly number[]
): boolean {
  if (db.run(sql, state, now, node, ...rest) === 0) return false;
  db.run("delete from node_task where node = ?", node);
  return true;
}

export function orphans(db: Database, limit: number): readonly ClaimedRun[] {
  return db
    .tuples<ClaimedTuple>(
      `select ${CLAIMED_COLUMNS} from running
       where exists (select 1 from node n where n.id = running.node and n.state <> 'alive')
       order by started_at, id limit ?`,
      limit,
    )
    .map(claimedRun);
}

interface NodeColumns extends Omit<NodeRow, "releases" | "stalled" | "heartbeat"> {
  releases: string;
  stalled: string | null;
  heartbeat: string | null;
}

export function nodes(db: Database): readonly NodeRow[] {
  return db
    .all<NodeColumns>(
      `select id, host, pid, version, concurrency, http, lease_until as leaseUntil, state,
         started_at as startedAt, ended_at as endedAt, releases, stalled, heartbeat,
         (select count(*) from running r where r.node = node.id) as running
       from node order by started_at, id`,
    )
    .map((row) => ({
      ...row,
      releases: parseJson<NodeRow["releases"]>(row.releases, []),
      stalled: row.stalled === null ? null : parseJson<NodeRow["stalled"]>(row.stalled, null),
      heartbeat:
        row.heartbeat === null ? null : parseJson<NodeRow["heartbeat"]>(row.heartbeat, null),
    }));
}

export function noteHeartbeat(db: Database, node: string, heartbeat: NodeHeartbeat): void {
  db.run("update node set heartbeat = ? where id = ?", JSON.stringify(heartbeat), node);
}

export function peers(db: Database, node: string): readonly Peer[] {
  return db.all<Peer>(
    `select id, host, lease_until as leaseUntil from node
     where state = 'alive' and id <> ? order by id`,
    node,
  );
}

/** Says that the node's event loop stands still, and under which tasks; null: it moves again. */
export function markStalled(db: Database, node: string, stalled: NodeRow["stalled"]): void {
  db.run(
    "update node set stalled = ? where id = ?",
    stalled === null ? null : JSON.stringify(stalled),
    node,
  );
}

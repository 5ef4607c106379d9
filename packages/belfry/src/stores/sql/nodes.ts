import type { Release } from "../../core/definition.ts";
import { missingTags } from "../../core/placement.ts";
import type { NodeHeartbeat, NodeJoin, NodeRow, Peer, Restored } from "../../records.ts";
import type { Wish } from "../../store.ts";
import type { Hot } from "./hot.ts";
import { noteDowntime } from "./incidents.ts";
import { enterStore, type Reached, raiseMark } from "./mark.ts";
import { parseJson } from "./rows.ts";
import { all, count, one, put, type Work } from "./work.ts";

/** @param before what the store had come to, if that is known and it is behind it now. */
export function* join(
  hot: Hot,
  node: NodeJoin,
  before: Reached | null,
  now: number,
): Work<Restored | null> {
  const restored = yield* enterStore(hot, node.id, before, now);
  if (restored !== null) yield* endAll(now);
  yield* noteDowntime(node.id, now);
  yield* raiseMark(now);
  yield* put(
    `insert into node (id, host, pid, version, concurrency, tags, http, lease_until, state,
       started_at, releases)
     values (?, ?, ?, ?, ?, ?, ?, ?, 'alive', ?, '[]')
     on conflict (id) do update set lease_until = excluded.lease_until
       where node.state = 'alive'`,
    node.id,
    node.host,
    node.pid,
    node.version,
    node.concurrency,
    JSON.stringify(node.tags),
    node.http,
    node.leaseUntil,
    now,
  );
  yield* carry(node.id, node.releases, now);
  return restored;
}

/** Who was alive when a copy was made does not live in it, and what it ran is lost. */
function* endAll(now: number): Work<void> {
  yield* put("update node set state = 'dead', ended_at = ? where state = 'alive'", now);
  yield* put("delete from node_task");
}

/** Replaces what a living node carries, and frees what waited for that code. */
export function* carry(node: string, releases: readonly Release[], now: number): Work<void> {
  const names = releases.map(({ source, hash }) => ({ source, hash }));
  const changed = yield* count(
    "update node set releases = ? where id = ? and state = 'alive'",
    JSON.stringify(names),
    node,
  );
  if (changed === 0) return;
  yield* put("delete from node_task where node = ?", node);
  for (const release of releases) yield* carryTasks(node, release);
  yield* placeTasks(node);
  yield* freeParkedCode(node, now);
}

/** A task that another source owns is not this node's, although its name is the same. */
export function* carryTasks(node: string, release: Release): Work<void> {
  yield* put(
    `insert into node_task (node, task, placed)
     select cast(? as text), value, 1 from unnest(cast(? as text[])) as value
     where not exists (select 1 from task t
       where t.name = value and t.enabled = 1 and t.source <> ?)
     on conflict do nothing`,
    node,
    release.tasks.map(({ name }) => name),
    release.source,
  );
}

/**
 * Says anew which of the tasks that a node has the code of it may run: those whose definition in
 * force asks for no tag that it lacks. Who may not run a task still plans it.
 */
export function* placeTasks(node: string): Work<void> {
  const row = yield* one<{ tags: string }>("select tags from node where id = ?", node);
  const tags = row === undefined ? [] : parseJson<readonly string[]>(row.tags, []);
  const asking = yield* all<{ name: string; runs_on: string }>(
    "select name, runs_on from task where runs_on is not null",
  );
  const elsewhere = asking.filter(
    ({ runs_on }) => missingTags(parseJson<readonly string[]>(runs_on, []), tags).length > 0,
  );
  yield* put(
    `update node_task set placed = 1 - placed where node = ?
     and placed = case when task = any(?) then 1 else 0 end`,
    node,
    elsewhere.map(({ name }) => name),
  );
}

export function* freeParkedCode(node: string, now: number): Work<void> {
  yield* put(
    `update pending /* by pending_code */ set parked = null, ready_at = ? where parked = 'code'
     and task in (select task from node_task where node = ? and placed = 1)`,
    now,
    node,
  );
}

export function* wishes(node: string): Work<readonly Wish[]> {
  const rows = yield* all<Wish>(
    `select id as run, fence, asked, asked_by as "by" from running
     where node = ? and asked is not null order by started_at, id`,
    node,
  );
  return rows.map((row) => ({ ...row }));
}

export function* leave(node: string, now: number): Work<void> {
  yield* endNode(node, "left", now);
}

/**
 * Ends a living node, of which nothing is claimable then.
 * @param expired whether only one whose lease has run out: one that has renewed meanwhile keeps its
 *   runs, since it was told that it lives.
 */
export function* endNode(
  node: string,
  state: "dead" | "left",
  now: number,
  expired: "expired" | "anyway" = "anyway",
): Work<boolean> {
  const ended =
    expired === "expired"
      ? yield* count(`${END} and lease_until < ?`, state, now, node, now)
      : yield* count(END, state, now, node);
  if (ended === 0) return false;
  yield* put("delete from node_task where node = ?", node);
  return true;
}

const END = "update node set state = ?, ended_at = ? where id = ? and state = 'alive'";

interface NodeColumns
  extends Omit<NodeRow, "releases" | "stalled" | "heartbeat" | "tags" | "draining"> {
  tags: string;
  releases: string;
  stalled: string | null;
  heartbeat: string | null;
  drain_at: number | null;
  drain_by: string | null;
}

export function* nodes(): Work<readonly NodeRow[]> {
  const rows = yield* all<NodeColumns>(
    `select id, host, pid, version, concurrency, tags, http, lease_until as "leaseUntil", state,
       started_at as "startedAt", ended_at as "endedAt", releases, stalled, heartbeat, drain_at, drain_by,
       (select count(*) from running r where r.node = node.id) as running
     from node order by started_at, id`,
  );
  return rows.map(({ drain_at: sinceAt, drain_by: by, ...row }) => ({
    ...row,
    tags: parseJson<NodeRow["tags"]>(row.tags, []),
    draining: sinceAt === null ? null : { sinceAt, by: by ?? "" },
    releases: parseJson<NodeRow["releases"]>(row.releases, []),
    stalled: row.stalled === null ? null : parseJson<NodeRow["stalled"]>(row.stalled, null),
    heartbeat: row.heartbeat === null ? null : parseJson<NodeRow["heartbeat"]>(row.heartbeat, null),
  }));
}

export function* noteHeartbeat(node: string, heartbeat: NodeHeartbeat): Work<void> {
  yield* put("update node set heartbeat = ? where id = ?", JSON.stringify(heartbeat), node);
}

export function* peers(node: string): Work<readonly Peer[]> {
  return yield* all<Peer>(
    `select id, host, lease_until as "leaseUntil" from node
     where state = 'alive' and id <> ? order by id`,
    node,
  );
}

/** Says that the node's event loop stands still, and under which tasks; null: it moves again. */
export function* markStalled(node: string, stalled: NodeRow["stalled"]): Work<void> {
  yield* put(
    "update node set stalled = ? where id = ?",
    stalled === null ? null : JSON.stringify(stalled),
    node,
  );
}

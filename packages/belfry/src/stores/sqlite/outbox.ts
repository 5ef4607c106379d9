import type {
  AlertFacts,
  HeartbeatItem,
  MailItem,
  OutboxFilter,
  OutboxItem,
  OutboxKind,
  OutboxLane,
  OutboxQuery,
  OutboxResult,
  OutboxRow,
  OutboxTaken,
} from "../../outbox.ts";
import type { Database, Param } from "./database.ts";
import { downToldAt, tellDown } from "./incidents.ts";
import { HEARTBEAT_PATIENCE_MS } from "./outgoing.ts";
import { parseJson } from "./rows.ts";

/** A heartbeat older than this would say that something lives which may not any more, ms. */
const HEARTBEAT_MS_MAX = 3_600_000;

// ── Taking out ───────────────────────────────────────────────────────────────────────────────

/**
 * What waits in a lane, as this node may have it: an incident's end is told after its beginning,
 * and what is about a run by a node that has the run's task.
 */
function waitingIn(lane: OutboxLane): string {
  if (lane.kind === "alert") {
    return `from outbox o indexed by outbox_ready where o.state = 'waiting' and o.kind = 'alert'
      and o.channel = :channel and (o.step = 'opened' or not exists (select 1 from outbox b
        where b.id = o.incident || '/opened/' || o.channel and b.state = 'waiting'))`;
  }
  const carried = `from outbox o indexed by outbox_ready where o.state = 'waiting'
    and o.kind = '${lane.kind}' and o.channel is null
    and exists (select 1 from node_task c where c.node = :node and c.task = o.task)`;
  if (lane.kind === "mail") return carried;
  return `${carried} and (o.node = :node or o.made_at < :othersBefore)
    and o.task not in (select value from json_each(:telling))`;
}

function paramsOf(lane: OutboxLane, query: OutboxQuery): Record<string, string | number | null> {
  const { node, othersBefore, telling } = query;
  switch (lane.kind) {
    case "alert":
      return { channel: lane.channel };
    case "heartbeat":
      return { node, othersBefore, telling: JSON.stringify(telling) };
    case "mail":
      return { node };
  }
}

export function outboxReadyAt(db: Database, query: OutboxQuery): number | null {
  const instants = query.lanes.map((lane) => {
    const sql = `select o.ready_at as at ${waitingIn(lane)} order by o.ready_at limit 1`;
    return db.get<{ at: number }>(sql, paramsOf(lane, query))?.at ?? null;
  });
  const known = [downToldAt(db), ...instants].filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

interface TakenColumns {
  id: string;
  kind: OutboxKind;
  channel: string | null;
  task: string | null;
  tries: number;
  made_at: number;
  body: string;
}

export function takeOutbox(
  db: Database,
  query: OutboxQuery,
  holdMs: number,
  now: number,
): OutboxTaken {
  db.run(
    `update outbox set state = 'dropped', ended_at = ?, error = 'older than an hour'
     where kind = 'heartbeat' and state = 'waiting' and channel is null and made_at < ?`,
    now,
    now - HEARTBEAT_MS_MAX,
  );
  const told = tellDown(db, now);
  return { told, items: query.lanes.flatMap((lane) => takeLane(db, lane, query, holdMs, now)) };
}

function takeLane(
  db: Database,
  lane: OutboxLane,
  query: OutboxQuery,
  holdMs: number,
  now: number,
): readonly OutboxItem[] {
  const rows = db.all<TakenColumns>(
    `select o.id, o.kind, o.channel, o.task, o.tries, o.made_at, o.body ${waitingIn(lane)}
     and o.ready_at <= :now order by o.ready_at, o.made_at, o.id limit :limit`,
    { ...paramsOf(lane, query), now, limit: lane.limit },
  );
  return rows.flatMap((row) => {
    const item = itemOf(row);
    if (item === null) {
      drop(db, row.id, "its row was damaged", now);
      return [];
    }
    db.run(
      "update outbox set tries = ?, ready_at = ? where id = ?",
      item.tries,
      now + holdMs,
      row.id,
    );
    return [item];
  });
}

function itemOf(row: TakenColumns): OutboxItem | null {
  const { id, made_at: madeAt, task, channel } = row;
  const item = { id, madeAt, tries: row.tries + 1 };
  switch (row.kind) {
    case "alert": {
      const facts = parseJson<AlertFacts | null>(row.body, null);
      return facts === null || channel === null ? null : { ...item, kind: "alert", channel, facts };
    }
    case "heartbeat": {
      const facts = parseJson<HeartbeatItem["facts"] | null>(row.body, null);
      return facts === null || task === null ? null : { ...item, kind: "heartbeat", task, facts };
    }
    case "mail": {
      const facts = parseJson<MailItem["facts"] | null>(row.body, null);
      return facts === null || task === null ? null : { ...item, kind: "mail", task, facts };
    }
  }
}

export function recordOutbox(db: Database, results: readonly OutboxResult[], now: number): void {
  for (const one of results) {
    switch (one.result) {
      case "sent":
        sent(db, one, now);
        break;
      case "dropped":
        drop(db, one.id, one.error, now);
        break;
      case "again":
        again(db, one, now);
    }
  }
}

function sent(db: Database, { id, task }: OutboxResult, now: number): void {
  const found = db.run(
    `update outbox set state = 'sent', ended_at = ?, error = null
     where id = ? and state = 'waiting'`,
    now,
    id,
  );
  if (found > 0 || task === null) return;
  // What superseded it meanwhile need not be patient any more.
  db.run(
    `update outbox set ready_at = ?, error = null
     where kind = 'heartbeat' and task = ? and state = 'waiting' and error is not null`,
    now,
    task,
  );
}

function again(
  db: Database,
  { id, tries, task, readyAt, error }: OutboxResult & { readonly result: "again" },
  now: number,
): void {
  // Somebody else who has taken it meanwhile has it still.
  const found = db.run(
    `update outbox set ready_at = ?, error = ?
     where id = ? and tries = ? and state = 'waiting'`,
    readyAt,
    error,
    id,
    tries,
  );
  if (found > 0 || task === null) return;
  // What superseded it meanwhile would meet the same silence.
  db.run(
    `update outbox set ready_at = ?, error = ?, tries = ?
     where kind = 'heartbeat' and task = ? and state = 'waiting' and id <> ? and tries <= ?`,
    Math.min(readyAt, now + HEARTBEAT_PATIENCE_MS),
    error,
    tries,
    task,
    id,
    tries,
  );
}

function drop(db: Database, id: string, error: string, now: number): void {
  db.run(
    `update outbox set state = 'dropped', ended_at = ?, error = ? where id = ? and state = 'waiting'`,
    now,
    error,
    id,
  );
}

export function outbox(db: Database, filter: OutboxFilter): readonly OutboxRow[] {
  const conditions = ["true"];
  const params: Param[] = [];
  const add = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    params.push(value);
  };
  const { incidents } = filter;
  add(
    "incident in (select value from json_each(?))",
    incidents === undefined ? undefined : JSON.stringify(incidents),
  );
  add("kind = ?", filter.kind);
  add("state = ?", filter.state);
  const rows = db.all<OutboxRow>(
    `select id, kind, channel, task, run, incident, step, state, tries, ready_at as readyAt,
       made_at as madeAt, ended_at as endedAt, error from outbox
     where ${conditions.join(" and ")} order by made_at desc, id desc limit ?`,
    ...params,
    filter.limit,
  );
  return rows.map((row) => ({ ...row }));
}

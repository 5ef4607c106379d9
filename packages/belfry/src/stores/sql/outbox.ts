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
import { downToldAt, tellDown } from "./incidents.ts";
import { HEARTBEAT_PATIENCE_MS } from "./outgoing.ts";
import { parseJson } from "./rows.ts";
import { all, count, one, put, type Value, type Work } from "./work.ts";

/** A heartbeat older than this would say that something lives which may not any more, ms. */
const HEARTBEAT_MS_MAX = 3_600_000;

// ── Taking out ───────────────────────────────────────────────────────────────────────────────

/**
 * What waits in a lane, as this node may have it: an incident's end is told after its beginning,
 * and what is about a run by a node that has the run's task.
 */
function waitingIn(lane: OutboxLane): string {
  if (lane.kind === "alert") {
    return `from outbox o /* by outbox_ready */ where o.state = 'waiting' and o.kind = 'alert'
      and o.channel = ? and (o.step = 'opened' or not exists (select 1 from outbox b
        where b.id = o.incident || '/opened/' || o.channel and b.state = 'waiting'))`;
  }
  const carried = `from outbox o /* by outbox_ready */ where o.state = 'waiting'
    and o.kind = '${lane.kind}' and o.channel is null
    and exists (select 1 from node_task c where c.node = ? and c.task = o.task)`;
  if (lane.kind === "mail") return carried;
  return `${carried} and (o.node = ? or o.made_at < ?) and o.task <> all(?)`;
}

function valuesOf(lane: OutboxLane, query: OutboxQuery): readonly Value[] {
  const { node, othersBefore, telling } = query;
  switch (lane.kind) {
    case "alert":
      return [lane.channel];
    case "heartbeat":
      return [node, node, othersBefore, telling];
    case "mail":
      return [node];
  }
}

export function* outboxReadyAt(query: OutboxQuery): Work<number | null> {
  const instants = [yield* downToldAt()];
  for (const lane of query.lanes) {
    const row = yield* one<{ at: number }>(
      `select o.ready_at as at ${waitingIn(lane)} order by o.ready_at limit 1`,
      ...valuesOf(lane, query),
    );
    instants.push(row?.at ?? null);
  }
  const known = instants.filter((at) => at !== null);
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

export function* takeOutbox(query: OutboxQuery, holdMs: number, now: number): Work<OutboxTaken> {
  yield* put(
    `update outbox set state = 'dropped', ended_at = ?, error = 'older than an hour'
     where kind = 'heartbeat' and state = 'waiting' and channel is null and made_at < ?`,
    now,
    now - HEARTBEAT_MS_MAX,
  );
  const told = yield* tellDown(now);
  const items: OutboxItem[] = [];
  for (const lane of query.lanes) items.push(...(yield* takeLane(lane, query, holdMs, now)));
  return { told, items };
}

function* takeLane(
  lane: OutboxLane,
  query: OutboxQuery,
  holdMs: number,
  now: number,
): Work<readonly OutboxItem[]> {
  const rows = yield* all<TakenColumns>(
    `select o.id, o.kind, o.channel, o.task, o.tries, o.made_at, o.body ${waitingIn(lane)}
     and o.ready_at <= ? order by o.ready_at, o.made_at, o.id limit cast(? as bigint)
     for update of o skip locked`,
    ...valuesOf(lane, query),
    now,
    lane.limit,
  );
  const items: OutboxItem[] = [];
  for (const row of rows) {
    const item = itemOf(row);
    if (item === null) {
      yield* drop(row.id, "its row was damaged", now);
      continue;
    }
    yield* put(
      "update outbox set tries = ?, ready_at = ? where id = ?",
      item.tries,
      now + holdMs,
      row.id,
    );
    items.push(item);
  }
  return items;
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

export function* recordOutbox(results: readonly OutboxResult[], now: number): Work<void> {
  for (const one of results) {
    switch (one.result) {
      case "sent":
        yield* sent(one, now);
        break;
      case "dropped":
        yield* drop(one.id, one.error, now);
        break;
      case "again":
        yield* again(one, now);
    }
  }
}

function* sent({ id, task }: OutboxResult, now: number): Work<void> {
  const found = yield* count(
    `update outbox set state = 'sent', ended_at = ?, error = null
     where id = ? and state = 'waiting'`,
    now,
    id,
  );
  if (found > 0 || task === null) return;
  // What superseded it meanwhile need not be patient any more.
  yield* put(
    `update outbox set ready_at = ?, error = null
     where kind = 'heartbeat' and task = ? and state = 'waiting' and error is not null`,
    now,
    task,
  );
}

function* again(
  { id, tries, task, readyAt, error }: OutboxResult & { readonly result: "again" },
  now: number,
): Work<void> {
  // Somebody else who has taken it meanwhile has it still.
  const found = yield* count(
    `update outbox set ready_at = ?, error = ?
     where id = ? and tries = ? and state = 'waiting'`,
    readyAt,
    error,
    id,
    tries,
  );
  if (found > 0 || task === null) return;
  // What superseded it meanwhile would meet the same silence.
  yield* put(
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

function* drop(id: string, error: string, now: number): Work<void> {
  yield* put(
    `update outbox set state = 'dropped', ended_at = ?, error = ? where id = ? and state = 'waiting'`,
    now,
    error,
    id,
  );
}

export function* outbox(filter: OutboxFilter): Work<readonly OutboxRow[]> {
  const conditions = ["true"];
  const values: Value[] = [];
  const add = (condition: string, value: Value | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("incident = any(?)", filter.incidents);
  add("kind = ?", filter.kind);
  add("state = ?", filter.state);
  const rows = yield* all<OutboxRow>(
    `select id, kind, channel, task, run, incident, step, state, tries, ready_at as "readyAt",
       made_at as "madeAt", ended_at as "endedAt", error from outbox
     where ${conditions.join(" and ")} order by made_at desc, id desc limit cast(? as bigint)`,
    ...values,
    filter.limit,
  );
  return rows.map((row) => ({ ...row }));
}

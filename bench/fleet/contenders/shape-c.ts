import { randomUUID } from "node:crypto";
import pg from "pg";
import type { Contender, Place } from "../contender.ts";
import { ask } from "../postgres.ts";

/*
 * The least that could pass for a scheduler: three tables, claim and settle of a batch a statement
 * each, the attempt folded into the run, history partitioned and indexed by task. No admission, no
 * policies, no lease, no logs, no events. What a complete engine is measured against.
 */

const BATCH = 1_000;
const SETTLES_AT_ONCE = 4;
const ADD_BATCH = 10_000;
const NODE = "bench";

const RUN = `id uuid primary key, task text not null, schedule_id text, due_at bigint not null,
  ready_at bigint not null, input text, attempts jsonb not null default '[]'`;
const COLUMNS = "id, task, schedule_id, due_at, ready_at, input, attempts";

const TABLES = `
create table pending (${RUN});
create index pending_ready on pending (ready_at);
create table running (${RUN}, node text not null, claim_id uuid not null, fence bigint not null)
  with (fillfactor = 80);
create table history (${RUN}, node text not null, fence bigint not null,
  started_at bigint not null, ended_at bigint not null, outcome text not null)
  partition by range (id);
create table history_all partition of history default;
create index history_task on history (task, due_at);
create sequence fence;`;

const INSERT = `insert into pending (id, task, due_at, ready_at)
  select id, 'noop', $2, $2 from unnest($1::uuid[]) id`;

const CLAIM = `
with due as materialized (
  select id from pending where ready_at <= $1 and ready_at >= $2
  order by ready_at limit $3 for update skip locked),
gone as (
  delete from pending where id = any(array(select id from due)) returning *)
insert into running (${COLUMNS}, node, claim_id, fence)
select ${COLUMNS}, $4, $5, $6 from gone returning id, fence`;

const SETTLE = `
with s as materialized (
  select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
    as s(id, fence, started_at, ended_at, outcome)),
gone as (
  delete from running r using s where r.id = s.id and r.fence = s.fence
  returning r.*, s.started_at, s.ended_at, s.outcome)
insert into history (${COLUMNS}, node, fence, started_at, ended_at, outcome)
select id, task, schedule_id, due_at, ready_at, input,
  attempts || jsonb_build_object('n', 1, 'from', started_at, 'to', ended_at, 'outcome', outcome),
  node, fence, started_at, ended_at, outcome from gone`;

export async function open({ postgres }: Place): Promise<Contender> {
  const [known] = await ask<{ there: boolean }>(
    postgres,
    "select to_regclass('pending') is not null as there",
  );
  if (known?.there !== true) await ask(postgres, TABLES);
  const lines: pg.Client[] = [];
  const line = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: postgres, pipeline: true });
    await client.connect();
    await client.query("set jit = off");
    lines.push(client);
    return client;
  };
  const insert = async (client: pg.Client, count: number): Promise<void> => {
    const now = Date.now();
    const ids = Array.from({ length: count }, () => timedId(now));
    await client.query({ name: "insert", text: INSERT, values: [ids, now] });
  };
  const addAll = async (count: number): Promise<void> => {
    const client = lines[0] ?? (await line());
    for (let made = 0; made < count; made += ADD_BATCH) {
      await insert(client, Math.min(ADD_BATCH, count - made));
    }
  };
  return {
    preload: addAll,
    addAll,
    add: async () => insert(lines[0] ?? (await line()), 1),
    drain: async (count) => drain(await line(), await line(), count),
    listen: () => Promise.reject(new Error("nothing tells it that a job has come")),
    cron: null,
    async close() {
      for (const client of lines) await client.end();
    },
  };
}

/** The claim of a batch overlaps with the settling of those before it. */
async function drain(claims: pg.Client, settles: pg.Client, count: number): Promise<void> {
  const under = new Set<Promise<unknown>>();
  for (let left = count; left > 0; ) {
    const now = Date.now();
    const claim = await claims.query<{ id: string; fence: string }>({
      name: "claim",
      text: CLAIM,
      values: [now, 0, BATCH, NODE, randomUUID(), now],
    });
    left -= claim.rows.length;
    const starts: number[] = [];
    for (const _ of claim.rows) {
      starts.push(Date.now());
      await noop();
    }
    const settle = settles.query({
      name: "settle",
      text: SETTLE,
      values: [
        claim.rows.map(({ id }) => id),
        claim.rows.map(({ fence }) => fence),
        starts,
        starts.map(() => Date.now()),
        starts.map(() => "succeeded"),
      ],
    });
    under.add(settle);
    void settle.finally(() => under.delete(settle));
    if (under.size >= SETTLES_AT_ONCE) await Promise.race(under);
  }
  await Promise.all(under);
}

async function noop(): Promise<void> {}

/** A UUID that begins with 48 bits of time. */
function timedId(now: number): string {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}${randomUUID().slice(13)}`;
}

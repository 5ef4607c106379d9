import { openLine, PACE } from "../../packages/belfry/src/stores/postgres/line.fixture.ts";
import { transact } from "../../packages/belfry/src/stores/postgres/transaction.ts";
import { asked } from "../postgres-server.ts";

/*
 * What became of each run, written down by the database itself in the very transaction that does
 * it: who claimed it under which fence, when it left its node, its outcomes, and what was saved
 * under another fence than the one in force. It is no program's to forget or to prune.
 */

const MS = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** In the store's order, so that what is named is what is locked. */
const TABLES = [
  "create schema ledger",
  `create table ledger.claim (seq bigint generated always as identity, id text not null,
     node text not null, claim text not null, fence bigint not null, task text not null,
     due bigint not null, ready bigint, scheduled boolean not null, at bigint not null)`,
  "create index on ledger.claim (id, fence)",
  "create index on ledger.claim (node)",
  "create table ledger.left_node (id text not null, fence bigint not null, at bigint not null)",
  "create index on ledger.left_node (id, fence)",
  `create table ledger.outcome (id text not null, fence bigint, state text not null,
     what text not null, at bigint not null)`,
  "create index on ledger.outcome (id)",
  "create table ledger.saved (run text not null, value text not null, fence bigint)",
];

const DEEDS: readonly (readonly [table: string, on: string, deed: string])[] = [
  [
    "running",
    "insert",
    `insert into ledger.claim (id, node, claim, fence, task, due, ready, scheduled, at)
     values (new.id, new.node, new.claim_id, new.fence, new.task, new.due_at, new.ready_at,
       new.trigger_kind = 'schedule' and new.attempts = '', ${MS})`,
  ],
  ["running", "delete", `insert into ledger.left_node values (old.id, old.fence, ${MS})`],
  [
    "history",
    "insert",
    `insert into ledger.outcome values (new.id, new.fence, new.state, 'recorded', ${MS})`,
  ],
  [
    "history",
    "update",
    `if (new.state, new.fence, new.ended_at) is distinct from (old.state, old.fence, old.ended_at)
     then insert into ledger.outcome values (new.id, new.fence, new.state, 'changed', ${MS}); end if`,
  ],
  [
    "checkpoint",
    "insert or update",
    `insert into ledger.saved values (new.run, new.value,
       (select fence from belfry.running where id = new.run))`,
  ],
];

/** From now on, whatever happens in the store is written down. */
export async function keepLedger(url: string): Promise<void> {
  const line = await openLine(url);
  try {
    await transact(line, "alone", PACE, async () => {
      for (const text of TABLES) await line.send({ text, name: null });
      for (const [index, [table, on, deed]] of DEEDS.entries()) {
        await line.send({
          text: `create function ledger.deed_${index}() returns trigger language plpgsql as
            $deed$ begin ${deed}; return null; end $deed$`,
          name: null,
        });
        await line.send({
          text: `create trigger ledger_${index} after ${on} on belfry.${table}
            for each row execute function ledger.deed_${index}()`,
          name: null,
        });
      }
    });
  } finally {
    await line.close();
  }
}

const BREACHES: readonly string[] = [
  `select id || ' has ' || count(*) || ' outcomes: ' || string_agg(state || ' ' || what, ', ')
   from ledger.outcome group by id having count(*) > 1`,
  `select o.id || ' has an outcome of fence ' || o.fence || ', and its last claim has ' || c.fence
   from ledger.outcome o cross join lateral (
     select fence from ledger.claim where id = o.id order by seq desc limit 1) c
   where o.fence <> c.fence`,
  `select 'fence ' || fence || ' was drawn by ' || count(distinct claim) || ' claims'
   from ledger.claim group by fence having count(distinct claim) > 1`,
  `select id || ' was claimed under ' || fence || ' after ' || earlier
   from (select id, fence, lag(fence) over (partition by id order by seq) as earlier
     from ledger.claim) c where fence <= earlier`,
  `select run || ' has a checkpoint of fence ' || value || ', written under ' ||
     coalesce(fence::text, 'none')
   from ledger.saved where value ~ '^[0-9]+$' and value is distinct from fence::text`,
  `select id || ' started ' || due - at || ' ms before its due instant'
   from ledger.claim where scheduled and at < due`,
];

/** Everything in the ledger that must never be. */
export async function judgeLedger(url: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const breach of BREACHES) {
    const rows = await asked(url, `select wrong from (${breach}) as found (wrong) limit 10`);
    found.push(...rows.map(({ wrong }) => String(wrong)));
  }
  return found;
}

/** What a node has told of a run's end, the store has. */
export async function judgeAcknowledged(
  url: string,
  ends: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const rows = await asked(url, "select id, state from belfry.history");
  const kept = new Map(rows.map(({ id, state }) => [String(id), String(state)]));
  return [...ends]
    .filter(([run, state]) => kept.get(run) !== state)
    .slice(0, 10)
    .map(([run, state]) => `${run} was said to have ${state}, and is ${kept.get(run) ?? "gone"}`);
}

/** Of what came due live: how long after its instant it was first claimed, ms, in order. */
export async function startDelays(
  url: string,
  { since = 0, tasks = "%" }: { since?: number; tasks?: string } = {},
): Promise<readonly number[]> {
  const rows = await asked(
    url,
    `select at - due as ms from ledger.claim
     where scheduled and due >= ${since} and task like '${tasks}' order by 1`,
  );
  return rows.map(({ ms }) => Number(ms));
}

/** A node that could do nothing from then on: killed, stopped or cut off. */
export interface Gone {
  readonly node: string;
  readonly at: number;
}

/** How long after its node was gone each of its runs began elsewhere, or got its outcome. */
export async function takeovers(
  url: string,
  gone: readonly Gone[],
): Promise<{ readonly ms: readonly number[]; readonly never: readonly string[] }> {
  if (gone.length === 0) return { ms: [], never: [] };
  const rows = await asked(
    url,
    `select c.id, (select min(at) from (
         select at from ledger.claim n where n.id = c.id and n.seq > c.seq
         union all select at from ledger.outcome o where o.id = c.id and o.at >= gone.at) next
       ) - gone.at as ms
     from (values ${gone.map(({ node, at }) => `('${node}', ${at}::bigint)`).join(", ")})
       as gone (node, at)
     join ledger.claim c on c.node = gone.node and c.at <= gone.at
     left join ledger.left_node l on l.id = c.id and l.fence = c.fence
     where l.at is null or l.at > gone.at order by ms`,
  );
  const ms = rows.filter((row) => row["ms"] !== null).map((row) => Number(row["ms"]));
  const never = rows.filter((row) => row["ms"] === null).map(({ id }) => String(id));
  return { ms, never };
}

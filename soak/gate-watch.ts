import { openLine, PACE } from "../packages/belfry/src/stores/postgres/line.fixture.ts";
import { transact } from "../packages/belfry/src/stores/postgres/transaction.ts";
import { asked } from "./postgres-server.ts";

/** A run holds a slot while it is running, or waits with one. */
const NOTE = `
create function soak.note() returns trigger language plpgsql as $note$
declare before text; after text;
begin
  if tg_op <> 'INSERT' then
    if tg_table_name = 'running' or to_jsonb(old)->>'slot' = '1' then before := old.gate; end if;
  end if;
  if tg_op <> 'DELETE' then
    if tg_table_name = 'running' or to_jsonb(new)->>'slot' = '1' then after := new.gate; end if;
  end if;
  if before is distinct from after then
    if before is not null then
      insert into soak.slot values (before, old.id, -1, (select max from belfry.gate where id = before));
    end if;
    if after is not null then
      insert into soak.slot values (after, new.id, 1, (select max from belfry.gate where id = after));
    end if;
  end if;
  return null;
end $note$`;

/** Writes down each change of a gate's occupancy in the transaction that makes it. */
const WATCH = [
  "create schema soak",
  "create table soak.slot (gate text not null, run text not null, change int not null, max bigint)",
  NOTE,
  "insert into soak.slot select gate, id, 1, null from belfry.running where gate is not null",
  "insert into soak.slot select gate, id, 1, null from belfry.pending where gate is not null and slot = 1",
  ...["pending", "running"].map(
    (table) => `create trigger soak after insert or update or delete on belfry.${table}
      for each row execute function soak.note()`,
  ),
];

export async function watchGates(url: string): Promise<void> {
  const line = await openLine(url);
  try {
    // Alone: between what is held already and what changes from now on nobody comes.
    await transact(line, "alone", PACE, async () => {
      for (const text of WATCH) await line.send({ text, name: null });
    });
  } finally {
    await line.close();
  }
}

/**
 * By commit, in order, how many slots of each gate are held then, and whether a run was given one: not
 * one that kept its own, as for a retry.
 */
const OCCUPANCY = `
select gate, max, gives, sum(change) over (partition by gate order by at, xid) as held
from (
  select gate, xid, at, sum(change) as change, max(max) as max, max(change) > 0 as gives
  from (
    select gate, run, xmin::text as xid, pg_xact_commit_timestamp(xmin) as at, sum(change) as change,
      max(max) as max
    from soak.slot group by gate, run, xmin
  ) as runs
  group by gate, xid, at
) as commits`;

export interface Occupancy {
  readonly gates: number;
  readonly changes: number;
  /** By task, the fullest that one of its gates was. */
  readonly most: ReadonlyMap<string, { readonly held: number; readonly max: number }>;
  /** Each gate that was ever over its limit, or held by less than nobody. */
  readonly over: readonly string[];
}

export async function occupancyOf(url: string): Promise<Occupancy> {
  const rows = await asked(url, OCCUPANCY);
  const most = new Map<string, { held: number; max: number }>();
  const over = new Set<string>();
  const gates = new Set<string>();
  for (const row of rows) {
    const gate = String(row["gate"]);
    const held = Number(row["held"]);
    const max = row["max"] === null ? Infinity : Number(row["max"]);
    gates.add(gate);
    const task = gate.split(":")[0] ?? gate;
    most.set(task, { held: Math.max(held, most.get(task)?.held ?? 0), max });
    // A limit that was lowered takes no slot away: who has one keeps it, and nobody gets another.
    const gives = row["gives"] === true || row["gives"] === 1;
    if (gives && held > max) over.add(`${gate} gave ${held} slots of ${max}`);
    if (held < 0) over.add(`${gate} had ${held} slots taken`);
  }
  return { gates: gates.size, changes: rows.length, most, over: [...over] };
}

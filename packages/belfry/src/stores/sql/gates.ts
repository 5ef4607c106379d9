import { decideAdmission } from "../../core/admission.ts";
import type { Definition, Overlap } from "../../core/definition.ts";
import type { GateRequest, NewGap, Planned } from "../../planning.ts";
import { type WaitingRun, writeRunGap } from "./gaps.ts";
import { lockGate, lockGates } from "./lock.ts";
import { all, count, one, put, type Work } from "./work.ts";

/** What the gate has left: its limit less those that run and those that wait with a slot. */
const FREE = `select g.id, g.max - (select count(*) from running r where r.gate = g.id)
  - (select count(*) from pending p where p.gate = g.id and p.slot = 1) as free,
  case when exists (select 1 from pending w where w.gate = g.id and w.gate is not null
    and w.slot = 0 and w.overlap is null) then 1 else 0 end as waits
  from gate g`;

/** No limit is a gate that is never full: those who wait at it are let in. */
export const UNLIMITED: number = Number.MAX_SAFE_INTEGER;

/** The limit that a definition gives each gate of its task. */
export function* limitOf(definition: string): Work<number> {
  const row = yield* one<{ body: string }>(
    "select body from definition where hash = ?",
    definition,
  );
  const body: Definition | null = row === undefined ? null : JSON.parse(row.body);
  return body?.policies.concurrency.limit ?? UNLIMITED;
}

/** Makes the gate, with the limit of the definition in force. */
export function setGate(gate: GateRequest, task: string): Work<void> {
  return setGates([[gate, task]]);
}

/** The same for several, in this order. */
export function* setGates(gates: readonly (readonly [GateRequest, task: string])[]): Work<void> {
  if (gates.length === 0) return;
  yield* put(
    `insert into gate (id, task, max) select id, task, max
     from values_of(? id text, task text, max bigint) where true
     on conflict (id) do update set max = excluded.max where gate.max <> excluded.max`,
    gates.map(([{ id, max }, task]) => [id, task, max]),
  );
}

/** What a gate has to give: whoever reads it holds the gate. */
export interface GateState {
  readonly free: number;
  readonly waits: number;
}

const NO_GATE: GateState = { free: 0, waits: 0 };

const UNMADE = `select value as gate from unnest(cast(? as text[])) as value
  where not exists (select 1 from gate where id = value) order by value`;
const FIRST_AT = `select t.name as task, t.definition from pending p join task t on t.name = p.task
  where p.gate = ? and p.gate is not null and p.slot = 0 limit 1`;

/**
 * Makes those of the gates that somebody waits at and nobody has made: who triggers in a caller's
 * transaction makes none. The others are held.
 */
export function* makeUnmade(gates: readonly string[]): Work<void> {
  for (const { gate } of yield* all<{ gate: string }>(UNMADE, gates)) {
    const first = yield* one<{ task: string; definition: string }>(FIRST_AT, gate);
    if (first === undefined) continue;
    yield* setGate({ id: gate, max: yield* limitOf(first.definition) }, first.task);
    yield* lockGate(gate);
  }
}

/** The gate is held, and is afterwards where there was none. */
function* stateOf(gate: string): Work<GateState> {
  const known = yield* one<GateState>(`${FREE} where g.id = ?`, gate);
  if (known !== undefined) return known;
  yield* makeUnmade([gate]);
  return (yield* one<GateState>(`${FREE} where g.id = ?`, gate)) ?? NO_GATE;
}

/** What each of these has to give, by id. They are held. */
export function* statesOf(gates: readonly string[]): Work<Map<string, GateState>> {
  if (gates.length === 0) return new Map();
  const rows = yield* all<GateState & { id: string }>(`${FREE} where g.id = any(?)`, gates);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * Counts the gate anew, grants what is free to those who wait, oldest first, and parks the rest.
 * Whatever may need or free a slot ends with this, so a slot that was lost is found again.
 * @returns how many runs got a slot.
 */
export function* topup(gate: string, now: number): Work<number> {
  yield* lockGate(gate);
  const waits = yield* one(SOMEBODY_WAITS, gate);
  return waits === undefined ? 0 : yield* grant(gate, now);
}

const SOMEBODY_WAITS = `select 1 from pending
  where gate = ? and slot = 0 and gate is not null and overlap is null limit 1`;

/** The gate is held. */
function* grant(gate: string, now: number): Work<number> {
  const { free } = yield* stateOf(gate);
  const granted = yield* count(
    `update pending set slot = 1, parked = null, ready_at = coalesce(ready_at, ?) where id in (
       select id from pending where gate = ? and slot = 0 and gate is not null and overlap is null
       and (parked = 'gate' or ready_at <= ?) order by id limit cast(? as bigint))`,
    now,
    gate,
    now,
    Math.max(0, free),
  );
  yield* put(
    `update pending /* by pending_arrival */ set parked = 'gate', ready_at = null
     where gate = ? and slot = 0 and gate is not null and overlap is null and ready_at <= ?`,
    gate,
    now,
  );
  return granted;
}

/** One look at all of them: as a rule nobody waits. */
const WAITED_AT = `select value as gate from unnest(cast(? as text[])) as value
  where exists (select 1 from pending
    where gate = value and slot = 0 and gate is not null and overlap is null)`;

export function* topupAll(gates: Iterable<string>, now: number): Work<number> {
  const ids = [...gates];
  const [first] = ids;
  if (first === undefined) return 0;
  if (ids.length === 1) return yield* topup(first, now);
  yield* lockGates(ids);
  let granted = 0;
  for (const { gate } of yield* all<{ gate: string }>(WAITED_AT, ids)) {
    granted += yield* grant(gate, now);
  }
  return granted;
}

/** Gates with a run that has come due and has not been let in, or that waits parked. */
export function* topupWaiting(now: number): Work<number> {
  const rows = yield* all<{ gate: string }>(
    `select distinct gate from pending where gate is not null and slot = 0 and overlap is null
     and (parked = 'gate' or ready_at <= ?)`,
    now,
  );
  const gates = rows.map((row) => row.gate);
  return yield* topupAll(gates, now);
}

/** What came of meeting a gate: runs asked to end, and what became a gap. */
export type Met = Pick<Planned, "wishes" | "gaps">;

export const NOBODY_MET: Met = { wishes: [], gaps: [] };

export interface Entry {
  /** Id of the run. */
  readonly run: string;
  readonly gate: string;
  readonly live: boolean;
  readonly overlap: Overlap;
}

/**
 * Decides at its gate what becomes of a run that has come due. Whoever waits there is served
 * before. `replace` asks the oldest running one and displaces those who waited to replace it.
 * @param known what the gate has to give, where it is held and nobody has entered since.
 */
export function* enter(
  entry: Entry,
  now: number,
  known?: GateState,
): Work<Met & { readonly admission: "start" | "wait" | "skip" }> {
  if (known === undefined) yield* lockGate(entry.gate);
  let state = known ?? (yield* stateOf(entry.gate));
  if (state.waits === 1) {
    yield* grant(entry.gate, now);
    state = yield* stateOf(entry.gate);
  }
  const { free } = state;
  const admission = decideAdmission({ live: entry.live, overlap: entry.overlap, free });
  if (admission !== "replace") return { admission, ...NOBODY_MET };
  const gaps = yield* displace(entry.gate);
  return { admission: "wait", wishes: yield* askOldest(entry), gaps };
}

function* displace(gate: string): Work<readonly NewGap[]> {
  const rows = yield* all<WaitingRun>(
    `delete from pending where gate = ? and gate is not null and slot = 0 and live = 1
     and attempts = '' and parked = 'gate'
     returning id, task, schedule, trigger_by, due_at, definition, day_end_at, next_at`,
    gate,
  );
  const gaps: NewGap[] = [];
  for (const row of rows) gaps.push(...(yield* writeRunGap(row, "overlap")));
  return gaps;
}

/**
 * One waits, so one is asked: who has been asked already will make the room, and, if it was for one
 * that is displaced now, makes it for the newest.
 */
function* askOldest({ run, gate }: Entry): Work<Planned["wishes"]> {
  yield* put(
    "update running set asked_by = ? where gate = ? and gate is not null and asked = 'replaced'",
    run,
    gate,
  );
  const rows = yield* all<{ id: string; fence: number; node: string }>(
    `update running set asked = 'replaced', asked_by = ? where id = (
       select id from running where gate = ? order by started_at, id limit 1)
     and not exists (select 1 from running where gate = ? and asked is not null)
     returning id, fence, node`,
    run,
    gate,
    gate,
  );
  return rows.map((row) => ({
    run: row.id,
    fence: row.fence,
    node: row.node,
    asked: "replaced",
    by: run,
  }));
}

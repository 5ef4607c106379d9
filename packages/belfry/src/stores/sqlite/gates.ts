import { decideAdmission } from "../../core/admission.ts";
import type { Overlap } from "../../core/definition.ts";
import type { GateRequest, NewGap, Planned } from "../../planning.ts";
import type { Database } from "./database.ts";
import { type WaitingRun, writeRunGap } from "./gaps.ts";

/** What the gate has left: its limit less those that run and those that wait with a slot. */
const FREE = `select g.max - (select count(*) from running r where r.gate = g.id)
  - (select count(*) from pending p where p.gate = g.id and p.slot = 1) as free,
  exists (select 1 from pending w where w.gate = g.id and w.gate is not null and w.slot = 0
    and w.overlap is null) as waits
  from gate g where g.id = ?`;

/** No limit is a gate that is never full: those who wait at it are let in. */
export const UNLIMITED: number = Number.MAX_SAFE_INTEGER;

/** The limit that a definition gives each gate of its task. */
export function limitOf(db: Database, definition: string): number {
  const row = db.get<{ max: number | null }>(
    "select body ->> '$.policies.concurrency.limit' as max from definition where hash = ?",
    definition,
  );
  return row?.max ?? UNLIMITED;
}

/** Makes the gate, with the limit of the definition in force. */
export function setGate(db: Database, gate: GateRequest, task: string): void {
  db.run(
    `insert into gate (id, task, max) values (?, ?, ?)
     on conflict (id) do update set max = excluded.max where max <> excluded.max`,
    gate.id,
    task,
    gate.max,
  );
}

function stateOf(db: Database, gate: string): { free: number; waits: number } {
  return db.get<{ free: number; waits: number }>(FREE, gate) ?? { free: 0, waits: 0 };
}

/**
 * Counts the gate anew, grants what is free to those who wait, oldest first, and parks the rest.
 * Whatever may need or free a slot ends with this, so a slot that was lost is found again.
 * @returns how many runs got a slot.
 */
export function topup(db: Database, gate: string, now: number): number {
  const waits = db.get(
    "select 1 from pending where gate = ? and slot = 0 and gate is not null and overlap is null limit 1",
    gate,
  );
  if (waits === undefined) return 0;
  const granted = db.run(
    `update pending set slot = 1, parked = null, ready_at = coalesce(ready_at, ?1) where id in (
       select id from pending where gate = ?2 and slot = 0 and gate is not null
       and overlap is null and (parked = 'gate' or ready_at <= ?1) order by id limit max(0, ?3))`,
    now,
    gate,
    stateOf(db, gate).free,
  );
  db.run(
    `update pending indexed by pending_arrival set parked = 'gate', ready_at = null
     where gate = ? and slot = 0 and gate is not null and overlap is null and ready_at <= ?`,
    gate,
    now,
  );
  return granted;
}

export function topupAll(db: Database, gates: Iterable<string>, now: number): number {
  let granted = 0;
  for (const gate of gates) granted += topup(db, gate, now);
  return granted;
}

/** Gates with a run that has come due and has not been let in, or that waits parked. */
export function topupWaiting(db: Database, now: number): number {
  const rows = db.all<{ gate: string }>(
    `select distinct gate from pending where gate is not null and slot = 0 and overlap is null
     and (parked = 'gate' or ready_at <= ?)`,
    now,
  );
  return topupAll(
    db,
    rows.map((row) => row.gate),
    now,
  );
}

/** What came of meeting a gate: runs asked to end, and what became a gap. */
export type Met = Pick<Planned, "wishes" | "gaps">;

export const NOBODY_MET: Met = { wishes: [], gaps: [] };

/**
 * Lets due arrivals (triggers whose time has come, occurrences whose jitter has passed) to their
 * gates; as a rule there are none. Those who wait parked are in another index, so however many they
 * are, a claim does not step over them.
 */
export function admitArrivals(db: Database, now: number): Met {
  const rows = db.all<{ gate: string }>(
    `select gate from pending indexed by pending_arrival
     where gate is not null and slot = 0 and ready_at <= ? and overlap is null`,
    now,
  );
  topupAll(db, new Set(rows.map((row) => row.gate)), now);
  return admitJittered(db, now);
}

interface Jittered extends WaitingRun {
  gate: string;
  overlap: Overlap;
}

/** What came due live and has waited for its jitter meets its gate, each by its policy, in order. */
export function admitJittered(db: Database, now: number): Met {
  const rows = db.all<Jittered>(
    `select id, task, schedule, trigger_by, due_at, definition, day_end_at, next_at, gate, overlap
     from pending where overlap is not null and ready_at <= ? order by ready_at, id`,
    now,
  );
  const wishes: Met["wishes"][number][] = [];
  const gaps: NewGap[] = [];
  for (const run of rows) {
    const { id, gate, overlap } = run;
    const { admission, ...met } = enter(db, { run: id, gate, live: true, overlap }, now);
    wishes.push(...met.wishes);
    gaps.push(...met.gaps);
    if (admission === "skip") {
      db.run("delete from pending where id = ?", id);
      gaps.push(...writeRunGap(db, run, "overlap"));
    } else if (admission === "start") {
      db.run("update pending set slot = 1, overlap = null where id = ?", id);
    } else {
      db.run(
        "update pending set parked = 'gate', ready_at = null, overlap = null where id = ?",
        id,
      );
    }
  }
  return { wishes, gaps };
}

/** When the next one that waits for its jitter comes to its gate. */
export function nextArrivalAt(db: Database): number | null {
  const row = db.get<{ at: number | null }>(
    "select min(ready_at) as at from pending where overlap is not null",
  );
  return row?.at ?? null;
}

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
 */
export function enter(
  db: Database,
  entry: Entry,
  now: number,
): Met & { readonly admission: "start" | "wait" | "skip" } {
  let state = stateOf(db, entry.gate);
  if (state.waits === 1) {
    topup(db, entry.gate, now);
    state = stateOf(db, entry.gate);
  }
  const { free } = state;
  const admission = decideAdmission({ live: entry.live, overlap: entry.overlap, free });
  if (admission !== "replace") return { admission, ...NOBODY_MET };
  const gaps = displace(db, entry.gate);
  return { admission: "wait", wishes: askOldest(db, entry), gaps };
}

function displace(db: Database, gate: string): readonly NewGap[] {
  const rows = db.all<WaitingRun>(
    `delete from pending where gate = ? and gate is not null and slot = 0 and live = 1
     and attempts = '' and parked = 'gate'
     returning id, task, schedule, trigger_by, due_at, definition, day_end_at, next_at`,
    gate,
  );
  return rows.flatMap((row) => writeRunGap(db, row, "overlap"));
}

/**
 * One waits, so one is asked: who has been asked already will make the room, and, if it was for one
 * that is displaced now, makes it for the newest.
 */
function askOldest(db: Database, { run, gate }: Entry): Planned["wishes"] {
  db.run(
    "update running set asked_by = ? where gate = ? and gate is not null and asked = 'replaced'",
    run,
    gate,
  );
  const rows = db.all<{ id: string; fence: number; node: string }>(
    `update running set asked = 'replaced', asked_by = ?1 where id = (
       select id from running where gate = ?2 order by started_at, id limit 1)
     and not exists (select 1 from running where gate = ?2 and asked is not null)
     returning id, fence, node`,
    run,
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

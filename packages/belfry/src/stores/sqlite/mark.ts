import type { Restored, StoreMark } from "../../records.ts";
import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { isOlder, readSideMark } from "./side-mark.ts";

/** Keeps the highest instant that any process has written, by which a clock that went back shows. */
export function raiseMark(db: Database, now: number): void {
  db.run("update meta set high_at = ?1 where high_at < ?1", now);
}

/** The next fence: rises with each claim of the store, for ever. */
export function nextFence(db: Database): number {
  const row = db.get<{ fence: number }>("update meta set fence = fence + 1 returning fence");
  if (row === undefined) throw new Error(`The store ${db.path} has lost its meta row.`);
  return row.fence;
}

export function mark(db: Database): StoreMark {
  const row = db.get<StoreMark>(
    `select store_id as storeId, schema, high_at as highAt, fence, generation,
       copied_at as copiedAt from meta`,
  );
  if (row === undefined) throw new Error(`The store ${db.path} has lost its meta row.`);
  return { ...row };
}

export function acceptClock(db: Database, now: number, by: string): void {
  const { highAt } = mark(db);
  db.run("update meta set high_at = ?, generation = generation + 1", now);
  const [before, after] = [{ highAt }, { highAt: now }];
  writeAudit(db, { actor: by, what: "clock.accept", subject: "store", before, after }, now);
}

/** More fences than any store can draw in a millisecond. */
const FENCES_A_MS = 100;
/** Clocks differ, and the file beside the store is a little behind it. */
const MARGIN_MS = 60_000;

/**
 * A node begins to work here. Where the store is an older copy of itself, what was drawn and done
 * since is unknown to it: fences go on far above, so that who remembers a higher one (a resource
 * that refuses lower ones) is not told a lower one again.
 */
export function enterStore(db: Database, by: string, now: number): Restored | null {
  const own = mark(db);
  const side = readSideMark(db.path);
  const older = isOlder(own, side);
  const known = older && side !== null ? side : own;
  db.run("update meta set generation = ?, copied_at = null", known.generation + 1);
  if (own.copiedAt === null && !older) return null;
  const lostMs = Math.max(0, now - own.highAt) + MARGIN_MS;
  const fence = known.fence + lostMs * FENCES_A_MS;
  db.run("update meta set fence = ?", fence);
  const lostUntilAt = older ? known.highAt : null;
  const restored = { copiedAt: own.copiedAt, lostFromAt: own.highAt, lostUntilAt };
  const before = { fence: own.fence };
  const deed = { actor: `node ${by}`, what: "store.restored", subject: "store" };
  writeAudit(db, { ...deed, before, after: { ...restored, fence } }, now);
  return restored;
}

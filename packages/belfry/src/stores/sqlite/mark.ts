import { writeAudit } from "./audit.ts";
import type { Database } from "./database.ts";

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

export function mark(db: Database): { storeId: string; highAt: number; schema: number } {
  const row = db.get<{ storeId: string; highAt: number; schema: number }>(
    "select store_id as storeId, high_at as highAt, schema from meta",
  );
  if (row === undefined) throw new Error(`The store ${db.path} has lost its meta row.`);
  return { ...row };
}

export function acceptClock(db: Database, now: number, by: string): void {
  const { highAt } = mark(db);
  db.run("update meta set high_at = ?", now);
  const [before, after] = [{ highAt }, { highAt: now }];
  writeAudit(db, { actor: by, what: "clock.accept", subject: "store", before, after }, now);
}

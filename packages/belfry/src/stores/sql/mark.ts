import type { Restored, StoreMark } from "../../records.ts";
import { writeAudit } from "./audit.ts";
import type { Hot } from "./hot.ts";
import { one, put, type Work } from "./work.ts";

/** Keeps the highest instant that any process has written, by which a clock that went back shows. */
export function* raiseMark(now: number): Work<void> {
  yield* put("update meta set high_at = ? where high_at < ?", now, now);
}

export function* mark(hot: Pick<Hot, "lastFence">): Work<StoreMark> {
  const row = yield* one<Omit<StoreMark, "fence">>(
    `select store_id as "storeId", schema, high_at as "highAt", generation,
       copied_at as "copiedAt" from meta`,
  );
  if (row === undefined) throw new Error("The store has lost its meta row.");
  return { ...row, fence: yield* hot.lastFence() };
}

export function* acceptClock(hot: Hot, now: number, by: string): Work<void> {
  const { highAt } = yield* mark(hot);
  yield* put("update meta set high_at = ?, generation = generation + 1", now);
  const [before, after] = [{ highAt }, { highAt: now }];
  yield* writeAudit({ actor: by, what: "clock.accept", subject: "store", before, after }, now);
}

/** More fences than any store can draw in a millisecond. */
const FENCES_A_MS = 100;
/** Clocks differ, and what is kept beside the store is a little behind it. */
const MARGIN_MS = 60_000;

/** How far a store has come. */
export type Reached = Pick<StoreMark, "generation" | "fence" | "highAt">;

/**
 * A node begins to work here. Where the store is an older copy of itself, what was drawn and done
 * since is unknown to it: fences go on far above, so that who remembers a higher one (a resource
 * that refuses lower ones) is not told a lower one again.
 * @param before what the store had come to, if that is known and it is behind it now.
 */
export function* enterStore(
  hot: Hot,
  by: string,
  before: Reached | null,
  now: number,
): Work<Restored | null> {
  const own = yield* mark(hot);
  const known = before ?? own;
  yield* put("update meta set generation = ?, copied_at = null", known.generation + 1);
  if (own.copiedAt === null && before === null) return null;
  const lostMs = Math.max(0, now - own.highAt) + MARGIN_MS;
  yield* hot.raiseFences(known.fence + lostMs * FENCES_A_MS);
  const fence = yield* hot.lastFence();
  const lostUntilAt = before === null ? null : before.highAt;
  const restored = { copiedAt: own.copiedAt, lostFromAt: own.highAt, lostUntilAt };
  const deed = { actor: `node ${by}`, what: "store.restored", subject: "store" };
  yield* writeAudit({ ...deed, before: { fence: own.fence }, after: { ...restored, fence } }, now);
  return restored;
}

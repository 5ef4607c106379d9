import type { NewGap } from "../../planning.ts";
import { admitExpected } from "./arrivals.ts";
import { type Met, makeUnmade, topupAll } from "./gates.ts";
import type { Signs } from "./incidents.ts";
import { lockGates } from "./lock.ts";
import { turnAwayLate } from "./waiting.ts";
import { all, type Work } from "./work.ts";

/** Who has come to a gate, or may not start any more. */
export interface Comers {
  readonly are: "none" | "some";
  /** At which they stand, or whose slot they have. */
  readonly gates: readonly string[];
}

export const NO_COMERS: Comers = { are: "none", gates: [] };

const GATES_OF_COMERS = `select gate from pending where start_by < ?
  union select gate from pending where deadline_at < ?
  union select gate from pending /* by pending_arrival */
    where gate is not null and slot = 0 and ready_at <= ?`;

/**
 * Looks who has come; as a rule nobody. Those who wait parked are in another index, so however many
 * they are, nobody steps over them.
 */
export function* findComers(now: number): Work<Comers> {
  const rows = yield* all<{ gate: string | null }>(GATES_OF_COMERS, now, now, now);
  if (rows.length === 0) return NO_COMERS;
  return { are: "some", gates: rows.flatMap(({ gate }) => (gate === null ? [] : [gate])) };
}

/** What came of it; the signs are yet to be followed, when no more gates are to be held. */
export interface Received extends Met {
  readonly gaps: readonly NewGap[];
  readonly signs: Signs;
}

/**
 * Turns away who is too late, and lets the others to their gates: triggers whose time has come,
 * occurrences whose jitter has passed, what was triggered in a caller's transaction. Everybody
 * else's gates that the transaction will need are held with theirs, for they must be held in one
 * order.
 * @param others gates that are needed later.
 */
export function* receive(
  { are, gates }: Comers,
  now: number,
  others: readonly string[] = [],
): Work<Received> {
  const needed = [...new Set([...gates, ...others])];
  if (needed.length > 0) yield* lockGates(needed);
  if (are === "none") return { wishes: [], gaps: [], signs: new Map() };
  yield* makeUnmade(gates);
  const late = yield* turnAwayLate(gates, now);
  yield* topupAll(gates, now);
  const { wishes, gaps } = yield* admitExpected(gates, now);
  return { wishes, gaps: [...late.gaps, ...gaps], signs: late.signs };
}

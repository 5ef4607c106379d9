import type { ClaimRequest } from "../../store.ts";
import type { ClaimedTuple } from "./rows.ts";
import type { Work } from "./work.ts";

/** An attempt after which its run is over; null where there is nothing to say. */
export type EndRow = readonly [
  run: string,
  fence: number,
  endedAt: number,
  state: string,
  outcome: string,
  reason: string | null,
  exitCode: number | null,
  signal: string | null,
  logBytes: number | null,
  logDropped: number | null,
  result: string | null,
  error: string | null,
  report: string | null,
  progress: string | null,
];

/**
 * The statements that all that is due passes through, which each engine therefore has in its own
 * words. Everything else is written once.
 */
export interface Hot {
  /** Notes that it has been this late, where clocks of several processes are compared by it. */
  raiseMark(now: number): Work<void>;
  /** Higher than any before it, for ever. */
  nextFence(): Work<number>;
  /** None that was drawn is higher, and all that will be drawn are. */
  lastFence(): Work<number>;
  /** Goes on above this one, and above all that the store itself has drawn. */
  raiseFences(above: number): Work<void>;
  /** Takes what is due for a node, first come first served, under one new fence. */
  take(request: ClaimRequest, now: number): Work<readonly ClaimedTuple[]>;
  /**
   * Moves runs to history whose attempt ran under its fence until now.
   * @returns which; "all" where it was every one.
   */
  finish(rows: readonly EndRow[]): Work<ReadonlySet<string> | "all">;
}

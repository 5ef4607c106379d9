import type { PlanClaim } from "../../planning.ts";
import type { ClaimRequest } from "../../store.ts";
import type { ClaimedTuple } from "./rows.ts";
import type { Work } from "./work.ts";

type Single = null | number | string;

/** Of a plan: whose cursor goes from where to where, under which definition. */
export type CursorMove = readonly [
  schedule: string,
  revision: number,
  from: number,
  task: string,
  definition: string,
  to: number,
  nextAt: number | null,
];

/** A cursor that was moved, and what the rows around it say; flags are 0 or 1. */
export type MovedCursor = [
  schedule: string,
  previousDueAt: number | null,
  paused: number,
  hasCode: number,
];

/** What a run takes from its plan, wherever it goes. */
export type EnteringRow = readonly [
  id: string,
  task: string,
  schedule: string,
  dueAt: number,
  readyAt: number | null,
  definition: string,
  key: string,
  gate: string | null,
  deadlineAt: number | null,
  payload: string | null,
];

/** And what it needs to wait. */
export type WaitingRow = readonly [
  ...EnteringRow,
  slot: number,
  parked: string | null,
  heldAt: number | null,
  live: number,
  startBy: number | null,
  dayEndAt: number,
  nextAt: number | null,
  overlap: string | null,
];

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

/** Any of the rows above. */
export type HotRow = readonly Single[];

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
  /**
   * Moves each cursor that is where its plan began, of a schedule and a task that are in force as
   * the plan saw them.
   * @param node whose code is asked for, or null.
   * @returns those it moved.
   */
  moveCursors(
    moves: readonly CursorMove[],
    node: string | null,
    now: number,
  ): Work<readonly MovedCursor[]>;
  insertPending(rows: readonly WaitingRow[], now: number): Work<void>;
  insertRunning(
    rows: readonly EnteringRow[],
    claim: Pick<PlanClaim, "node" | "claimId"> & { readonly fence: number },
    now: number,
  ): Work<void>;
  /** Takes what is due for a node, first come first served, under one new fence. */
  take(request: ClaimRequest, now: number): Work<readonly ClaimedTuple[]>;
  /**
   * Moves runs to history whose attempt ran under its fence until now.
   * @returns which; "all" where it was every one.
   */
  finish(rows: readonly EndRow[]): Work<ReadonlySet<string> | "all">;
}

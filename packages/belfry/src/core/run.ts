import type { ErrorRecord } from "./errors.ts";

export type RunState = "pending" | "running" | "succeeded" | "failed" | "cancelled";
export type FinalState = "succeeded" | "failed" | "cancelled";

/** Why a run ended as it did, or waits again. */
export type Reason =
  | "exhausted"
  | "permanent"
  | "timed-out"
  | "lost"
  | "interrupted"
  | "deadline"
  | "late"
  | "replaced"
  | "cancelled"
  | "invalid-payload";

/** Why occurrences did not become runs. */
export type GapReason = "down" | "late" | "overlap" | "paused" | "edited" | "blackout";

/** Why a pending run has no instant at which it may be claimed. */
export type Parked = "gate" | "code" | "paused";

export type TriggerKind = "schedule" | "manual" | "backfill" | "replay" | "boot";

export interface Trigger {
  readonly kind: TriggerKind;
  /** Who: a person at a host, `api`, or the schedule's key. */
  readonly by: string;
}

export type OutcomeKind =
  | "succeeded"
  | "failed"
  | "timed-out"
  | "cancelled"
  | "lost"
  | "interrupted";

/** One try of a run, as history keeps it. */
export interface Attempt {
  /** 1-based, counts every start. */
  readonly number: number;
  readonly node: string;
  readonly fence: number;
  readonly outcome: OutcomeKind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error: ErrorRecord | null;
  readonly logBytes: number;
  readonly logBytesDropped: number;
}

/**
 * The one table of legal moves. A retry is `pending` again; `gone` is an occurrence that was
 * withdrawn into a gap. Terminal states have no moves: a replay is a new run.
 */
export const MOVES: Readonly<Record<RunState, readonly (RunState | "gone")[]>> = {
  pending: ["running", "cancelled", "failed", "gone"],
  running: ["pending", "succeeded", "failed", "cancelled"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export function isFinal(state: RunState): state is FinalState {
  return MOVES[state].length === 0;
}

/** How often the run was really tried, and how often its node was lost, so far. */
export function countAttempts(attempts: readonly Attempt[]): { tries: number; losses: number } {
  let tries = 0;
  let losses = 0;
  for (const attempt of attempts) {
    if (attempt.outcome === "failed" || attempt.outcome === "timed-out") tries += 1;
    if (attempt.outcome === "lost") losses += 1;
  }
  return { tries, losses };
}

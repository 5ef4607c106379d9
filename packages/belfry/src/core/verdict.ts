import type { Policies } from "./definition.ts";
import type { ErrorRecord } from "./errors.ts";
import type { FinalState, Reason } from "./run.ts";

/** What an attempt came to. It is a value: an executor never throws one. */
export type Outcome =
  | { readonly kind: "succeeded"; readonly result: string | null }
  | {
      readonly kind: "failed";
      readonly error: ErrorRecord;
      /** Trying again cannot help: the reason to give, else null. */
      readonly permanent: "permanent" | "invalid-payload" | null;
      /** When the task asked to be tried again, if it did. */
      readonly retryAt: number | null;
    }
  | { readonly kind: "timed-out"; readonly limit: "timeout" | "deadline" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "lost" }
  | { readonly kind: "interrupted" };

/** A wish that a running attempt ends: by a person, or by `overlap: replace`. */
export type Asked = "cancelled" | "replaced";

export interface Tried {
  /** Failed and timed-out attempts before this one. */
  readonly tries: number;
  /** Lost attempts before this one. */
  readonly losses: number;
  /** Instant after which nothing of the run may start, or null. */
  readonly deadlineAt: number | null;
  readonly asked: Asked | null;
}

export type Verdict =
  | { readonly move: "finish"; readonly state: FinalState; readonly reason: Reason | null }
  | { readonly move: "retry"; readonly readyAt: number };

/** A run whose node is lost this often fails: something about it kills nodes. */
export const LOSSES_MAX = 3;

type RetryPolicies = Pick<Policies, "retry" | "delivery">;

/**
 * Decides what becomes of a run after an attempt.
 *
 * Pure: `now` and `jitter` (0 ≤ jitter < 1) come from the caller, so a seed replays it exactly.
 * A lost attempt does not count against `retry.attempts`, since the fault was the node's; an
 * interrupted one does not count at all, or every deploy would eat a retry.
 */
export function decideVerdict(
  run: Tried,
  outcome: Outcome,
  policies: RetryPolicies,
  now: number,
  jitter: number,
): Verdict {
  const once = policies.delivery === "at-most-once";
  switch (outcome.kind) {
    case "succeeded":
      return finish("succeeded", null);
    case "cancelled":
      return finish("cancelled", run.asked ?? "cancelled");
    case "interrupted":
      if (once && run.asked === null) return finish("failed", "interrupted");
      return retry(run, now);
    case "lost":
      if (run.asked !== null) return finish("cancelled", run.asked);
      if (once || run.losses + 1 >= LOSSES_MAX) return finish("failed", "lost");
      return retry(run, now);
    case "timed-out":
      if (outcome.limit === "deadline") return finish("failed", "deadline");
      if (once || run.tries + 1 >= policies.retry.attempts) return finish("failed", "timed-out");
      return retry(run, now + retryDelayMs(policies.retry, run.tries + 1, jitter));
    case "failed": {
      if (outcome.permanent !== null) return finish("failed", outcome.permanent);
      if (once || run.tries + 1 >= policies.retry.attempts) return finish("failed", "exhausted");
      const wait = now + retryDelayMs(policies.retry, run.tries + 1, jitter);
      return retry(run, Math.max(now, outcome.retryAt ?? wait));
    }
  }
}

/**
 * The wait before attempt `tries + 1`, ms: min(max, wait·2^(tries−1)) × (0.5 … 1).
 * Half of it is never given away, so that retries of one cause spread but still back off.
 */
export function retryDelayMs(retry: Policies["retry"], tries: number, jitter: number): number {
  const exponential = Math.min(retry.maxMs, retry.waitMs * 2 ** (tries - 1));
  return Math.round(exponential * (0.5 + jitter / 2));
}

function finish(state: FinalState, reason: Reason | null): Verdict {
  return { move: "finish", state, reason };
}

/** Nobody tries again what somebody asked to end. */
function retry(run: Tried, readyAt: number): Verdict {
  if (run.asked !== null) return finish("cancelled", run.asked);
  if (run.deadlineAt !== null && readyAt > run.deadlineAt) return finish("failed", "deadline");
  return { move: "retry", readyAt };
}

import type { Outcome } from "../core/verdict.ts";
import type { StopReason } from "../executor.ts";

/**
 * What an attempt came to that was told to end before it ended. How it then ended says nothing:
 * whoever heeds a signal may leave by returning or with exit 0, its work half done.
 */
export function stopOutcome(reason: StopReason): Outcome {
  switch (reason) {
    case "timeout":
    case "deadline":
      return { kind: "timed-out", limit: reason };
    case "cancelled":
    case "interrupted":
    case "lost":
      return { kind: reason };
  }
}

import type { Policies } from "./core/definition.ts";
import type { PlannedGap, PlannedRun } from "./core/plan.ts";
import type { ClaimedRun, DueSchedule } from "./records.ts";
import type { ClaimRequest, IncidentStep, Wish } from "./store.ts";

// What the store is told of due occurrences, and answers.

export interface UpcomingQuery {
  /** Only tasks that this node carries; null: of all tasks. */
  readonly node: string | null;
  readonly until: number;
  /** Go on after this schedule, the last of the page before; null: from the first. */
  readonly after: { readonly nextAt: number; readonly id: string } | null;
  readonly limit: number;
}

export interface SchedulePlan {
  readonly schedule: Pick<
    DueSchedule,
    "id" | "task" | "key" | "revision" | "definition" | "cursorAt" | "payload"
  >;
  /** Each with its id, made from its occurrence. */
  readonly runs: readonly (PlannedRun & { readonly id: string })[];
  readonly gaps: readonly PlannedGap[];
  readonly cursorAt: number;
  readonly nextAt: number | null;
  readonly gate: GateRequest | null;
  readonly overlap: Policies["overlap"];
}

/** The gate a run must pass, and the limit that its definition gives it. */
export interface GateRequest {
  readonly id: string;
  readonly max: number;
}

export interface Planned {
  readonly answer: "planned" | "stale";
  /** Runs that are asked to end because of `replace`. */
  readonly wishes: readonly (Wish & { readonly node: string })[];
  /** What the call as a whole came across stands with its first plan. */
  readonly steps: readonly IncidentStep[];
  /** Those of its runs that the claim has taken. */
  readonly claimed: readonly ClaimedRun[];
  /** Gaps beside those of the plan: what met a full gate, or was found too late to start. */
  readonly gaps: readonly NewGap[];
}

/** Occurrences that became a gap just now. */
export interface NewGap extends Pick<PlannedGap, "reason" | "count" | "fromAt" | "toAt"> {
  readonly task: string;
}

/** A claim that goes along with a plan. */
export type PlanClaim = Omit<ClaimRequest, "only" | "madeUntil">;

import type { ErrorRecord } from "./errors.ts";
import type { Attempt, Parked, Reason, RunState } from "./run.ts";
import type { Asked } from "./verdict.ts";

// What `why` judges by: a run or a task, and what is known of its surroundings.

export interface WhyPause {
  readonly by: string;
  readonly reason: string | null;
  readonly fromAt: number;
  readonly untilAt: number | null;
}

export interface WhyRun {
  readonly id: string;
  readonly task: string;
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly parked: Parked | null;
  readonly gate: string | null;
  readonly slot: boolean;
  readonly readyAt: number | null;
  readonly dueAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly node: string | null;
  readonly asked: { readonly asked: Asked; readonly by: string } | null;
  readonly attempts: readonly Attempt[];
  readonly error: ErrorRecord | null;
}

/** What is known of a task's surroundings. */
export interface WhyWorld {
  readonly now: number;
  readonly task: string;
  readonly enabled: boolean;
  readonly pause: WhyPause | null;
  readonly attemptsMax: number;
  /** Live nodes. */
  readonly nodes: readonly WhyNode[];
  /**
   * Whether one of them has the task's code, and all tags that it asks for; `unplaced`: none of
   * those with the code has them; `unread`: none has the code, although the release in force is
   * there, since that could not load it.
   */
  readonly code: "carried" | "unplaced" | "unread" | "absent";
  /** Which of them have the task's code and its tags. */
  readonly carriers: readonly string[];
  /** Tags that the task asks for. */
  readonly runsOn: readonly string[];
  /** The gate that the run or the task's oldest waiting run must pass. */
  readonly gate: { id: string; max: number; holders: readonly string[]; waiting: number } | null;
  /** A run that holds that gate and was asked to end, to be replaced by another. */
  readonly replaced: { readonly run: string; readonly by: string } | null;
  /** How a run is named; the beginning of its id where nothing more is known. */
  readonly nameOf: (run: string) => string;
  /** A run that holds that gate although its node is gone. */
  readonly orphan: { readonly run: string; readonly node: string } | null;
  readonly schedules: number;
  /** The next instant to come. */
  readonly nextAt: number | null;
  /** The task's last run, if that failed. */
  readonly lastFailure: Pick<WhyRun, "id" | "reason" | "error" | "endedAt"> | null;
  /** How an instant is written. */
  readonly instantText: (at: number) => string;
}

export interface WhyNode {
  readonly id: string;
  readonly running: number;
  readonly concurrency: number;
  readonly tags: readonly string[];
  readonly draining: { readonly sinceAt: number; readonly by: string } | null;
  readonly stalled: { readonly sinceAt: number; readonly tasks: readonly string[] } | null;
}

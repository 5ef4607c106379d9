import type { ErrorRecord } from "../core/errors.ts";
import type { Attempt, OutcomeKind, Reason, RunState, TriggerKind } from "../core/run.ts";
import type { RunRow } from "../records.ts";
import { iso } from "./instant.ts";
import { jsonValue } from "./json-text.ts";

export interface RunView {
  readonly id: string;
  readonly task: string;
  /** Key of the schedule that made it, or null. */
  readonly schedule: string | null;
  readonly state: RunState;
  readonly reason: Reason | null;
  readonly trigger: { readonly kind: TriggerKind; readonly by: string };
  readonly dueAt: string;
  readonly createdAt: string;
  readonly readyAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** From the start of its last attempt to its end; null before that. */
  readonly durationMs: number | null;
  readonly attempt: number;
  readonly node: string | null;
  readonly payload: unknown;
  readonly result: unknown;
  readonly error: ErrorRecord | null;
  readonly report: unknown;
  readonly progress: unknown;
  readonly replayOf: string | null;
  /** By `overlap: replace`, the run for which this one ended, or was asked to. */
  readonly replacedBy: string | null;
}

interface AttemptView {
  readonly number: number;
  readonly node: string;
  readonly fence: number;
  readonly outcome: OutcomeKind;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error: ErrorRecord | null;
  readonly logBytes: number;
  readonly logBytesDropped: number;
}

/** A run as the faces print it. */
export function runView(run: RunRow): RunView {
  const { startedAt, endedAt } = run;
  return {
    id: run.id,
    task: run.task,
    schedule: run.scheduleKey,
    state: run.state,
    reason: run.reason,
    trigger: { kind: run.trigger.kind, by: run.trigger.by },
    dueAt: iso(run.dueAt),
    createdAt: iso(run.createdAt),
    readyAt: iso(run.readyAt),
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    durationMs: startedAt === null || endedAt === null ? null : endedAt - startedAt,
    attempt: attemptNumber(run),
    node: run.node,
    payload: jsonValue(run.payload),
    result: jsonValue(run.result),
    error: run.error,
    report: jsonValue(run.report),
    progress: jsonValue(run.progress),
    replayOf: run.replayOf,
    replacedBy: run.asked?.asked === "replaced" ? run.asked.by : null,
  };
}

/** One run with its attempts: what `show` adds. */
export interface RunDetailView extends RunView {
  readonly attempts: readonly AttemptView[];
}

export function runDetailView(run: RunRow): RunDetailView {
  return { ...runView(run), attempts: run.attempts.map(attemptView) };
}

/** Number of the attempt under way, else of the last one; 0 before the first. */
export function attemptNumber(run: Pick<RunRow, "state" | "attempts">): number {
  return run.attempts.length + (run.state === "running" ? 1 : 0);
}

function attemptView(attempt: Attempt): AttemptView {
  return {
    number: attempt.number,
    node: attempt.node,
    fence: attempt.fence,
    outcome: attempt.outcome,
    startedAt: iso(attempt.startedAt),
    endedAt: iso(attempt.endedAt),
    exitCode: attempt.exitCode,
    signal: attempt.signal,
    error: attempt.error,
    logBytes: attempt.logBytes,
    logBytesDropped: attempt.logBytesDropped,
  };
}

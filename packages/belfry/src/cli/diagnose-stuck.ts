import { runReference } from "../core/run-reference.ts";
import type { Why } from "../core/why.ts";
import type { RunRow } from "../records.ts";
import { type Diagnosis, doubtful, wrong } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** A run that could start and has not for so long is stuck, ms. */
export const STUCK_MS = 600_000;
/** Tasks of which it is told why. */
export const TOLD_MAX = 5;

/**
 * Of each task the run that has waited longest, of those that wait for nothing that passes by
 * itself: not for a pause, which somebody wanted, nor for the time of a retry.
 */
export function stuckRuns(pending: readonly RunRow[], now: number): readonly RunRow[] {
  const oldest = new Map<string, RunRow>();
  for (const run of pending) {
    if (!isStuck(run, now)) continue;
    const known = oldest.get(run.task);
    if (known === undefined || run.dueAt < known.dueAt) oldest.set(run.task, run);
  }
  return [...oldest.values()].sort((a, b) => a.dueAt - b.dueAt);
}

function isStuck({ parked, readyAt, dueAt }: RunRow, now: number): boolean {
  if (parked === "paused") return false;
  const since = parked === null ? readyAt : dueAt;
  return since !== null && since <= now - STUCK_MS;
}

/** @param whys of the first of these runs, why they do not run. */
export function diagnoseStuck(
  stuck: readonly RunRow[],
  whys: readonly Why[],
  now: number,
): Diagnosis[] {
  const findings = whys.map((why, index) => {
    const run = stuck[index];
    const name = run === undefined ? why.subject : `${run.task} (${runReference(run)})`;
    const since = run === undefined ? "" : `, due ${relativeWords(run.dueAt, now)},`;
    const message = `${name}${since} does not start: ${why.sentence}`;
    const remedy = why.remedy.join("; ") || `belfry why ${why.subject}`;
    return run?.parked === "gate"
      ? doubtful("stuck", message, remedy)
      : wrong("stuck", message, remedy);
  });
  const more = stuck.length - whys.length;
  if (more <= 0) return findings;
  const message = `Runs of ${counted(more, "more task")} have waited for long too.`;
  return [...findings, doubtful("stuck", message, "belfry runs --state pending")];
}

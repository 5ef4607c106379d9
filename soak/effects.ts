import { readFileSync } from "node:fs";
import type { RunRow } from "../packages/belfry/src/records.ts";

/** A line that a witness wrote beside the store: `start RUN ATTEMPT FENCE`, or `end …`. */
export interface Effect {
  readonly line: string;
  readonly what: string;
  readonly run: string;
  readonly attempt: number;
  readonly fence: number;
}

export function readEffects(file: string): readonly Effect[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [what = "", run = "", attempt, fence] = line.split(" ");
      return { line, what, run, attempt: Number(attempt), fence: Number(fence) };
    });
}

/**
 * What witnesses did against what the store says of it.
 *
 * @param forgetful the store may have lost attempts that it had acknowledged.
 */
export function judgeEffects(
  runs: readonly RunRow[],
  effects: readonly Effect[],
  forgetful = false,
): readonly string[] {
  const wrong: string[] = [];
  const times = new Map<string, number>();
  const ended = new Set<string>();
  const starts = new Map<string, Effect[]>();
  for (const effect of effects) {
    const { line, what, run, fence } = effect;
    times.set(line, (times.get(line) ?? 0) + 1);
    if (what === "start") starts.set(run, [...(starts.get(run) ?? []), effect]);
    else ended.add(`${run} ${fence}`);
  }
  for (const [line, count] of times) if (count > 1) wrong.push(`"${line}" happened ${count} times`);
  for (const run of runs) {
    if (!run.task.startsWith("witness")) continue;
    const began = starts.get(run.id) ?? [];
    const named = `${run.task} ${run.id}`;
    const fences = new Set([run.fence, ...run.attempts.map(({ fence }) => fence)]);
    if (!forgetful) {
      if (run.task === "witness-once" && began.length > 1) {
        wrong.push(`${named} may start once and started ${began.length} times`);
      }
      for (const { attempt, fence } of began) {
        if (!fences.has(fence))
          wrong.push(`${named} started attempt ${attempt} under a strange fence`);
      }
    }
    if (run.state === "succeeded" && !ended.has(`${run.id} ${run.fence}`)) {
      wrong.push(`${named} is said to have succeeded and did not end`);
    }
  }
  return wrong;
}

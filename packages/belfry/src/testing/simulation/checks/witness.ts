import type { RunImage } from "../commits.ts";
import { attemptsOf, type Facts } from "./facts.ts";
import { demand } from "./violation.ts";

/** I8, I11: the store's story of a run that has ended is the one that its effects tell. */
export function checkWitness(id: string, run: RunImage, facts: Facts): void {
  if (facts.effects.isClosed(id)) return;
  const starts = facts.effects.of(id);
  const attempts = attemptsOf(run);
  demand(
    starts.length <= attempts.length,
    "I11 starts",
    () => `run ${id} has ${starts.length} starts and ${attempts.length} attempts`,
  );
  for (const { fence, outcome } of attempts) {
    if (outcome !== "succeeded") continue;
    const end = starts.find((start) => start.fence === fence)?.end;
    demand(
      end === "succeeded",
      "I8 witness",
      () => `run ${id} succeeded under ${fence}, its effect ${end}`,
    );
  }
}

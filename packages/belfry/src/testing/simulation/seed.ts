import { runSeed, type SeedResult } from "./world.ts";

export type { SeedResult } from "./world.ts";

/** Runs a seed twice: a run that cannot be repeated proves nothing when it fails. */
export async function runSeedTwice(options: {
  readonly seed: number;
  readonly minutes: number;
}): Promise<SeedResult> {
  const first = await runSeed({ ...options, print: null });
  const second = await runSeed({ ...options, print: null });
  if (first.digest === second.digest) return first;
  const message = `not deterministic: traces ${first.digest} and ${second.digest}`;
  return { ...first, failure: { invariant: "determinism", message } };
}

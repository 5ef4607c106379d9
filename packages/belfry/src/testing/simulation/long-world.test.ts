import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runSeed } from "./world.ts";

const MINUTE_MS = 60_000;

describe("a long world", () => {
  /** The short form of a month: `npm run simulate -- --minutes 43200`. It crosses a local midnight. */
  it("keeps what retention says, counts the rest into its days, and accounts for all of it", async () => {
    const { failure, runs, occurrences, samples } = await runSeed({
      seed: 11,
      minutes: 120,
      long: { roundMinutes: 15, ease: 4, retentionMs: 30 * MINUTE_MS },
      print: null,
    });
    assert.equal(failure, null, `${failure?.message}`);
    assert.equal(samples.length, 8);
    const { history = 0, day = 0 } = samples.at(-1)?.rows ?? {};
    assert.ok(occurrences >= 500 && runs >= 500, `${occurrences} occurrences, ${runs} runs`);
    assert.ok(history < runs / 2, `${history} of ${runs} runs are still there`);
    assert.ok(day >= 8, `${day} days of tasks were counted`);
  });
});

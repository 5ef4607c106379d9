import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runSeed } from "./world.ts";

/** The short form of `npm run simulate`, which takes thousands of seeds, and longer ones. */
const SEEDS = Array.from({ length: 20 }, (_, index) => 1 + index);
const MINUTES = 8;

describe("many nodes, one store, and everything that can go wrong", () => {
  for (const seed of SEEDS) {
    it(`breaks no promise with seed ${seed}`, async () => {
      const { failure } = await runSeed({ seed, minutes: MINUTES, print: null });
      const again = `npm run simulate -- --seed ${seed} --minutes ${MINUTES}`;
      assert.equal(failure, null, `${failure?.message}\n${again}`);
    });
  }

  it("goes the same way each time", async () => {
    const [first, second] = [
      await runSeed({ seed: 7, minutes: MINUTES, print: null }),
      await runSeed({ seed: 7, minutes: MINUTES, print: null }),
    ];
    assert.equal(first.digest, second.digest);
    assert.ok(first.starts > 0);
  });
});

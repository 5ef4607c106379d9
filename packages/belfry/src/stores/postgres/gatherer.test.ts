import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Gatherer } from "./gatherer.ts";

/** Doubles numbers, keeps what came together, and fails for 13 and, as one that is away, for 99. */
function doubling(): { batches: (readonly number[])[]; gatherer: Gatherer<number, number> } {
  const batches: (readonly number[])[] = [];
  const doing = async (items: readonly number[]): Promise<readonly number[]> => {
    batches.push(items);
    await new Promise(setImmediate);
    if (items.includes(99)) throw new TypeError("away");
    if (items.includes(13)) throw new RangeError("thirteen");
    return items.map((item) => item * 2);
  };
  return { batches, gatherer: new Gatherer(doing, (error) => error instanceof TypeError) };
}

describe("what is asked by many at once", () => {
  it("goes together while something is under way, each with its own answers", async () => {
    const { batches, gatherer } = doubling();
    const answers = [[1], [2, 3], [4]].map((items) => gatherer.ask(items, 0));
    assert.deepEqual(await Promise.all(answers), [[2], [4, 6], [8]]);
    assert.deepEqual(batches, [[1], [2, 3, 4]]);
  });

  it("is done one by one where it fails together", async () => {
    const { batches, gatherer } = doubling();
    const [, bad, good] = [[1], [13], [2]].map((items) => gatherer.ask(items, 0));
    await assert.rejects(bad ?? Promise.resolve(), RangeError);
    assert.deepEqual(await good, [4]);
    assert.deepEqual(batches, [[1], [13, 2], [13], [2]]);
  });

  it("fails at once for all where nothing else would help, and goes on with whoever comes", async () => {
    const { batches, gatherer } = doubling();
    const [, away, other] = [[1], [99], [2]].map((items) => gatherer.ask(items, 0));
    await assert.rejects(away ?? Promise.resolve(), TypeError);
    await assert.rejects(other ?? Promise.resolve(), TypeError);
    assert.deepEqual(await gatherer.ask([5], 0), [10]);
    assert.deepEqual(batches, [[1], [99, 2], [5]]);
  });

  it("is split where it is much, and one that is much alone waits for nobody", async () => {
    const { batches, gatherer } = doubling();
    const many = Array.from({ length: 600 }, (_, n) => n + 100);
    const asked = [[1], many, many, [2]].map((items) => gatherer.ask(items, 0));
    await gatherer.ask([...many, ...many], 0);
    await Promise.all(asked);
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [1, 1200, 600, 601],
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findGrowth, type Sample, type Weight } from "./growth.ts";

const MIB = 1_048_576;

function sample(history: number, weight: Weight | null = null, day = 0): Sample {
  return { afterMs: 0, rows: { history, day }, pages: 1, weight };
}

const weighs = (mib: number): Weight => ({ rssBytes: mib * MIB, heapBytes: mib * MIB });

describe("growth of a long world", () => {
  it("is none where rows come and go, and where they rise before the second quarter", () => {
    const rows = [10, 60, 100, 100, 105, 98, 112, 104];
    assert.deepEqual(findGrowth(rows.map((count) => sample(count))), []);
  });

  it("is found in rows by the mean of the last quarter, more than a tenth above the second one's", () => {
    const rows = [10, 60, 100, 100, 105, 108, 111, 113];
    assert.deepEqual(findGrowth(rows.map((count) => sample(count))), [
      "rows of the last quarter: 12 % above the second one",
    ]);
  });

  it("is not found in what is kept for good", () => {
    assert.deepEqual(findGrowth([1, 2, 3, 4].map((day) => sample(100, null, day * 100))), []);
  });

  it("is found in memory by what the quarters end with", () => {
    const weights = [null, weighs(80), null, weighs(100), null, weighs(120), null, weighs(130)];
    assert.deepEqual(findGrowth(weights.map((weight) => sample(100, weight))), [
      "RSS of the last quarter: 30 % above the second one",
      "the heap of the last quarter: 30 % above the second one",
    ]);
  });
});

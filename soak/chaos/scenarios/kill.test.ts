import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeTakeovers } from "./kill.ts";

describe("how soon runs are taken over", () => {
  it("is within a lease and a second", () => {
    assert.deepEqual(judgeTakeovers({ ms: [900, 6_999], never: [] }, 6_000), []);
  });

  it("is wrong where it was later, never, or never tried", () => {
    const late = Array.from({ length: 98 }, () => 900).concat(7_001);
    assert.deepEqual(judgeTakeovers({ ms: [...late, 7_001], never: ["r"] }, 6_000), [
      "runs were taken over after 7001 ms (p99)",
      "r was never taken over",
    ]);
    assert.deepEqual(judgeTakeovers({ ms: [], never: [] }, 6_000), [
      "no run was ever taken over: nothing was tried",
    ]);
  });
});

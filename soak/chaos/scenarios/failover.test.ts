import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { highestFence, judgeFences } from "./failover.ts";

describe("fences after a failover", () => {
  it("are above all that tasks have seen before it, whatever the standby knew of them", () => {
    const effect = { line: "", what: "start", run: "r", attempt: 1 };
    const highest = highestFence([
      { ...effect, fence: 7 },
      { ...effect, fence: 5 },
    ]);
    assert.equal(highest, 7);
    assert.deepEqual(judgeFences(8, highest), []);
    assert.deepEqual(judgeFences(7, highest), [
      "fence 7 was drawn after the failover, and 7 before it",
    ]);
  });
});

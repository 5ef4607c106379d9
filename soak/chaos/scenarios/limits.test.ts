import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StandStill } from "./limits.ts";

describe("runs at a gate with room", () => {
  it("stand still where they do so look after look", () => {
    const still = new StandStill();
    for (const at of [0, 2_000, 4_000]) still.seen(["a"], at);
    assert.deepEqual(still.wrong, []);
    still.seen(["a"], 4_500);
    assert.deepEqual(still.wrong, ["runs stand still at a, which has room"]);
  });

  it("do not where they were let in between", () => {
    const still = new StandStill();
    still.seen(["a"], 0);
    still.seen([], 3_000);
    still.seen(["a"], 3_500);
    still.seen(["a"], 7_000);
    assert.deepEqual(still.wrong, []);
  });
});

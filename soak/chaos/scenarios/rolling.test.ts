import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeDelays } from "./rolling.ts";

describe("how late a rolling restart may make a run", () => {
  it("is a second, for each of them", () => {
    assert.deepEqual(judgeDelays([3, 40, 1_000]), []);
    assert.deepEqual(judgeDelays([3, 1_001, 4_000]), [
      "2 runs of 3 started late, by up to 4000 ms",
    ]);
  });
});

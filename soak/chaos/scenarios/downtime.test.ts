import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgePolicy } from "./downtime.ts";

describe("what is run of three days that were missed", () => {
  it("is nothing, the newest, or the newest thousand, and the rest is in gaps", () => {
    assert.deepEqual(judgePolicy("none-1", 0, 4_320), []);
    assert.deepEqual(judgePolicy("latest-1", 1, 4_319), []);
    assert.deepEqual(judgePolicy("all-1", 1_000, 3_320), []);
  });

  it("is wrong where more or less ran, or was counted", () => {
    assert.deepEqual(judgePolicy("latest-1", 2, 4_318), ["latest-1 has 2 runs of what it missed"]);
    assert.deepEqual(judgePolicy("all-1", 999, 3_321), ["all-1 has 999 runs of what it missed"]);
    assert.deepEqual(judgePolicy("none-1", 0, 4_300), ["none-1 has 0 runs and 4300 in gaps"]);
  });
});

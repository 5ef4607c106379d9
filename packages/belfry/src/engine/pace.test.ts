import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pace } from "./pace.ts";

describe("a pace", () => {
  it("lets a few pass at once, then one at a time, and each key for itself", () => {
    const pace = new Pace(3, 1_000);
    const passed = [0, 0, 0, 0, 500, 999, 1_000, 1_000].map((now) => pace.take("a", now));
    assert.deepEqual(passed, [0, 0, 0, 1_000, 500, 1, 0, 1_000]);
    assert.equal(pace.take("b", 1_000), 0);
  });

  it("gathers no more than it lets pass at once", () => {
    const pace = new Pace(2, 1_000);
    pace.take("a", 0);
    const passed = [90_000, 90_000, 90_000].map((now) => pace.take("a", now));
    assert.deepEqual(passed, [0, 0, 1_000]);
  });

  it("spares what is asked to be left", () => {
    const pace = new Pace(2, 1_000);
    assert.deepEqual(
      [1, 1, 0, 0].map((spare) => pace.take("a", 0, spare)),
      [0, 1_000, 0, 1_000],
    );
  });
});

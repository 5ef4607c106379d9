import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Floor } from "./floor.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

describe("the readiness from which on a node looks", () => {
  it("is a little below what was taken last, where many were and more are due", () => {
    const floor = new Floor();
    assert.equal(floor.next(NOON), 0);
    floor.took(3_000, NOON - 500, "all");
    assert.equal(floor.next(NOON + 100), NOON - 2_500);
    floor.took(3_000, NOON - 400, "all");
    assert.equal(floor.next(NOON + 200), NOON - 2_400);
  });

  it("is the beginning every two seconds, for what came late, also where the clock was set back", () => {
    const floor = new Floor();
    const nexts = [0, 1_999, 2_000, 2_001, -3_000, -2_999].map((ms) => {
      const next = floor.next(NOON + ms);
      floor.took(3_000, NOON, "all");
      return next === 0 ? "all" : "floor";
    });
    assert.deepEqual(nexts, ["all", "floor", "all", "floor", "all", "floor"]);
  });

  it("is the beginning where fewer were found than asked for, few in all, or nothing", () => {
    for (const [count, which] of [
      [2_999, "fewer"],
      [499, "all"],
      [0, "fewer"],
    ] as const) {
      const floor = new Floor();
      floor.next(NOON);
      floor.took(3_000, NOON, "all");
      floor.took(count, count === 0 ? undefined : NOON, which);
      assert.equal(floor.next(NOON + 1), 0, `${count} ${which}`);
    }
  });
});

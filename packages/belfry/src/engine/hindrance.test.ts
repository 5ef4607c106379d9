import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hindranceOf, type Working } from "./hindrance.ts";

const well: Working = {
  now: 100_000,
  leaseUntil: 120_000,
  isHeld: false,
  planner: { sinceReadMs: 5_000 },
  services: [
    { name: "dispatcher", stuckMs: 0 },
    { name: "settler", stuckMs: 300 },
  ],
  pace: 1,
};

describe("what keeps a node from working", () => {
  it("is nothing where it plans, claims, settles and holds its lease", () => {
    assert.equal(hindranceOf(well), null);
  });

  for (const [what, over, said] of [
    ["a store that does not answer", { leaseUntil: 99_999 }, /its lease ran out/],
    ["a clock that is not believed", { isHeld: true }, /planning waits/],
    [
      "a planner that plans no more",
      { planner: { sinceReadMs: 31_000 } },
      /^nothing could be planned for 31 s$/,
    ],
    [
      "a dispatcher that cannot claim",
      { services: [{ name: "dispatcher", stuckMs: 45_000 }] },
      /^its dispatcher has not got on for 45 s$/,
    ],
  ] as const) {
    it(`is ${what}`, () => assert.match(hindranceOf({ ...well, ...over }) ?? "", said));
  }
});

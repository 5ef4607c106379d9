import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DueQueue } from "./due-queue.ts";

describe("the queue of what is due", () => {
  it("gives what is due, the earliest first, and keeps the rest", () => {
    const instants = fc.array(fc.option(fc.integer({ min: 0, max: 100 })));
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 100 }), (all, now) => {
        const queue = new DueQueue<{ nextAt: number | null }>();
        for (const nextAt of all) queue.push({ nextAt });
        const due = all
          .filter((at) => at !== null && at <= now)
          .sort((a, b) => (a ?? 0) - (b ?? 0));
        assert.deepEqual(
          queue.takeDue(now, Infinity).map(({ nextAt }) => nextAt),
          due,
        );
        assert.equal(queue.size, all.length - due.length);
        const later = all.filter((at) => at !== null && at > now).map((at) => at ?? 0);
        assert.equal(queue.firstAt, later.length > 0 ? Math.min(...later) : null);
      }),
    );
  });

  it("gives no more than was asked for", () => {
    const queue = new DueQueue<{ nextAt: number }>();
    for (const nextAt of [3, 1, 2]) queue.push({ nextAt });
    assert.deepEqual(queue.takeDue(10, 2), [{ nextAt: 1 }, { nextAt: 2 }]);
    assert.equal(queue.firstAt, 3);
  });
});

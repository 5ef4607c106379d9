import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { Lookout } from "./lookout.ts";

async function pass(clock: VirtualClock, until: number): Promise<void> {
  do await new Promise<void>((turn) => setImmediate(turn));
  while (clock.wakeNext(until));
}

describe("a lookout", () => {
  it("looks at its pace, also after a look that failed, until it is closed", async () => {
    const clock = new VirtualClock(0);
    const looks: number[] = [];
    const troubles: unknown[] = [];
    const lookout = new Lookout({
      clock,
      everyMs: 100,
      look: async () => {
        looks.push(clock.now());
        if (looks.length === 2) throw new Error("unreadable");
      },
      onTrouble: (error, retryInMs) => troubles.push(String(error), retryInMs),
    });
    lookout.start();
    await pass(clock, 350);
    assert.deepEqual(looks, [100, 200, 300]);
    assert.deepEqual(troubles, ["Error: unreadable", 100]);
    await lookout.close();
    await pass(clock, 1_000);
    assert.equal(looks.length, 3);
    assert.equal(lookout.closed, true);
  });
});

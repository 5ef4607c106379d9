import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { Loop, type Service } from "./loop.ts";

type Answer = number | "now" | null;

function setup(step: (now: number, steps: number) => Answer | Promise<Answer>) {
  const clock = new VirtualClock(0);
  const steps: number[] = [];
  const errors: number[] = [];
  const service: Service = {
    name: "test",
    precision: "rough",
    async step(now) {
      steps.push(now);
      return await step(now, steps.length);
    },
  };
  const loop = new Loop(service, {
    clock,
    random: () => 0.999_999,
    pace: 1,
    onError: (_name, _error, retryInMs) => errors.push(retryInMs),
  });
  return { clock, loop, steps, errors };
}

/** All promises that can settle have settled. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function advance(clock: VirtualClock, until: number): Promise<void> {
  await quiet();
  while (clock.wakeNext(until)) await quiet();
}

describe("a service's loop", () => {
  it("sleeps until the instant that the step asked for, and steps again", async () => {
    const { clock, loop, steps } = setup((now) => now + 1_000);
    loop.wake();
    await advance(clock, 2_500);
    assert.deepEqual(steps, [0, 1_000, 2_000]);
  });

  it("sleeps until it is woken where nothing is to come", async () => {
    const { clock, loop, steps } = setup(() => null);
    loop.wake();
    await advance(clock, 60_000);
    assert.deepEqual(steps, [0]);
    loop.wake();
    await quiet();
    assert.deepEqual(steps, [0, 60_000]);
  });

  it("steps once more when it is woken during a step, however often", async () => {
    const gate = Promise.withResolvers<void>();
    const { loop, steps } = setup(async (_now, count) => {
      if (count === 1) await gate.promise;
      return null;
    });
    loop.wake();
    loop.wake();
    loop.wake();
    gate.resolve();
    await quiet();
    assert.equal(steps.length, 2);
  });

  it("backs off from errors, twice as long each time, and is not hurried by hints", async () => {
    const { clock, loop, steps, errors } = setup((_now, count) => {
      if (count <= 3) throw new Error("away");
      return null;
    });
    loop.wake();
    await quiet();
    loop.wake();
    await quiet();
    assert.equal(steps.length, 1);
    await advance(clock, 60_000);
    assert.deepEqual(errors, [100, 200, 400]);
    assert.equal(steps.length, 4);
  });

  it("takes no step after it was stopped, and stops when the one under way has ended", async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, loop, steps } = setup(async (now) => {
      await gate.promise;
      return now + 1;
    });
    loop.wake();
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await quiet();
    assert.equal(stopped, false);
    gate.resolve();
    await stopping;
    loop.wake();
    await advance(clock, 1_000);
    assert.equal(steps.length, 1);
  });

  it("is stuck while steps fail or do not come back, and well while it sleeps", async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, loop } = setup(async (_now, count) => {
      if (count === 1) return null;
      if (count < 4) throw new Error("away");
      await gate.promise;
      return null;
    });
    loop.wake();
    await advance(clock, 60_000);
    assert.equal(loop.stuckMs, 0);
    loop.wake();
    await advance(clock, 70_000);
    assert.equal(loop.stuckMs, 10_000, "two steps failed, the third hangs");
    gate.resolve();
    await quiet();
    assert.equal(loop.stuckMs, 0);
  });
});

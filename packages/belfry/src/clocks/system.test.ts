import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "./system.ts";

function asleep(ms: number, precision: "sharp" | "rough"): Promise<number> {
  const began = systemClock.monotonic();
  return new Promise((resolve) => {
    const wake = (): void => resolve(systemClock.monotonic() - began);
    systemClock.schedule(systemClock.now() + ms, wake, precision);
  });
}

describe("the machine's clock", () => {
  it("wakes when the time has passed, not before", async () => {
    for (const precision of ["sharp", "rough"] as const) {
      const slept = await asleep(20, precision);
      assert.ok(slept >= 19 && slept < 500, `${precision}: ${slept} ms`);
    }
  });

  it("puts nobody to sleep for an hour when the wall clock is set back by one", async (test) => {
    const sleeping = asleep(20, "rough");
    const now = Date.now();
    test.mock.method(Date, "now", () => now - 3_600_000);
    assert.ok((await sleeping) < 500);
  });

  it("wakes nobody who withdrew", async () => {
    let woken = false;
    const withdraw = systemClock.schedule(systemClock.now() + 5, () => {
      woken = true;
    });
    withdraw();
    await asleep(20, "rough");
    assert.equal(woken, false);
  });

  it("turns the loop for the last ms of a sharp sleep, but not again soon after", (test) => {
    let passed = 1_000_000;
    let armed: { readonly ms: number; readonly wake: () => void } | null = null;
    let turn: (() => void) | null = null;
    test.mock.method(performance, "now", () => passed);
    test.mock.method(Date, "now", () => passed);
    test.mock.method(globalThis, "setTimeout", (wake: () => void, ms: number) => {
      armed = { wake, ms };
    });
    test.mock.method(globalThis, "setImmediate", (wake: () => void) => {
      turn = wake;
    });
    const sleep = (ms: number): number | undefined => {
      armed = null;
      systemClock.schedule(systemClock.now() + ms, () => {}, "sharp");
      return armed === null ? undefined : Math.round(Reflect.get(armed, "ms"));
    };
    const wakeAfter = (ms: number): void => {
      passed += ms;
      const wake: unknown = turn ?? Reflect.get(armed ?? {}, "wake");
      if (typeof wake === "function") wake();
    };
    assert.equal(sleep(20), 17);
    wakeAfter(17);
    assert.notEqual(turn, null, "it spins");
    wakeAfter(3);
    turn = null;
    assert.equal(sleep(20), 20, "it rests");
    passed += 200;
    assert.equal(sleep(20), 17, "it has rested");
  });
});

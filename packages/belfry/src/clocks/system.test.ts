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
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { ClockGuard, HOLD_MS } from "./clock-guard.ts";
import { type EngineEvent, Events } from "./events.ts";

const HOUR = 3_600_000;

function setup() {
  const clock = new VirtualClock(1_000_000_000);
  const events = new Events();
  const told: EngineEvent[] = [];
  events.on((event) => told.push(event));
  return { clock, told, guard: new ClockGuard(clock, events) };
}

describe("the clock guard", () => {
  it("takes time that passed by both clocks for downtime: nothing is held", () => {
    const { clock, guard, told } = setup();
    clock.wakeNext(clock.now() + 8 * HOUR);
    assert.equal(guard.holdUntil(), null);
    assert.deepEqual(told, []);
  });

  it("holds for a minute when the wall clock jumped, either way, and then believes it", () => {
    for (const jump of [HOUR, -HOUR]) {
      const { clock, guard, told } = setup();
      clock.jump(jump);
      assert.equal(guard.holdUntil(), clock.now() + HOLD_MS);
      clock.wakeNext(clock.now() + HOLD_MS);
      assert.equal(guard.holdUntil(), null);
      assert.deepEqual(
        told.map((event) => event.kind === "clock" && event.jumpMs),
        [jump],
      );
    }
  });

  it("keeps each jump until somebody has written it down, and no other trouble", () => {
    const { clock, guard } = setup();
    guard.behind(clock.now() + 10_000);
    for (const jump of [HOUR, -2 * HOUR]) {
      clock.jump(jump);
      guard.holdUntil();
    }
    assert.deepEqual(guard.takeJumps(), [HOUR, -2 * HOUR]);
    assert.deepEqual(guard.takeJumps(), []);
  });

  it("lets the small corrections of a time service pass", () => {
    const { clock, guard } = setup();
    clock.jump(900);
    assert.equal(guard.holdUntil(), null);
  });

  it("holds where the clock is below what the store has seen", () => {
    const { clock, guard } = setup();
    guard.behind(clock.now() + 10_000);
    assert.equal(guard.holdUntil(), clock.now() + HOLD_MS);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDatabaseClock, type Reading } from "./database.ts";
import { systemClock } from "./system.ts";

/** A machine whose wall and monotonic clock are set by hand. */
function handClock(wall: number, monotonic: number) {
  const hand = {
    wall,
    monotonic,
    armed: [] as { readonly at: number; readonly wake: () => void }[],
    clock: {
      now: () => hand.wall,
      monotonic: () => hand.monotonic,
      schedule: (at: number, wake: () => void) => {
        const one = { at, wake };
        hand.armed.push(one);
        return () => {
          hand.armed = hand.armed.filter((other) => other !== one);
        };
      },
    },
  };
  return hand;
}

function reading(askedAt: number, answeredAt: number, at: number): Reading {
  return { askedAt, answeredAt, at };
}

describe("the database's clock", () => {
  it("goes on from the earliest that a reading can mean by the monotonic clock, whatever the wall clock does", () => {
    const hand = handClock(1_000_000, 110);
    const clock = createDatabaseClock(hand.clock, reading(100, 110, 5_000));
    assert.equal(clock.now(), 5_000);
    hand.monotonic += 1_000;
    hand.wall -= 3_600_000;
    assert.equal(clock.now(), 6_000);
    assert.equal(clock.monotonic(), 1_110);
  });

  it("is an integer, as instants are", () => {
    const clock = createDatabaseClock(handClock(0, 10.9).clock, reading(0.1, 0.2, 5_000));
    assert.equal(clock.now(), 5_010);
  });

  it("keeps a quick reading against slow ones that agree with it, but not for ever", () => {
    const hand = handClock(0, 0);
    const clock = createDatabaseClock(hand.clock, reading(0, 2, 5_001));
    hand.monotonic = 1_000;
    clock.read(reading(900, 1_000, 5_990));
    assert.equal(clock.now(), 5_999);
    hand.monotonic = 10_000_000;
    clock.read(reading(9_999_900, 10_000_000, 10_004_990));
    assert.equal(clock.now(), 10_004_990);
  });

  it("believes a reading that its own time cannot explain: the database's clock has jumped", () => {
    const hand = handClock(0, 0);
    const clock = createDatabaseClock(hand.clock, reading(0, 2, 5_001));
    hand.monotonic = 1_000;
    clock.read(reading(900, 1_000, 3_605_950));
    assert.equal(clock.now(), 3_605_950);
    clock.read(reading(998, 1_000, 5_999));
    assert.equal(clock.now(), 5_999);
  });

  it("takes a quicker reading in the place of a slow one", () => {
    const hand = handClock(0, 100);
    const clock = createDatabaseClock(hand.clock, reading(0, 100, 5_000));
    assert.equal(clock.now(), 5_000);
    clock.read(reading(99, 100, 5_099));
    assert.equal(clock.now(), 5_099);
  });

  it("tells how far the machine is off", () => {
    const hand = handClock(7_500, 0);
    const clock = createDatabaseClock(hand.clock, reading(0, 0, 5_000));
    assert.equal(clock.aheadMs(), 2_500);
  });

  it("wakes when its own time has come, not before, though the machine wakes early", () => {
    const hand = handClock(1_000_000, 0);
    const clock = createDatabaseClock(hand.clock, reading(0, 0, 5_000));
    let woken = 0;
    clock.schedule(5_100, () => {
      woken += 1;
    });
    const wake = (): void => hand.armed.shift()?.wake();
    assert.equal(hand.armed[0]?.at, 1_000_100);
    hand.monotonic = 99.5;
    hand.wall = 1_000_099;
    wake();
    assert.equal(woken, 0);
    assert.equal(hand.armed[0]?.at, 1_000_099.5);
    hand.monotonic = 100;
    wake();
    assert.equal(woken, 1);
    assert.equal(hand.armed.length, 0);
  });

  it("wakes nobody who withdrew, before or after it woke early", () => {
    const hand = handClock(0, 0);
    const clock = createDatabaseClock(hand.clock, reading(0, 0, 5_000));
    clock.schedule(5_100, () => assert.fail("woken"))();
    assert.equal(hand.armed.length, 0);
    const withdraw = clock.schedule(5_100, () => assert.fail("woken"));
    hand.armed.shift()?.wake();
    withdraw();
    assert.equal(hand.armed.length, 0);
  });

  it("wakes on a real machine", async () => {
    const asked = systemClock.monotonic();
    const clock = createDatabaseClock(systemClock, reading(asked, asked, 1_000_000));
    await new Promise<void>((resolve) => {
      clock.schedule(clock.now() + 20, resolve, "sharp");
    });
    assert.ok(clock.now() >= 1_000_020);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { firstAfter, nextAfter } from "./schedule.ts";

const NOON = Date.UTC(2026, 10, 24, 12);
const HOUR = 3_600_000;

function hourly(nextAt: number | null, expression = "0 * * * *") {
  const part = { expression, dialect: "unix", timeZone: "UTC", anchor: null } as const;
  return { id: "s", parts: [part], nextAt };
}

describe("the next instant to come", () => {
  it("is the stored one, or by the rule where that has passed unplanned", () => {
    assert.equal(nextAfter(hourly(NOON + HOUR), NOON), NOON + HOUR);
    assert.equal(nextAfter(hourly(NOON), NOON), NOON + HOUR);
    assert.equal(nextAfter(hourly(NOON - 50 * HOUR), NOON + 1), NOON + HOUR);
    assert.equal(nextAfter(hourly(null), NOON), null);
  });

  it("is not guessed where the rule cannot be read", () => {
    assert.equal(nextAfter(hourly(NOON, "61 * * * *"), NOON), null);
  });

  it("of several schedules is the first", () => {
    assert.equal(firstAfter([hourly(NOON + 3 * HOUR), hourly(NOON - HOUR)], NOON), NOON + HOUR);
    assert.equal(firstAfter([hourly(null)], NOON), null);
    assert.equal(firstAfter([], NOON), null);
  });
});

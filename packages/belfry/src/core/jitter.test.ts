import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { startOf } from "./jitter.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const anyOccurrence = fc.record({
  id: fc.string(),
  jitterMs: fc.integer({ min: 0, max: 48 * HOUR }),
  dueAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  apart: fc.option(fc.integer({ min: 1, max: 24 * HOUR })),
});

describe("the start of an occurrence", () => {
  it("lies at its due instant or later, within its jitter and before the next one", () => {
    fc.assert(
      fc.property(anyOccurrence, ({ id, jitterMs, dueAt, apart }) => {
        const next = apart === null ? null : dueAt + apart;
        const start = startOf({ id, jitterMs }, dueAt, next);
        assert.ok(Number.isInteger(start) && start >= dueAt);
        assert.ok(jitterMs === 0 ? start === dueAt : start < dueAt + jitterMs);
        assert.ok(next === null || start < next);
      }),
    );
  });

  it("is drawn as the documentation says, for all time", () => {
    const due = Date.parse("2026-11-24T02:30Z");
    const start = startOf({ id: "reports", jitterMs: HOUR }, due, null);
    // node -p 'crypto.hash("sha256", "reports\0" + due).slice(0, 12)' over 16 ** 12, of an hour
    assert.equal(start - due, 470_353);
  });

  it("is spread evenly", () => {
    const starts = Array.from({ length: 10_000 }, (_, day) =>
      startOf({ id: "reports", jitterMs: 10 }, day * 24 * HOUR, null),
    );
    for (let delay = 0; delay < 10; delay++) {
      const share = starts.filter((start) => start % 10 === delay).length;
      assert.ok(share > 850 && share < 1_150, `${share} of 10,000 start after ${delay} ms`);
    }
  });
});

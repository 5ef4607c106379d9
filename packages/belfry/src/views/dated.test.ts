import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dated } from "./dated.ts";

describe("a view as programs get it", () => {
  it("has dates for instants, at any depth, and leaves what is a task's own alone", () => {
    const at = "2026-11-24T02:30:00.000Z";
    const view = {
      id: "2026",
      dueAt: at,
      endedAt: null,
      pause: { until: at, reason: at },
      attempts: [{ startedAt: at }],
      result: { dueAt: at },
    };
    const date = new Date(at);
    assert.deepEqual(dated(view), {
      id: "2026",
      dueAt: date,
      endedAt: null,
      pause: { until: date, reason: at },
      attempts: [{ startedAt: date }],
      result: { dueAt: at },
    });
    // For the compiler: an instant is a Date here.
    assert.equal(dated(view).attempts[0]?.startedAt.getTime(), date.getTime());
  });
});

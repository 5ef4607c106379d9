import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DidGap, type DidRun, decideDid } from "./did.ts";

const subject = { task: "backup", timeZone: "UTC", from: 0, until: 100 };
const run: DidRun = {
  id: "r1",
  dueAt: 10,
  schedule: "default",
  state: "succeeded",
  reason: null,
  madeGoodBy: null,
};
const gap: DidGap = {
  schedule: "default",
  reason: "down",
  count: 2,
  dueAts: [20, 30],
  whole: true,
};

describe("did it do what it was due to do", () => {
  it("yes where all that was due succeeded, or nothing was due", () => {
    assert.deepEqual(decideDid(subject, [], [], true), {
      ...subject,
      ok: true,
      due: 0,
      succeeded: 0,
      occurrences: [],
    });
    assert.equal(decideDid(subject, [run, { ...run, id: "r2", dueAt: 20 }], [], true).ok, true);
  });

  it("no while one failed, was cancelled, runs or waits", () => {
    for (const state of ["failed", "cancelled", "running", "pending"] as const) {
      const { ok, due, succeeded } = decideDid(subject, [run, { ...run, state }], [], false);
      assert.deepEqual({ ok, due, succeeded }, { ok: false, due: 2, succeeded: 1 }, state);
    }
  });

  it("no where some was missed; what was passed over on purpose counts only if strict", () => {
    for (const reason of ["down", "late"] as const) {
      assert.equal(decideDid(subject, [run], [{ ...gap, reason }], false).ok, false, reason);
    }
    for (const reason of ["overlap", "paused", "edited", "blackout"] as const) {
      assert.equal(decideDid(subject, [run], [{ ...gap, reason }], false).ok, true, reason);
      assert.equal(decideDid(subject, [run], [{ ...gap, reason }], true).ok, false, reason);
    }
  });

  it("counts a gap by its row where it lies whole within, else by the rule of that day", () => {
    const damaged = { ...gap, count: 5 };
    assert.equal(decideDid(subject, [], [damaged], false).due, 5);
    assert.equal(decideDid(subject, [], [{ ...damaged, whole: false }], false).due, 2);
    const empty = { ...gap, dueAts: [], whole: false };
    assert.equal(decideDid(subject, [run], [empty], true).ok, true, "none of it is in the period");
  });

  it("lets a replay that succeeded decide, and names both runs", () => {
    const failed: DidRun = { ...run, state: "failed", reason: "exhausted", madeGoodBy: "r9" };
    const { ok, succeeded, occurrences } = decideDid(subject, [failed], [], true);
    assert.deepEqual({ ok, succeeded }, { ok: true, succeeded: 1 });
    assert.deepEqual(occurrences, [
      {
        dueAt: 10,
        schedule: "default",
        state: "succeeded",
        run: "r9",
        replayOf: "r1",
        reason: null,
      },
    ]);
  });

  it("tells occurrences in the order in which they were due", () => {
    const late = { ...run, id: "r3", dueAt: 25 };
    const { occurrences } = decideDid(subject, [late, run], [gap], false);
    assert.deepEqual(
      occurrences.map(({ dueAt, state }) => `${dueAt} ${state}`),
      ["10 succeeded", "20 gap", "25 succeeded", "30 gap"],
    );
  });
});

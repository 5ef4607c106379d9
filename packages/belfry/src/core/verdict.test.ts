import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isFinal, MOVES } from "./run.ts";
import { decideVerdict, LOSSES_MAX, type Outcome, retryDelayMs, type Tried } from "./verdict.ts";

const RETRY = { attempts: 3, waitMs: 10_000, maxMs: 900_000 };
const LEAST_ONCE = { retry: RETRY, delivery: "at-least-once" } as const;
const MOST_ONCE = { retry: { ...RETRY, attempts: 1 }, delivery: "at-most-once" } as const;
const FRESH: Tried = { tries: 0, losses: 0, deadlineAt: null, asked: null };
const NOW = 1_000_000;
const failed: Outcome = {
  kind: "failed",
  error: { message: "no route", code: "EHOSTUNREACH", stack: null },
  permanent: null,
  retryAt: null,
};

const decide = (
  tried: Partial<Tried>,
  outcome: Outcome,
  policies: typeof LEAST_ONCE | typeof MOST_ONCE = LEAST_ONCE,
) => decideVerdict({ ...FRESH, ...tried }, outcome, policies, NOW, 0);

describe("the verdict over an attempt", () => {
  it("counts the first attempt among `retry` attempts, and then the run is exhausted", () => {
    assert.equal(decide({ tries: 0 }, failed).move, "retry");
    assert.equal(decide({ tries: 1 }, failed).move, "retry");
    assert.deepEqual(decide({ tries: 2 }, failed), {
      move: "finish",
      state: "failed",
      reason: "exhausted",
    });
  });

  it("waits min(max, wait·2^(n−1)) × (0.5 … 1) before attempt n + 1", () => {
    assert.equal(retryDelayMs(RETRY, 1, 0), 5_000);
    assert.equal(retryDelayMs(RETRY, 1, 0.999_999), 10_000);
    assert.equal(retryDelayMs(RETRY, 3, 0), 20_000);
    assert.equal(retryDelayMs(RETRY, 30, 0.999_999), 900_000);
  });

  it("does not retry a permanent failure", () => {
    const verdict = decide({}, { ...failed, permanent: "invalid-payload" });
    assert.deepEqual(verdict, { move: "finish", state: "failed", reason: "invalid-payload" });
  });

  it("retries when the task asked to be, but not before now", () => {
    const later = decide({}, { ...failed, retryAt: NOW + 3_600_000 });
    assert.deepEqual(later, { move: "retry", readyAt: NOW + 3_600_000 });
    assert.deepEqual(decide({}, { ...failed, retryAt: 5 }), { move: "retry", readyAt: NOW });
  });

  it("tries a lost run again at once, and fails it at the third loss", () => {
    assert.deepEqual(decide({}, { kind: "lost" }), { move: "retry", readyAt: NOW });
    const last = decide({ losses: LOSSES_MAX - 1 }, { kind: "lost" });
    assert.deepEqual(last, { move: "finish", state: "failed", reason: "lost" });
  });

  it("does not count losses and interruptions against `retry`", () => {
    assert.equal(decide({ losses: 2, tries: 1 }, failed).move, "retry");
    assert.deepEqual(decide({ tries: 2 }, { kind: "interrupted" }), {
      move: "retry",
      readyAt: NOW,
    });
  });

  it("never starts a run again that may run at most once", () => {
    const reasons = (["lost", "interrupted"] as const).map((kind) =>
      decide({}, { kind }, MOST_ONCE),
    );
    assert.deepEqual(
      reasons.map((verdict) => verdict.move === "finish" && verdict.reason),
      ["lost", "interrupted"],
    );
    assert.equal(decide({}, failed, MOST_ONCE).move, "finish");
  });

  it("fails now a retry that would pass the deadline", () => {
    const verdict = decide({ deadlineAt: NOW + 1_000 }, failed);
    assert.deepEqual(verdict, { move: "finish", state: "failed", reason: "deadline" });
  });

  it("cancels what would be tried again although somebody asked it to end", () => {
    for (const outcome of [failed, { kind: "lost" }, { kind: "interrupted" }] as const) {
      const verdict = decide({ asked: "replaced" }, outcome);
      assert.deepEqual(verdict, { move: "finish", state: "cancelled", reason: "replaced" });
    }
  });

  it("lets what really ended first win over a wish to end", () => {
    const succeeded = decide({ asked: "cancelled" }, { kind: "succeeded", result: null });
    assert.deepEqual(succeeded, { move: "finish", state: "succeeded", reason: null });
    const exhausted = decide({ asked: "cancelled", tries: 2 }, failed);
    assert.equal(exhausted.move === "finish" && exhausted.state, "failed");
  });

  it("is total, and only makes moves that the table allows", () => {
    const outcomes: Outcome[] = [
      { kind: "succeeded", result: null },
      failed,
      { kind: "timed-out", limit: "timeout" },
      { kind: "timed-out", limit: "deadline" },
      { kind: "cancelled" },
      { kind: "lost" },
      { kind: "interrupted" },
    ];
    const tried = fc.record({
      tries: fc.nat(5),
      losses: fc.nat(4),
      deadlineAt: fc.option(fc.integer({ min: NOW - 10, max: NOW + 100_000 })),
      asked: fc.constantFrom(null, "cancelled" as const, "replaced" as const),
    });
    fc.assert(
      fc.property(tried, fc.constantFrom(...outcomes), fc.boolean(), (run, outcome, once) => {
        const verdict = decideVerdict(run, outcome, once ? MOST_ONCE : LEAST_ONCE, NOW, 0.5);
        const to = verdict.move === "retry" ? "pending" : verdict.state;
        assert.ok(MOVES.running.includes(to));
        if (verdict.move === "retry") assert.ok(verdict.readyAt >= NOW && !once);
      }),
    );
  });

  it("knows no move out of a final state", () => {
    assert.deepEqual((["succeeded", "failed", "cancelled"] as const).map(isFinal), [
      true,
      true,
      true,
    ]);
  });
});

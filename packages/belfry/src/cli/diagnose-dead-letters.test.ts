import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NOW, WAITING } from "./diagnose.fixture.ts";
import { diagnoseDeadLetters } from "./diagnose-dead-letters.ts";

const error = { message: "disk full\nat backup.ts:7", code: null, stack: null };
const failed = { ...WAITING, state: "failed", dueAt: NOW - 300_000, error } as const;

describe("a diagnosis of dead letters", () => {
  it("counts failed runs that nobody replayed, names the newest, and how to list and replay them", () => {
    assert.deepEqual(diagnoseDeadLetters(12, failed, NOW), [
      {
        check: "dead letters",
        verdict: "doubtful",
        message:
          "12 failed runs were never replayed, the newest is 019aa000-0000-7000-8000 of backup, due 5 min ago: disk full.",
        remedy:
          "belfry runs --unresolved lists them, belfry logs 019aa000-0000-7000-8000 tells more; " +
          "belfry replay 019aa000-0000-7000-8000 does it again. Those left go with `retention`.",
      },
    ]);
    const [one] = diagnoseDeadLetters(1, { ...failed, error: null }, NOW);
    assert.match(one?.message ?? "", /^1 failed run was never replayed, it is .* 5 min ago\.$/);
  });

  it("says nothing where there is none", () => {
    assert.deepEqual(diagnoseDeadLetters(0, undefined, NOW), []);
  });
});

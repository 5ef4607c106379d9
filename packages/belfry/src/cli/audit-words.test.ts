import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuditRow } from "../records.ts";
import { changeWords } from "./audit-words.ts";

const words = (before: unknown, after: unknown): readonly string[] => {
  const [old, now] = [before, after].map((side) => (side === null ? null : JSON.stringify(side)));
  const row: AuditRow = {
    seq: 1,
    at: 0,
    actor: "ann",
    what: "task.change",
    subject: "backup",
    task: "backup",
    before: old ?? null,
    after: now ?? null,
  };
  return changeWords(row, "Europe/London");
};

describe("a change, in words", () => {
  it("has a line for each member that is another now, named as people write it", () => {
    const before = { policies: { timeoutMs: null, retry: { attempts: 1 } }, owner: "ann" };
    const after = { policies: { timeoutMs: 90_000, retry: { attempts: 3 } }, owner: "ann" };
    assert.deepEqual(words(before, after), ["timeout: none → 1 min 30 s", "retry.attempts: 1 → 3"]);
  });

  it("tells instants with their zone and schedules by their expressions", () => {
    const part = { expression: "30 2 * * *", dialect: "unix", timeZone: "UTC", anchor: null };
    assert.deepEqual(words({ untilAt: null }, { untilAt: Date.UTC(2026, 6, 1, 12, 30) }), [
      "until: none → 2026-07-01 13:30 BST",
    ]);
    assert.deepEqual(words({ parts: [part] }, { parts: [{ ...part, expression: "0 4 * * *" }] }), [
      'parts: "30 2 * * *" (UTC) → "0 4 * * *" (UTC)',
    ]);
  });

  it("tells in one line what came or went as a whole, without what nobody said", () => {
    const task = { executor: "shell", owner: null, tags: [], policies: { catchUp: "latest" } };
    assert.deepEqual(words(null, task), ["+ executor shell, catchUp latest"]);
    assert.deepEqual(words(task, null), ["- executor shell, catchUp latest"]);
    assert.deepEqual(words(null, null), []);
  });

  it("shows what it does not know as it is", () => {
    assert.deepEqual(words(7, "seven"), ["7 → seven"]);
  });
});

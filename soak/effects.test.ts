import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Attempt } from "../packages/belfry/src/core/run.ts";
import type { RunRow } from "../packages/belfry/src/records.ts";
import { judgeEffects, readEffects } from "./effects.ts";

const lost = (number: number, fence: number): Attempt => ({
  number,
  node: "n",
  fence,
  outcome: "lost",
  startedAt: 0,
  endedAt: 1,
  exitCode: null,
  signal: null,
  error: null,
  logBytes: 0,
  logBytesDropped: 0,
});

const run = (over: Partial<RunRow>): RunRow => ({
  id: "r",
  task: "witness-1",
  schedule: null,
  scheduleKey: null,
  state: "succeeded",
  reason: null,
  trigger: { kind: "schedule", by: "s" },
  definition: "d",
  dueAt: 0,
  createdAt: 0,
  readyAt: 0,
  parked: null,
  gate: null,
  slot: false,
  startedAt: 0,
  endedAt: 1,
  deadlineAt: null,
  startBy: null,
  node: "n",
  fence: 6,
  asked: null,
  attempts: [lost(1, 5)],
  payload: null,
  result: null,
  error: null,
  report: null,
  progress: null,
  idempotencyKey: null,
  replayOf: null,
  ...over,
});

/** What is wrong where witnesses wrote these lines of these runs. */
function wrongOf(runs: readonly RunRow[], lines: readonly string[], forgetful = false): unknown {
  const folder = mkdtempSync(join(tmpdir(), "belfry-effects-"));
  try {
    const file = join(folder, "effects");
    writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
    return judgeEffects(runs, readEffects(file), forgetful);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const WHOLE = ["start r 1 5", "start r 2 6", "end r 2 6"];

describe("what witnesses did", () => {
  it("agrees with the store where a lost attempt was tried again", () => {
    assert.deepEqual(wrongOf([run({})], WHOLE), []);
  });

  it("disagrees where an attempt was made twice", () => {
    assert.deepEqual(wrongOf([run({})], [...WHOLE, "start r 2 6"]), [
      '"start r 2 6" happened 2 times',
    ]);
  });

  it("disagrees where an attempt is not the store's", () => {
    const wrong = ["witness-1 r started attempt 1 under a strange fence"];
    assert.deepEqual(wrongOf([run({ attempts: [] })], WHOLE), wrong);
    assert.deepEqual(wrongOf([run({ attempts: [] })], WHOLE, true), []);
  });

  it("disagrees where a success did not end, or only that of a stale attempt", () => {
    const wrong = ["witness-1 r is said to have succeeded and did not end"];
    assert.deepEqual(wrongOf([run({})], WHOLE.slice(0, 2)), wrong);
    assert.deepEqual(wrongOf([run({})], [...WHOLE.slice(0, 2), "end r 1 5"]), wrong);
  });

  it("disagrees where what may start once started twice", () => {
    const once = run({ task: "witness-once" });
    assert.deepEqual(wrongOf([once], WHOLE), ["witness-once r may start once and started 2 times"]);
  });

  it("leaves alone who writes nothing", () => {
    assert.deepEqual(wrongOf([run({ task: "quick-1" })], []), []);
  });
});

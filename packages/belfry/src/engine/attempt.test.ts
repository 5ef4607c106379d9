import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { Redactor } from "../core/redactor.ts";
import type { Executor } from "../executor.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { claimOne, definition, NOON, stage, triggerRun } from "../stores/store.fixture.ts";
import { Attempt, type EndedAttempt } from "./attempt.ts";

const tick = definition("tick", { executor: "counted" });

/** Performs an attempt that waits for an earlier one's code, then asks whether it may begin. */
async function performAfterWait(
  lives: () => Promise<boolean>,
): Promise<{ ended: EndedAttempt; starts: number }> {
  const store = new SqliteStore(":memory:");
  await stage(store, [tick]);
  await triggerRun(store, tick);
  const run = await claimOne(store, NOON, "n1");
  let starts = 0;
  const executor: Executor = {
    kind: "counted",
    execute: () => {
      starts++;
      const outcome = { kind: "succeeded", result: null } as const;
      const ended = Promise.resolve({ outcome, exitCode: null, signal: null });
      return { ended, lingering: null, stop() {} };
    },
    reclaim: async () => 0,
    close: async () => {},
  };
  const attempt = new Attempt({
    clock: new VirtualClock(NOON),
    store,
    run,
    definition: tick,
    work: { kind: "counted" },
    executor,
    output: { write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) },
    redactor: new Redactor(),
    lingering: Promise.resolve(),
    lives,
    onBegin() {},
    onNote() {},
  });
  const ended = await attempt.perform();
  await store.close();
  return { ended, starts };
}

describe("an attempt that waited for an earlier one's code to end", () => {
  it("begins if its node still lives", async () => {
    const { ended, starts } = await performAfterWait(async () => true);
    assert.deepEqual([starts, ended.outcome.kind], [1, "succeeded"]);
  });

  it("does not begin what others may have by now", async () => {
    const { ended, starts } = await performAfterWait(async () => false);
    assert.deepEqual([starts, ended.outcome.kind], [0, "lost"]);
  });

  it("hands its run back where nobody can say whose it is", async () => {
    const { ended, starts } = await performAfterWait(async () => {
      throw new Error("the store is away");
    });
    assert.deepEqual([starts, ended.outcome.kind], [0, "interrupted"]);
  });
});

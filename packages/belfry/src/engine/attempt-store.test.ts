import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError } from "../core/errors.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { claimOne, definition, NOON, stage, triggerRun } from "../stores/store.fixture.ts";
import { AttemptStore } from "./attempt-store.ts";

const sync = definition("sync");

function away(): BelfryError {
  return new BelfryError("unavailable", "store-unavailable", "It is away.");
}

interface Built {
  readonly kept: AttemptStore;
  readonly store: SqliteStore;
  /** Lets time pass until the promise is settled. @returns how long that took, ms. */
  passing(promise: Promise<unknown>): Promise<number>;
}

/** What an attempt keeps, in a store that fails so often by that error. */
async function build(failures: number, error: Error = away()): Promise<Built> {
  const clock = new VirtualClock(NOON);
  const store = new SqliteStore(":memory:");
  await stage(store, [sync]);
  await triggerRun(store, sync);
  const run = await claimOne(store, NOON);
  const save = store.saveCheckpoint.bind(store);
  let left = failures;
  store.saveCheckpoint = (...args) => (left-- > 0 ? Promise.reject(error) : save(...args));
  return {
    kept: new AttemptStore({ store, clock, run }),
    store,
    passing: async (promise) => {
      let settled = false;
      const end = (): void => {
        settled = true;
      };
      promise.then(end, end);
      for (;;) {
        await new Promise<void>((turn) => setImmediate(turn));
        if (settled) return clock.now() - NOON;
        clock.wakeNext(Number.POSITIVE_INFINITY);
      }
    },
  };
}

describe("what an attempt keeps in the store", () => {
  it("waits for the store where that is away, longer and longer up to two seconds", async () => {
    const { kept, store, passing } = await build(8);
    const saved = kept.saveCheckpoint('"half"');
    assert.equal(await passing(saved), 100 + 200 + 400 + 800 + 1_600 + 3 * 2_000);
    await saved;
    assert.equal(await kept.loadCheckpoint(), '"half"');
    await store.close();
  });

  it("is given up when the attempt is to end", async () => {
    const { kept } = await build(Infinity);
    const saved = kept.saveCheckpoint("1");
    await new Promise<void>((turn) => setImmediate(turn));
    kept.stop();
    await assert.rejects(saved, /It is away/);
    await assert.rejects(kept.saveCheckpoint("2"), /It is away/);
  });

  it("fails at once where waiting would not help", async () => {
    const { kept } = await build(1, new BelfryError("usage", "too-large", "It is too large."));
    await assert.rejects(kept.saveCheckpoint("1"), /too large/);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError } from "../core/errors.ts";
import type { Executor } from "../executor.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import {
  claimOne,
  definition,
  hashOf,
  joinNode,
  LEASE,
  NOON,
  SECOND,
  stage,
  triggerRun,
} from "../stores/store.fixture.ts";
import { Catalogue } from "./catalogue.ts";
import { ClockGuard } from "./clock-guard.ts";
import { Events } from "./events.ts";
import { Reaper } from "./reaper.ts";
import { settlerOn } from "./settler.fixture.ts";
import type { Settler } from "./settler.ts";

const sync = definition("sync");

/** One on a host of its own, which has only leases to go by. */
function watching(store: SqliteStore, clock: VirtualClock, events: Events): Reaper {
  return new Reaper({
    store,
    clock,
    catalogue: new Catalogue(store, [], []),
    executors: [],
    node: "other",
    host: "host",
    guard: new ClockGuard(clock, events),
    events,
    settler: settlerOn(store, clock, events),
    probe: async () => "unknown",
    leaseMs: LEASE,
  });
}

describe("the reaper", () => {
  it("ends what a dead node left running before its runs begin again, also where the kill's answer was lost", async () => {
    const clock = new VirtualClock(NOON);
    const store = new SqliteStore(":memory:");
    await stage(store, [sync]);
    const id = await triggerRun(store, sync);
    await claimOne(store, NOON);
    const kill = store.kill.bind(store);
    store.kill = async (...args) => {
      await kill(...args);
      throw new Error("the answer is lost");
    };
    const log: string[] = [];
    const executor: Executor = {
      kind: "function",
      execute: () => assert.fail("nothing is to be started"),
      reclaim: async (node) => {
        const run = await store.run(id);
        log.push(`${node} reclaimed while its run is ${run?.state}`);
        return 0;
      },
      close: async () => {},
    };
    const events = new Events();
    const settler: Settler = settlerOn(store, clock, events, () => void settler.step(clock.now()));
    const reaper = new Reaper({
      store,
      clock,
      catalogue: new Catalogue(
        store,
        [{ definition: sync, hash: hashOf(sync), work: { kind: "function" } }],
        [],
      ),
      executors: [executor],
      node: "other",
      host: "host",
      guard: new ClockGuard(clock, events),
      events,
      settler,
      probe: async () => "gone",
      leaseMs: LEASE,
    });
    await assert.rejects(reaper.step(NOON), /the answer is lost/);
    const second = reaper.step(NOON);
    do await new Promise<void>((turn) => setImmediate(turn));
    while (clock.wakeNext(NOON));
    await second;
    assert.deepEqual(new Set(log), new Set(["n1 reclaimed while its run is running"]));
    assert.equal(log.length, 2, "before the kill, and before its runs are taken");
    assert.equal((await store.run(id))?.state, "pending");
  });

  const afterAway = async (awayMs: number): Promise<string[]> => {
    const clock = new VirtualClock(NOON);
    const store = new SqliteStore(":memory:");
    await joinNode(store, "n1", [], NOON, LEASE);
    const peers = store.peers.bind(store);
    let isAway = false;
    store.peers = (node) =>
      isAway ? Promise.reject(new BelfryError("unavailable", "away", "It is away.")) : peers(node);
    const events = new Events();
    const told: string[] = [];
    events.on(({ kind }) => {
      if (kind === "dead") told.push(`${kind} after ${clock.now() - NOON - awayMs} ms`);
    });
    const reaper = watching(store, clock, events);
    const stepUntil = async (at: number): Promise<void> => {
      while (clock.now() < at) {
        clock.schedule(clock.now() + SECOND, () => {});
        clock.wakeNext(at);
        await reaper.step(clock.now()).catch(() => {});
      }
    };
    isAway = true;
    await stepUntil(NOON + awayMs);
    isAway = false;
    await stepUntil(NOON + awayMs + 3 * LEASE);
    return told;
  };

  it("looks as soon as a lease has ended, and leaves its node a moment to renew it late", async () => {
    const clock = new VirtualClock(NOON);
    const store = new SqliteStore(":memory:");
    await joinNode(store, "n1", [], NOON, LEASE);
    const reaper = watching(store, clock, new Events());
    const endsAt = NOON + LEASE;
    const step = async (
      at: number,
    ): Promise<readonly [next: number, state: string | undefined]> => {
      clock.wakeNext(at);
      return [(await reaper.step(at)) - endsAt, (await store.nodes())[0]?.state];
    };
    assert.deepEqual(await step(endsAt - 2_000), [-1_000, "alive"]);
    assert.deepEqual(await step(endsAt - 400), [251, "alive"]);
    assert.deepEqual(await step(endsAt + 250), [251, "alive"]);
    assert.deepEqual(await step(endsAt + 251), [1_251, "dead"]);
  });

  it("gives whoever lives a full lease from when the store is back", async () => {
    assert.deepEqual(await afterAway(2 * LEASE), [`dead after ${LEASE + SECOND} ms`]);
  });

  it("loses no time for a store that was away for less than it takes to lose a lease", async () => {
    assert.deepEqual(await afterAway(5 * SECOND), [`dead after ${LEASE - 4 * SECOND} ms`]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../clock.ts";
import { VirtualClock } from "../clocks/virtual.ts";
import { Redactor } from "../core/redactor.ts";
import type { Executor } from "../executor.ts";
import type { ClaimedRun } from "../records.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { claimDue, definition, hashOf, NOON, request, stage } from "../stores/store.fixture.ts";
import { Catalogue } from "./catalogue.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Events } from "./events.ts";
import { Settler } from "./settler.ts";

const tick = definition("tick", { executor: "counted", policies: { delivery: "at-most-once" } });

interface Started {
  readonly dispatcher: Dispatcher;
  readonly starts: string[];
  readonly runs: readonly ClaimedRun[];
}

/** Delivers three claimed runs to a dispatcher on whose clock each start takes a whole slice. */
async function deliver(lives: () => Promise<boolean>): Promise<Started> {
  const store = new SqliteStore(":memory:");
  await stage(store, [tick]);
  await store.trigger([request(tick), request(tick), request(tick)], NOON);
  const runs = await claimDue(store, NOON);
  const virtual = new VirtualClock(NOON);
  let passed = 0;
  const clock: Clock = {
    now: () => virtual.now(),
    monotonic: () => passed++ * 10,
    schedule: (_at, wake) => {
      const timer = setImmediate(wake);
      return () => clearImmediate(timer);
    },
  };
  const starts: string[] = [];
  const executor: Executor = {
    kind: "counted",
    execute: (_work, { run }) => {
      starts.push(run);
      return { ended: new Promise(() => {}), lingering: null, stop() {} };
    },
    reclaim: async () => 0,
    close: async () => {},
  };
  const carried = [{ definition: tick, hash: hashOf(tick), work: { kind: "counted" } }];
  const events = new Events();
  const hooks = { wake() {}, onOutbox() {}, rush: () => false, onSettled() {} };
  const dispatcher = new Dispatcher({
    ...hooks,
    store,
    clock,
    catalogue: new Catalogue(store, carried, []),
    executors: new Map([["counted", executor]]),
    node: "n1",
    concurrency: 10,
    pace: 1,
    duty: "serve",
    settler: new Settler({ ...hooks, store, clock, random: () => 0, events }),
    events,
    entropy: () => "0".repeat(32),
    output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
    redactor: new Redactor(),
    lives,
    lingering: new Map(),
    onStart: null,
    onWorking() {},
  });
  await dispatcher.deliver(Promise.resolve(runs));
  return { dispatcher, starts, runs };
}

async function turns(until: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !until(); turn++) {
    await new Promise<void>((go) => setImmediate(go));
  }
}

describe("claimed runs that start in slices", () => {
  it("all start while the lease holds", async () => {
    const { dispatcher, starts, runs } = await deliver(async () => true);
    await turns(() => starts.length === runs.length);
    assert.deepEqual(
      starts,
      runs.map(({ id }) => id),
    );
    assert.equal(dispatcher.running, 3);
  });

  it("are others' once the lease has run out between two slices", async () => {
    let asked = 0;
    const { dispatcher, starts, runs } = await deliver(async () => asked++ < 1);
    await turns(() => dispatcher.running === 1);
    assert.deepEqual(starts, [runs[0]?.id]);
    assert.equal(dispatcher.running, 1);
  });

  it("wait while nobody can say whether the lease holds", async () => {
    let asked = 0;
    const { starts, runs } = await deliver(async () => {
      asked += 1;
      if (asked === 2 || asked === 3) throw new Error("the store is away");
      return true;
    });
    await turns(() => starts.length === runs.length);
    assert.equal(starts.length, 3);
    assert.ok(asked >= 4);
  });
});

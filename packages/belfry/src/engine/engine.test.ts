import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { Engine } from "./engine.ts";
import { EngineLease } from "./lease.ts";

const HOUR = 3_600_000;

/** An engine on a store whose `join` fails as often as told. */
function build(): {
  engine: Engine;
  store: SqliteStore;
  refuse: (times: number) => void;
  pass: (ms: number) => Promise<void>;
} {
  const clock = new VirtualClock(0);
  const store = new SqliteStore(":memory:");
  const join = store.join.bind(store);
  let refusals = 0;
  store.join = (...args) => {
    if (refusals === 0) return join(...args);
    refusals -= 1;
    return Promise.reject(new Error("the store is away"));
  };
  let nodes = 0;
  const engine = new Engine({
    store,
    logs: {
      append: async () => {},
      read: async () => ({ lines: [], cursor: null }),
      prune: async () => {},
      close: async () => {},
    },
    clock,
    random: () => 0.5,
    entropy: () => `${nodes++}`.padEnd(32, "0"),
    lease: () => new EngineLease(store, clock),
    executors: () => new Map(),
    only: null,
    output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
    settings: {
      leaseMs: 30_000,
      renewMs: 10_000,
      concurrency: 1,
      retention: { historyMs: HOUR, logsMs: HOUR },
    },
    host: "here",
    pid: 1,
    version: "0",
    by: "test",
  });
  const pass = async (ms: number): Promise<void> => {
    const until = clock.now() + ms;
    do await new Promise<void>((turn) => setImmediate(turn));
    while (clock.wakeNext(until));
  };
  const refuse = (times: number): void => {
    refusals = times;
  };
  return { engine, store, refuse, pass };
}

describe("an engine", () => {
  it("puts another node in a dead one's place, however long the store is away", async () => {
    const { engine, store, refuse, pass } = build();
    await engine.start({ tasks: [], releases: [] });
    const first = engine.node ?? "";
    await store.kill(first, "proven", 0);
    refuse(3);
    await pass(60_000);
    assert.notEqual(engine.node, null);
    assert.notEqual(engine.node, first);
    const alive = (await store.nodes()).filter(({ state }) => state === "alive");
    assert.deepEqual(
      alive.map(({ id }) => id),
      [engine.node],
    );
  });

  it("stays stopped where it is stopped before another node could be had", async () => {
    const { engine, store, refuse, pass } = build();
    await engine.start({ tasks: [], releases: [] });
    await store.kill(engine.node ?? "", "proven", 0);
    refuse(Infinity);
    await pass(20_000);
    await engine.stop(0);
    refuse(0);
    await pass(60_000);
    assert.equal(engine.node, null);
  });

  it("can be started again after a start that failed, and leaves nothing of that one behind", async () => {
    const { engine, refuse, pass } = build();
    refuse(1);
    await assert.rejects(engine.start({ tasks: [], releases: [] }), /the store is away/);
    assert.equal(engine.node, null);
    await engine.start({ tasks: [], releases: [] });
    await pass(60_000);
    assert.notEqual(engine.node, null);
    await engine.stop(0);
  });
});

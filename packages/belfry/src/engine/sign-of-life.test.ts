import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import type { NodeHeartbeat } from "../records.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { joinNode, NOON } from "../stores/store.fixture.ts";
import { Events } from "./events.ts";
import { Loop } from "./loop.ts";
import { SignOfLife } from "./sign-of-life.ts";

const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function setup() {
  const clock = new VirtualClock(NOON);
  const store = new SqliteStore(":memory:");
  await joinNode(store, "n1", []);
  const world = {
    hindrance: null as string | null,
    ping: (_signal: AbortSignal): Promise<void> => Promise.resolve(),
  };
  const pings: number[] = [];
  const troubles: string[] = [];
  const events = new Events();
  events.on((event) => {
    if (event.kind === "trouble") troubles.push(String(event.error));
  });
  const service = new SignOfLife({
    clock,
    store,
    events,
    node: "n1",
    hindrance: () => world.hindrance,
    ping: (signal) => {
      pings.push(clock.now() - NOON);
      return world.ping(signal);
    },
  });
  const loop = new Loop(service, { clock, random: () => 0.5, pace: 1, onError: assert.fail });
  const pass = async (ms: number): Promise<void> => {
    const until = clock.now() + ms;
    do await quiet();
    while (clock.wakeNext(until));
  };
  const row = async (): Promise<NodeHeartbeat | null> => {
    const [node] = await store.nodes();
    return node?.heartbeat ?? null;
  };
  return { world, clock, pings, troubles, service, loop, pass, row };
}

describe("a node's sign of life", () => {
  it("goes out at once and then each minute, and the store knows it", async () => {
    const { pings, loop, pass, row } = await setup();
    loop.wake();
    await pass(150_000);
    assert.deepEqual(pings, [0, 60_000, 120_000]);
    assert.deepEqual(await row(), { heardAt: NOON + 120_000, failedAt: null, error: null });
  });

  it("is not given while something keeps the node from working, and says what", async () => {
    const { world, pings, troubles, loop, pass, row } = await setup();
    loop.wake();
    await pass(50_000);
    world.hindrance = "its planner has not got on for 31 s";
    await pass(50_000);
    assert.deepEqual(pings, [0]);
    assert.deepEqual(await row(), {
      heardAt: NOON,
      failedAt: NOON + 90_000,
      error: "its planner has not got on for 31 s",
    });
    assert.equal(troubles.length, 3);
    world.hindrance = null;
    await pass(10_000);
    assert.deepEqual(pings, [0, 105_000], "soon after it works again");
  });

  it("that is not heard is given again soon, and says why", async () => {
    const { world, pings, troubles, loop, pass, row } = await setup();
    world.ping = () => Promise.reject(new Error("hc-ping.com answered 404"));
    loop.wake();
    await pass(20_000);
    assert.deepEqual(pings, [0, 15_000]);
    const failed = { heardAt: null, failedAt: NOON + 15_000, error: "hc-ping.com answered 404" };
    assert.deepEqual(await row(), failed);
    assert.deepEqual(troubles, Array(2).fill("hc-ping.com answered 404"));
  });

  it("is given up where no answer comes, and when the node ends", async () => {
    const { world, loop, service, pass, pings, row } = await setup();
    world.ping = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("no answer")), { once: true });
      });
    loop.wake();
    await pass(12_000);
    assert.equal((await row())?.error, "no answer");
    await pass(5_000);
    assert.equal(pings.length, 2, "the second is on its way");
    service.close();
    await loop.stop();
    assert.equal((await row())?.failedAt, NOON, "that it was given up is no failure");
  });
});

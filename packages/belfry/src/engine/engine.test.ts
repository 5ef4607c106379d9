import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { Redactor } from "../core/redactor.ts";
import type { Executor } from "../executor.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import {
  claimOne,
  definition,
  hashOf,
  joinNode,
  NOON,
  release,
  triggerRun,
} from "../stores/store.fixture.ts";
import { VirtualProcess } from "../testing/virtual-process.ts";
import { Engine } from "./engine.ts";
import { EngineLease } from "./lease.ts";
import { NO_OUTLETS } from "./outlets.ts";

const HOUR = 3_600_000;

interface Built {
  readonly engine: Engine;
  readonly process: VirtualProcess;
  readonly store: SqliteStore;
  /** Runs whose code was started. */
  readonly started: string[];
  /** When the node's own watcher heard of it. */
  readonly signs: number[];
  /** How often the store is yet to fail. */
  readonly refusals: { join: number; definitions: number };
  /** What an answer that gave something claimed waits for. */
  claimed: Promise<void>;
  pass(ms: number): Promise<void>;
}

const tick = definition("tick", { executor: "counted" });
const carried = {
  tasks: [{ definition: tick, hash: hashOf(tick), work: { kind: "counted" } }],
  releases: [release([tick])],
};

/** An engine on a store that fails as often as told. */
function build(): Built {
  const base = new VirtualClock(0);
  const process = new VirtualProcess({
    name: "node",
    host: "here",
    base,
    offsetMs: 0,
    stirred() {},
  });
  const { clock } = process;
  const store = new SqliteStore(":memory:");
  const refusals = { join: 0, definitions: 0 };
  const started: string[] = [];
  const signs: number[] = [];
  const { join, definitions, claim, plan } = bound(store);
  store.join = (...args) => (refusals.join-- > 0 ? away() : join(...args));
  store.definitions = (...args) => (refusals.definitions-- > 0 ? away() : definitions(...args));
  store.claim = async (...args) => {
    const answer = await claim(...args);
    if (answer.runs.length > 0) await built.claimed;
    return answer;
  };
  store.plan = async (...args) => {
    const planned = await plan(...args);
    if (planned.some(({ claimed }) => claimed.length > 0)) await built.claimed;
    return planned;
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
    executors: () => new Map([["counted", counting(started)]]),
    outlets: { ...NO_OUTLETS, alive: async () => void signs.push(clock.now()) },
    duty: "serve",
    output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
    redactor: new Redactor(),
    settings: {
      leaseMs: 30_000,
      renewMs: 10_000,
      concurrency: 1,
      tags: [],
      retention: { historyMs: HOUR, logsMs: HOUR },
    },
    host: "here",
    pid: 1,
    version: "0",
    http: null,
    by: "test",
  });
  const pass = async (ms: number): Promise<void> => {
    const until = base.now() + ms;
    do await new Promise<void>((turn) => setImmediate(turn));
    while (base.wakeNext(until));
  };
  const built: Built = {
    engine,
    process,
    store,
    started,
    signs,
    refusals,
    claimed: Promise.resolve(),
    pass,
  };
  return built;
}

function bound(store: SqliteStore): Pick<SqliteStore, "join" | "definitions" | "claim" | "plan"> {
  return {
    join: store.join.bind(store),
    definitions: store.definitions.bind(store),
    claim: store.claim.bind(store),
    plan: store.plan.bind(store),
  };
}

/** Whoever plans so has to claim by itself. */
function withoutClaim(store: SqliteStore): SqliteStore["plan"] {
  const plan = store.plan.bind(store);
  return (plans, now) => plan(plans, now);
}

function reads(store: SqliteStore): Pick<SqliteStore, "upcoming" | "orphans"> {
  return { upcoming: store.upcoming.bind(store), orphans: store.orphans.bind(store) };
}

function away(): Promise<never> {
  return Promise.reject(new Error("the store is away"));
}

function counting(started: string[]): Executor {
  return {
    kind: "counted",
    execute: (_work, { run }) => {
      started.push(run);
      const outcome = { kind: "succeeded", result: null } as const;
      return {
        ended: Promise.resolve({ outcome, exitCode: null, signal: null }),
        lingering: null,
        stop() {},
      };
    },
    reclaim: async () => 0,
    close: async () => {},
  };
}

describe("an engine", () => {
  it("puts another node in a dead one's place, however long the store is away", async () => {
    const { engine, store, refusals, pass } = build();
    await engine.start({ tasks: [], releases: [] });
    const first = engine.node ?? "";
    await store.kill(first, "proven", 0, "killer");
    refusals.join = 3;
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
    const { engine, store, refusals, pass } = build();
    await engine.start({ tasks: [], releases: [] });
    await store.kill(engine.node ?? "", "proven", 0, "killer");
    refusals.join = Infinity;
    await pass(20_000);
    await engine.stop(0);
    refusals.join = 0;
    await pass(60_000);
    assert.equal(engine.node, null);
  });

  it("can be started again after a start that failed, and leaves nothing of that one behind", async () => {
    const { engine, refusals, pass } = build();
    refusals.join = 1;
    await assert.rejects(engine.start({ tasks: [], releases: [] }), /the store is away/);
    assert.equal(engine.node, null);
    await engine.start({ tasks: [], releases: [] });
    await pass(60_000);
    assert.notEqual(engine.node, null);
    await engine.stop(0);
  });

  it("starts nothing whose claim was answered after its node had been declared dead", async () => {
    const built = build();
    const { engine, store, started, pass } = built;
    await engine.start(carried);
    const node = engine.node ?? "";
    const answer = Promise.withResolvers<void>();
    built.claimed = answer.promise;
    await pass(60_000);
    assert.equal((await store.nodes())[0]?.running, 1);
    store.renew = away;
    await pass(60_000);
    assert.equal(await store.kill(node, "expired", 120_000, "killer"), "killed");
    store.renew = async () => ({ alive: false, draining: false, wishes: [] });
    answer.resolve();
    await pass(0);
    assert.deepEqual(started, []);
  });

  it("starts what was claimed along with its plan although the answer was lost", async () => {
    const { engine, store, started, pass } = build();
    const plan = store.plan.bind(store);
    let lost = 1;
    store.plan = async (...args) => {
      const planned = await plan(...args);
      return lost-- > 0 ? away() : planned;
    };
    await engine.start(carried);
    await pass(61_000);
    assert.equal(started.length, 1);
    assert.equal((await store.runs({ limit: 1 }))[0]?.state, "succeeded");
  });

  it("runs again what the store has forgotten the end of", async () => {
    const { engine, store, started, pass } = build();
    const settle = store.settle.bind(store);
    let forgotten = 1;
    store.settle = async (...args) =>
      forgotten-- > 0 ? { answers: args[0].map(() => "settled"), steps: [] } : settle(...args);
    await engine.start(carried);
    await pass(61_000);
    assert.equal((await store.runs({ limit: 1 }))[0]?.state, "running");
    await pass(25_000);
    const run = await store.run(started[0] ?? "");
    assert.equal(run?.state, "succeeded");
    assert.deepEqual(
      run.attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
  });

  it("gives back nothing that a claim has yet to hand it, however long that takes", async () => {
    const built = build();
    const answer = Promise.withResolvers<void>();
    built.claimed = answer.promise;
    await built.engine.start(carried);
    await built.pass(110_000);
    answer.resolve();
    await built.pass(0);
    const [run] = await built.store.runs({ limit: 1 });
    assert.deepEqual([run?.state, run?.attempts.length], ["succeeded", 1]);
  });

  it("starts what it claimed although the store went away before it knew the definition", async () => {
    const { engine, store, started, refusals, pass } = build();
    const old = definition("tick", { executor: "counted", description: "of another release" });
    await store.publish(release([old], "old"), [{ hash: hashOf(old), body: old }], 0);
    await engine.start(carried);
    const run = {
      id: "01000000-0000-7000-8000-000000000000",
      task: "tick",
      definition: hashOf(old),
      trigger: { kind: "manual", by: "ann" },
      dueAt: 0,
      payload: null,
      idempotencyKey: null,
      gate: null,
      deadlineAt: null,
      replayOf: null,
      force: false,
    } as const;
    await store.trigger([run], 0);
    refusals.definitions = 2;
    await pass(30_000);
    assert.deepEqual(started, [run.id]);
  });

  it("carries other tasks after a reload, and so does a node that comes in its place", async () => {
    const { engine, store, started, pass } = build();
    await engine.start(carried);
    const tock = definition("tock", { executor: "counted" });
    await engine.reload({
      tasks: [{ definition: tock, hash: hashOf(tock), work: { kind: "counted" } }],
      releases: [release([tock])],
    });
    await pass(60_000);
    await store.kill(engine.node ?? "", "proven", 60_000, "killer");
    await pass(60_000);
    assert.equal(started.length, 2);
    const runs = await store.runs({ limit: 10 });
    assert.deepEqual(
      runs.map(({ task, dueAt }) => [task, dueAt]),
      [
        ["tock", 120_000],
        ["tock", 60_000],
      ],
    );
    const tasks = await store.tasks(null);
    assert.deepEqual(
      tasks.filter(({ enabled }) => enabled).map(({ name }) => name),
      ["tock"],
    );
  });

  it("claims at once where it hears that runs wait, and reads ahead anew where it hears of more", async () => {
    const { engine, store, started, pass } = build();
    const { upcoming } = reads(store);
    let readings = 0;
    store.upcoming = (...args) => {
      readings += 1;
      return upcoming(...args);
    };
    await engine.start(carried);
    await pass(1_000);
    const before = readings;
    await triggerRun(store, tick, { dueAt: 0 }, 1_000);
    engine.hint("runs");
    await pass(0);
    assert.equal(started.length, 1);
    assert.equal(readings, before);
    engine.hint("anything");
    await pass(0);
    assert.equal(readings, before + 1);
  });

  for (const verb of ["claim", "plan"] as const) {
    it(`hands back at once what a ${verb} took whose answer is lost while it ends`, async () => {
      const built = build();
      const { engine, store, started, pass } = built;
      await engine.start(carried);
      if (verb === "claim") store.plan = withoutClaim(store);
      const answer = Promise.withResolvers<void>();
      built.claimed = answer.promise;
      await pass(60_000);
      assert.equal((await store.nodes())[0]?.running, 1);
      const stopping = engine.stop(0);
      built.claimed = Promise.resolve();
      answer.reject(new Error("the line was cut"));
      await pass(1_000);
      await stopping;
      const [run] = await store.runs({ limit: 1 });
      assert.deepEqual(
        [run?.state, run?.attempts.map(({ outcome }) => outcome), started],
        ["pending", ["interrupted"], []],
      );
    });
  }

  it("ends although nobody can say what its last claim took", async () => {
    const built = build();
    const { engine, store, pass } = built;
    await engine.start(carried);
    const answer = Promise.withResolvers<void>();
    built.claimed = answer.promise;
    await pass(60_000);
    store.claim = away;
    let ended = false;
    const stopping = engine.stop(0).then(() => {
      ended = true;
    });
    answer.reject(new Error("the line was cut"));
    await pass(6_000);
    assert.equal(ended, true);
    await stopping;
  });

  it("ends although the store went away while it recovered a dead node's runs", async () => {
    const { engine, store, pass } = build();
    await engine.start(carried);
    await joinNode(store, "dead", [release([tick])], NOON);
    await triggerRun(store, tick);
    await claimOne(store, NOON, "dead");
    await store.kill("dead", "proven", NOON, "killer");
    store.settle = away;
    await pass(15_000);
    let ended = false;
    const stopping = engine.stop(0).then(() => {
      ended = true;
    });
    await pass(120_000);
    assert.equal(ended, true);
    await stopping;
  });

  it("gives its watcher a sign of life each minute, and none while it only seems to live", async () => {
    const { engine, process, store, signs, pass } = build();
    await engine.start(carried);
    await pass(140_000);
    assert.deepEqual(signs, [0, 60_000, 120_000]);
    const { upcoming } = reads(store);
    store.upcoming = away;
    await pass(300_000);
    assert.deepEqual(signs, [0, 60_000, 120_000], "nothing can be planned");
    store.upcoming = upcoming;
    await pass(60_000);
    assert.ok(signs.length >= 4);
    const last = signs.length;
    process.jump(-7_200_000);
    await pass(55_000);
    assert.equal(signs.length, last, "the clock is not believed");
    const node = engine.node ?? "";
    assert.ok((await store.nodes()).some(({ id, heartbeat }) => id === node && heartbeat !== null));
    await engine.stop(0);
    await pass(300_000);
    assert.equal(signs.length, last);
  });

  it("looks around again soon after its clock was set back by half an hour", async () => {
    const { engine, process, store, pass } = build();
    await engine.start(carried);
    await pass(30_000);
    const asked: string[] = [];
    const { upcoming, orphans } = reads(store);
    store.upcoming = (...args) => {
      asked.push("upcoming");
      return upcoming(...args);
    };
    store.orphans = (...args) => {
      asked.push("orphans");
      return orphans(...args);
    };
    process.jump(-1_800_000);
    await pass(80_000);
    assert.deepEqual(new Set(asked), new Set(["orphans", "upcoming"]));
  });
});

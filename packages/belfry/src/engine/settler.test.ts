import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError } from "../core/errors.ts";
import type { ClaimedRun } from "../records.ts";
import type { Settled, Settlement } from "../store.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { definition, POLICIES } from "../stores/store.fixture.ts";
import { type EndedAttempt, unperformed } from "./attempt.ts";
import { type EngineEvent, Events } from "./events.ts";

import { Settler } from "./settler.ts";

/** A store whose settling is the test's own. */
class Counter extends SqliteStore {
  readonly batches: string[][] = [];
  readonly #settle: (run: string) => "settled" | "stale";

  constructor(settle: (run: string) => "settled" | "stale") {
    super(":memory:");
    this.#settle = settle;
  }

  override async settle(settlements: readonly Settlement[]): Promise<Settled> {
    this.batches.push(settlements.map(({ run }) => run));
    return { answers: settlements.map(({ run }) => this.#settle(run)), steps: [] };
  }
}

function setup(settle: (run: string) => "settled" | "stale", rush: () => boolean = () => false) {
  const clock = new VirtualClock(1_000);
  const events = new Events();
  const told: EngineEvent[] = [];
  events.on((event) => told.push(event));
  const store = new Counter(settle);
  const nothing = (): void => {};
  const options = { store, clock, events, random: () => 0, rush };
  const callbacks = { wake: nothing, onSettled: nothing, onOutbox: nothing };
  return { store, told, clock, settler: new Settler({ ...options, ...callbacks }) };
}

function ended(id: string): EndedAttempt {
  const run = { id, task: "t", node: "n", fence: 1, startedAt: 0, attempts: [], asked: null };
  const policies = { delivery: "at-most-once", retry: { ...POLICIES.retry, attempts: 1 } } as const;
  // Only what settling looks at.
  const claimed = { gate: null, deadlineAt: null, ...run } as Partial<ClaimedRun> as ClaimedRun;
  return unperformed(claimed, definition("t", { policies }), { kind: "lost" }, 1_000);
}

describe("the settler", () => {
  it("writes what came together in one batch", async () => {
    const { settler, store } = setup(() => "settled");
    settler.settle(ended("a"));
    settler.settle(ended("b"));
    await settler.step(1_000);
    assert.deepEqual(store.batches, [["a", "b"]]);
    assert.equal(settler.backlog, 0);
  });

  it("makes way for schedules that are due, for a quarter of a second at most", async () => {
    const { settler, store, clock } = setup(
      () => "settled",
      () => true,
    );
    settler.settle(ended("a"));
    assert.equal(await settler.step(1_000), 1_005);
    assert.deepEqual(store.batches, []);
    clock.schedule(1_250, () => {});
    while (clock.wakeNext(1_250));
    await settler.step(1_250);
    assert.deepEqual(store.batches, [["a"]]);
  });

  it("keeps outcomes while the store is away", async () => {
    let away = true;
    const { settler } = setup(() => {
      if (away) throw new BelfryError("unavailable", "away", "The store is away.");
      return "settled";
    });
    settler.settle(ended("a"));
    await assert.rejects(settler.step(1_000));
    assert.equal(settler.backlog, 1);
    away = false;
    await settler.step(2_000);
    assert.equal(settler.backlog, 0);
  });

  it("gives up the one outcome that the store refuses, names it, and writes the others", async () => {
    const { settler, store, told } = setup((run) => {
      if (run === "bad") throw new Error("constraint failed");
      return "settled";
    });
    for (const id of ["a", "bad", "c"]) settler.settle(ended(id));
    await settler.step(1_000);
    assert.deepEqual(store.batches, [["a", "bad", "c"], ["a"], ["bad"], ["c"]]);
    assert.equal(settler.backlog, 0);
    const troubles = told.flatMap((event) => (event.kind === "trouble" ? [event.service] : []));
    assert.deepEqual(troubles, ["settler (run bad)"]);
    assert.equal(told.filter(({ kind }) => kind === "ended").length, 2);
  });
});

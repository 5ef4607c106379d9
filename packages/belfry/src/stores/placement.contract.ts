import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Definition, Release } from "../core/definition.ts";
import type { Store } from "../store.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  comesDue,
  DAY,
  declare,
  definition,
  dueSchedule,
  HOUR,
  joinNode,
  LEASE,
  MINUTE,
  NOON,
  planOf,
  release,
  runOf,
  SUCCEEDED,
  settleOne,
  triggerRun,
} from "./store.fixture.ts";

const render = definition("render", { policies: { runsOn: ["eu", "gpu"] } });
const sync = definition("sync");
const BOTH = [render, sync];

/** A node without tags, and with them one that has some. */
async function stageFleet(store: Store, tags: readonly string[]): Promise<Release> {
  const { release: made } = await declare(store, BOTH);
  await joinNode(store, "plain", [made]);
  await joinNode(store, "special", [made], NOON, DAY, tags);
  return made;
}

async function claimedTasks(store: Store, node: string, now: number): Promise<readonly string[]> {
  return (await claimDue(store, now, { node })).map(({ task }) => task).sort();
}

async function placesOf(store: Store, name: string): Promise<unknown> {
  const [row] = await store.tasks(name);
  return { carriers: row?.carriers, unplaced: row?.unplaced };
}

function asking(runsOn: readonly string[]): readonly Definition[] {
  return [definition("render", { policies: { runsOn } }), sync];
}

export function placementContract(open: Open): void {
  describe("placement", () => {
    it(
      "lets only nodes claim a task that have all tags it runs on",
      withStore(open, async (store) => {
        await stageFleet(store, ["eu", "gpu", "ssd"]);
        await joinNode(store, "half", [release(BOTH)], NOON, DAY, ["gpu"]);
        assert.deepEqual(await placesOf(store, "render"), {
          carriers: ["special"],
          unplaced: ["half", "plain"],
        });
        await triggerRun(store, render);
        await triggerRun(store, render);
        await triggerRun(store, sync);
        assert.deepEqual(await claimedTasks(store, "half", NOON), ["sync"]);
        assert.deepEqual(await claimedTasks(store, "plain", NOON), []);
        assert.deepEqual(await claimedTasks(store, "special", NOON), ["render", "render"]);
      }),
    );

    it(
      "has any node with the code plan it, and leaves the start to the one with its tags",
      withStore(open, async (store) => {
        await stageFleet(store, ["eu", "gpu"]);
        const until = NOON + HOUR;
        const due = await store.upcoming({ node: "plain", until, after: null, limit: 10 });
        assert.deepEqual(due.map(({ task }) => task).sort(), ["render", "sync"]);
        const now = NOON + MINUTE;
        const plan = planOf(await dueSchedule(store, "render"), render, [{ dueAt: now }]);
        const claim = { node: "plain", claimId: "c1", limit: 10 };
        const [planned] = await store.plan([plan], now, claim);
        assert.equal(planned?.answer, "planned");
        assert.deepEqual(planned?.claimed, []);
        assert.deepEqual(await claimedTasks(store, "special", now), ["render"]);
      }),
    );

    it(
      "lets the node that plans it start it at once where it has the tags",
      withStore(open, async (store) => {
        await stageFleet(store, ["eu", "gpu"]);
        const now = NOON + MINUTE;
        const plan = planOf(await dueSchedule(store, "render"), render, [{ dueAt: now }]);
        const [planned] = await store.plan([plan], now, {
          node: "special",
          claimId: "c1",
          limit: 10,
        });
        assert.deepEqual(
          planned?.claimed.map(({ task }) => task),
          ["render"],
        );
      }),
    );

    it(
      "parks what no living node has the tags for, and frees it when one comes",
      withStore(open, async (store) => {
        const made = await stageFleet(store, ["gpu"]);
        const { id } = await comesDue(store, render, NOON + MINUTE);
        assert.equal(await store.parkUncarried(NOON + MINUTE), 1);
        assert.equal((await runOf(store, id)).parked, "code");
        await joinNode(store, "late", [made], NOON + MINUTE, DAY, ["gpu", "eu"]);
        const [run] = await claimDue(store, NOON + MINUTE, { node: "late" });
        assert.equal(run?.id, id);
      }),
    );

    it(
      "goes by the definition in force: a release that asks for other tags moves what waits",
      withStore(open, async (store) => {
        const made = await stageFleet(store, ["gpu"]);
        const id = await triggerRun(store, render);
        await store.parkUncarried(NOON);
        const freed = await declare(store, asking(["gpu"]));
        await store.carry("special", [freed.release], NOON);
        assert.deepEqual(await placesOf(store, "render"), {
          carriers: ["special"],
          unplaced: ["plain"],
        });
        const [run] = await claimDue(store, NOON, { node: "special" });
        assert.equal(run?.id, id);
        assert.deepEqual(
          (await store.nodes()).find((node) => node.id === "plain")?.releases,
          [{ source: made.source, hash: made.hash }],
          "a node that still carries the old release goes by the new one",
        );
        await declare(store, asking([]));
        assert.deepEqual(await placesOf(store, "render"), {
          carriers: ["plain", "special"],
          unplaced: [],
        });
      }),
    );

    it(
      "keeps its place when a task has come from another source",
      withStore(open, async (store) => {
        await stageFleet(store, ["gpu", "eu"]);
        await declare(store, [sync]);
        const { release: other } = await declare(store, [render], { source: "farm" });
        await joinNode(store, "farmer", [other]);
        assert.deepEqual(await placesOf(store, "render"), { carriers: [], unplaced: ["farmer"] });
      }),
    );
  });

  describe("draining", () => {
    it(
      "gives a node no new work, has it plan and turn away as before, and says so",
      withStore(open, async (store) => {
        await stageFleet(store, []);
        assert.equal(await store.drain("plain", "on", NOON, "ann"), "changed");
        assert.equal(await store.drain("plain", "on", NOON, "bob"), "already");
        const nodes = await store.nodes();
        assert.deepEqual(
          nodes.map(({ id, draining }) => [id, draining]),
          [
            ["plain", { sinceAt: NOON, by: "ann" }],
            ["special", null],
          ],
        );
        assert.equal((await store.renew("plain", NOON + LEASE, NOON)).draining, true);
        assert.equal((await store.renew("special", NOON + LEASE, NOON)).draining, false);
        await triggerRun(store, sync);
        const late = await triggerRun(store, sync, { deadlineAt: NOON + MINUTE });
        const now = NOON + HOUR;
        assert.deepEqual(await claimedTasks(store, "plain", now), []);
        assert.equal((await runOf(store, late)).reason, "late");
        const plan = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt: now }]);
        const [planned] = await store.plan([plan], now, { node: "plain", claimId: "c", limit: 9 });
        assert.deepEqual(planned?.claimed, []);
        assert.deepEqual(await claimedTasks(store, "special", now), ["sync", "sync"]);
      }),
    );

    it(
      "starts nothing on it along with a plan, though nothing else waits",
      withStore(open, async (store) => {
        await stageFleet(store, []);
        await store.drain("plain", "on", NOON, "ann");
        const now = NOON + MINUTE;
        const plan = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt: now }]);
        const [planned] = await store.plan([plan], now, { node: "plain", claimId: "c", limit: 9 });
        assert.deepEqual([planned?.answer, planned?.claimed], ["planned", []]);
        assert.deepEqual(await claimedTasks(store, "special", now), ["sync"]);
      }),
    );

    it(
      "leaves it what it runs, and tells it of a claim whose answer was lost",
      withStore(open, async (store) => {
        await stageFleet(store, []);
        const id = await triggerRun(store, sync);
        const claim = { node: "plain", claimId: "c1", limit: 10, only: null };
        const [run] = (await store.claim(claim, NOON)).runs;
        await store.drain("plain", "on", NOON, "ann");
        const again = await store.claim(claim, NOON);
        assert.deepEqual(
          again.runs.map((held) => held.id),
          [id],
        );
        assert.ok(run);
        assert.equal(await settleOne(store, run, SUCCEEDED, NOON), "settled");
      }),
    );

    it(
      "lets it work again, and keeps in the audit who wished what",
      withStore(open, async (store) => {
        await stageFleet(store, []);
        assert.equal(await store.drain("plain", "off", NOON, "ann"), "already");
        await store.drain("plain", "on", NOON, "ann");
        assert.equal(await store.drain("plain", "off", NOON + MINUTE, "bob"), "changed");
        await triggerRun(store, sync);
        assert.deepEqual(await claimedTasks(store, "plain", NOON + MINUTE), ["sync"]);
        const deeds = (await store.audit({ limit: 50 })).filter(
          ({ subject }) => subject === "plain",
        );
        assert.deepEqual(
          deeds.map(({ actor, what, before }) => [actor, what, before]),
          [
            ["bob", "node.undrain", JSON.stringify({ sinceAt: NOON, by: "ann" })],
            ["ann", "node.drain", null],
          ],
        );
      }),
    );

    it(
      "is of no use to a node that has ended, or never was",
      withStore(open, async (store) => {
        await stageFleet(store, []);
        await store.leave("plain", NOON);
        assert.equal(await store.drain("plain", "on", NOON, "ann"), "not-alive");
        assert.equal(await store.drain("nobody", "on", NOON, "ann"), "not-alive");
      }),
    );
  });
}

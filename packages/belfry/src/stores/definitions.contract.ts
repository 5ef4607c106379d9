import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Definition } from "../core/definition.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  claimOne,
  comesDue,
  DAY,
  declare,
  definition,
  dueSchedule,
  gapWords,
  HOUR,
  hashOf,
  joinNode,
  MINUTE,
  NOON,
  planOf,
  planUpTo,
  release,
  request,
  retryAt,
  runOf,
  schedule,
  settleOne,
  stage,
  triggerRun,
  tryTrigger,
} from "./store.fixture.ts";

const sync = definition("sync");
const hourly = definition("sync", { schedules: [schedule("default", "0 * * * *")] });

function stored(body: Definition): { hash: string; body: Definition } {
  return { hash: hashOf(body), body };
}

export function definitionsContract(open: Open): void {
  describe("releases", () => releases(open));
  describe("adopting a release", () => adopting(open));
  describe("schedules made at run time", () => runtimeSchedules(open));
}

function releases(open: Open): void {
  it(
    "keeps definitions by their hash, and finds those it has",
    withStore(open, async (store) => {
      await store.publish(release([sync]), [stored(sync)], NOON);
      const found = await store.definitions([hashOf(sync), "nothing"]);
      assert.deepEqual(found, [stored(sync)]);
    }),
  );

  it(
    "sees the newest first-seen release that a living node carries as the one to switch to",
    withStore(open, async (store) => {
      const old = release([sync]);
      const young = release([hourly]);
      await store.publish(old, [stored(sync)], NOON);
      await joinNode(store, "n1", [old]);
      assert.deepEqual(await store.drift(), [{ source: "app", from: null, release: old }]);
      await declare(store, [sync]);
      assert.deepEqual(await store.drift(), []);
      await store.publish(young, [stored(hourly)], NOON + MINUTE);
      assert.deepEqual(await store.drift(), [], "nobody carries it");
      await joinNode(store, "n2", [young]);
      assert.deepEqual(await store.drift(), [{ source: "app", from: old.hash, release: young }]);
      await declare(store, [hourly]);
      await store.publish(old, [stored(sync)], NOON + HOUR);
      assert.deepEqual(await store.drift(), [], "an old node brings nothing back");
      await store.leave("n2", NOON + HOUR);
      assert.deepEqual(await store.drift(), [{ source: "app", from: young.hash, release: old }]);
    }),
  );
}

function adopting(open: Open): void {
  for (const unread of ["sync", "tasks.ts"]) {
    it(
      `leaves a task in force whose ${unread === "sync" ? "declaration" : "file"} could not be loaded`,
      withStore(open, async (store) => {
        await declare(store, [sync, definition("other")]);
        await declare(store, [], { unread: [unread], now: NOON + HOUR });
        const tasks = await store.tasks(null);
        const inForce = tasks.filter(({ enabled }) => enabled).map(({ name }) => name);
        assert.deepEqual(inForce, unread === "sync" ? ["sync"] : ["other", "sync"]);
      }),
    );
  }

  it(
    "adds tasks and schedules that count from their arrival",
    withStore(open, async (store) => {
      const { adopted } = await declare(store, [sync]);
      assert.deepEqual(adopted, { answer: "adopted", refused: [], steps: [] });
      const [task] = await store.tasks("sync");
      assert.equal(task?.enabled, true);
      assert.equal(task?.source, "app");
      assert.equal(task?.definition, hashOf(sync));
      assert.equal(task?.file, "tasks.ts");
      assert.deepEqual(task?.body, sync);
      const due = await dueSchedule(store, "sync");
      assert.equal(due.cursorAt, NOON);
      assert.equal(due.nextAt, NOON + MINUTE);
    }),
  );

  it(
    "is stale for whoever comes second",
    withStore(open, async (store) => {
      await declare(store, [sync]);
      const adoption = { release: release([hourly]), from: null, tasks: [] };
      assert.equal((await store.adopt(adoption, NOON, "n2")).answer, "stale");
      assert.equal((await store.tasks("sync"))[0]?.definition, hashOf(sync));
    }),
  );

  it(
    "refuses a task that another source has, names both, and leaves its runs to the owner",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const twin = definition("sync", { owner: "others" });
      const second = await declare(store, [twin, definition("b")], { source: "shop" });
      assert.deepEqual(second.adopted.refused, [{ task: "sync", source: "app" }]);
      assert.equal((await store.tasks("sync"))[0]?.definition, hashOf(sync));
      assert.equal((await store.tasks("b"))[0]?.source, "shop");
      await joinNode(store, "n2", [second.release]);
      const place = { file: "tasks.ts", line: 1 };
      assert.deepEqual(await store.refusals(), [
        { task: "sync", source: "shop", ...place, owner: { source: "app", ...place } },
      ]);
      await triggerRun(store, sync);
      assert.deepEqual(await claimDue(store, NOON, { node: "n2" }), []);
      assert.equal((await claimDue(store, NOON, { node: "n1" })).length, 1);
      await store.leave("n2", NOON);
      assert.deepEqual(await store.refusals(), []);
    }),
  );

  it(
    "leaves a refused task's runs to the owner even where the other node joined before",
    withStore(open, async (store) => {
      const twin = definition("sync", { owner: "others" });
      await joinNode(store, "n2", [release([twin], "shop")]);
      await stage(store, [sync]);
      await declare(store, [twin], { source: "shop" });
      await triggerRun(store, sync);
      assert.deepEqual(await claimDue(store, NOON, { node: "n2" }), []);
    }),
  );

  it(
    "does not pass over what has come due and is not planned",
    withStore(open, async (store) => {
      const { release: from } = await declare(store, [sync]);
      const next = release([hourly]);
      await store.publish(next, [{ hash: hashOf(hourly), body: hourly }], NOON);
      const tasks = next.tasks.map((task) => ({ ...task, body: hourly, nextAt: [null] }));
      const adoption = { release: next, from: from.hash, tasks };
      assert.equal((await store.adopt(adoption, NOON + MINUTE, "node")).answer, "stale");
      await planUpTo(store, NOON + MINUTE);
      assert.equal((await store.adopt(adoption, NOON + MINUTE, "node")).answer, "adopted");
    }),
  );

  it(
    "keeps cursor, revision and waiting runs where only other policies changed",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const { id } = await comesDue(store, sync, NOON + MINUTE);
      const before = await dueSchedule(store, "sync");
      const changed = definition("sync", { description: "new words" });
      await declare(store, [changed], { now: NOON + 2 * MINUTE - 1 });
      const after = await dueSchedule(store, "sync");
      assert.deepEqual(after, { ...before, definition: hashOf(changed) });
      const run = await runOf(store, id);
      assert.equal(run.definition, hashOf(sync), "a run keeps the definition it was made with");
    }),
  );

  it(
    "starts nothing by an edit: what waited of the old rule is a gap `edited`, the new counts from now",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON + MINUTE);
      await comesDue(store, sync, NOON + 2 * MINUTE);
      const before = await dueSchedule(store, "sync");
      await declare(store, [hourly], { now: NOON + 3 * MINUTE });
      const after = await dueSchedule(store, "sync");
      assert.equal(after.id, before.id);
      assert.ok(after.revision > before.revision);
      assert.equal(after.cursorAt, NOON + 3 * MINUTE);
      assert.deepEqual(after.parts, hourly.schedules[0]?.parts);
      assert.deepEqual(await gapWords(store, "sync"), ["edited 1–2 ×2"]);
      const [gap] = await store.gaps("sync", NOON, NOON + HOUR);
      assert.deepEqual(gap?.parts, sync.schedules[0]?.parts, "the rule that was in force");
      assert.deepEqual(await claimDue(store, NOON + 3 * MINUTE), []);
    }),
  );

  it(
    "lets a retry and what came by hand live through an edit",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const { id } = await comesDue(store, sync, NOON + MINUTE);
      await settleOne(store, await claimOne(store, NOON + MINUTE), retryAt(NOON), NOON + MINUTE);
      const byHand = await triggerRun(store, sync);
      await declare(store, [hourly], { now: NOON + HOUR });
      assert.equal((await runOf(store, id)).state, "pending");
      assert.equal((await runOf(store, byHand)).state, "pending");
      assert.deepEqual(await gapWords(store, "sync"), []);
    }),
  );

  it(
    "never moves a cursor back, even when the clock went back",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON + HOUR);
      await declare(store, [hourly], { now: NOON + MINUTE });
      assert.equal((await dueSchedule(store, "sync")).cursorAt, NOON + HOUR);
    }),
  );

  it(
    "disables a schedule that is gone, and enables it when it comes back, owing nothing",
    withStore(open, async (store) => {
      const two = definition("sync", { schedules: [schedule("a"), schedule("b")] });
      const one = definition("sync", { schedules: [schedule("a")] });
      await stage(store, [two]);
      const before = await dueSchedule(store, "sync", "b");
      await declare(store, [one], { now: NOON + MINUTE });
      const keys = (await store.schedulesOf(["sync"])).map((due) => due.key);
      assert.deepEqual(keys, ["a"]);
      await declare(store, [two], { now: NOON + HOUR });
      const back = await dueSchedule(store, "sync", "b");
      assert.equal(back.id, before.id);
      assert.equal(back.cursorAt, NOON + HOUR);
      assert.ok(back.revision > before.revision);
    }),
  );

  it(
    "ends what waits of a removed task, lets what runs end, and takes it back with its pause",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const running = await triggerRun(store, sync);
      await claimOne(store, NOON);
      const byHand = await triggerRun(store, sync, { dueAt: NOON + HOUR });
      await comesDue(store, sync, NOON + MINUTE);
      await store.pause("sync", { by: "ann", reason: null, untilAt: null }, NOON + MINUTE);
      await declare(store, [], { now: NOON + MINUTE, by: "n1" });
      const [gone] = await store.tasks("sync");
      assert.equal(gone?.enabled, false);
      assert.deepEqual(await gapWords(store, "sync"), ["edited 1–1 ×1"]);
      const cancelled = await runOf(store, byHand);
      assert.equal(cancelled.state, "cancelled");
      assert.deepEqual(cancelled.asked, { asked: "cancelled", by: "n1" });
      assert.equal((await runOf(store, running)).state, "running");
      assert.deepEqual(await store.schedulesOf(["sync"]), []);
      await declare(store, [sync], { now: NOON + HOUR });
      const [back] = await store.tasks("sync");
      assert.equal(back?.enabled, true);
      assert.equal(back?.pause?.by, "ann");
      assert.equal((await dueSchedule(store, "sync")).cursorAt, NOON + HOUR);
    }),
  );

  it(
    "frees runs that waited for code when their source is switched",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      await store.leave("n1", NOON);
      await store.parkUncarried(NOON);
      assert.equal((await runOf(store, id)).parked, "code");
      await joinNode(store, "n2", [release([hourly])]);
      await declare(store, [hourly], { now: NOON + MINUTE });
      assert.equal((await claimOne(store, NOON + MINUTE, "n2")).id, id);
    }),
  );

  it(
    "lets a task that one source gave up be taken by another",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const twin = definition("sync", { owner: "others" });
      const made = release([twin], "shop");
      await store.publish(made, [stored(twin)], NOON);
      await joinNode(store, "n2", [made]);
      await declare(store, []);
      await declare(store, [twin], { source: "shop" });
      assert.equal((await store.tasks("sync"))[0]?.source, "shop");
      await triggerRun(store, twin);
      assert.deepEqual(await claimDue(store, NOON, { node: "n1" }), []);
      assert.equal((await claimDue(store, NOON, { node: "n2" })).length, 1);
    }),
  );
}

function runtimeSchedules(open: Open): void {
  const customer = {
    task: "sync",
    key: "customer-7",
    parts: schedule("x", "5 * * * *").parts,
    payload: '{"customer":7}',
    nextAt: NOON + 5 * MINUTE,
  };

  it(
    "are made, replaced and removed, and releases never touch them",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      assert.equal(await store.setSchedule(customer, NOON, "ann"), "set");
      const made = await dueSchedule(store, "sync", "customer-7");
      assert.equal(made.payload, customer.payload);
      assert.equal(made.nextAt, NOON + 5 * MINUTE);
      assert.equal(await store.setSchedule(customer, NOON, "ann"), "set");
      assert.equal((await dueSchedule(store, "sync", "customer-7")).revision, made.revision);
      await declare(store, [hourly], { now: NOON + MINUTE });
      assert.deepEqual((await dueSchedule(store, "sync", "customer-7")).parts, customer.parts);
      const edited = { ...customer, payload: null };
      assert.equal(await store.setSchedule(edited, NOON + HOUR, "ann"), "owed");
      await planUpTo(store, NOON + HOUR);
      assert.equal(await store.setSchedule(edited, NOON + HOUR, "ann"), "set");
      const after = await dueSchedule(store, "sync", "customer-7");
      assert.equal(after.payload, null);
      assert.equal(after.cursorAt, NOON + HOUR);
      assert.equal(await store.removeSchedule("sync", "customer-7", NOON, "ann"), "removed");
      assert.equal(await store.removeSchedule("sync", "customer-7", NOON, "ann"), "no-schedule");
      assert.equal((await store.schedulesOf(["sync"])).length, 1);
    }),
  );

  it(
    "begin another gap where their rule changed, so that each is enumerated by its own",
    withStore(open, async (store) => {
      const bare = definition("sync", { schedules: [] });
      await stage(store, [bare]);
      const make = (expression: string, nextAt: number): Promise<string> => {
        const { parts } = schedule("x", expression);
        return store.setSchedule({ ...customer, parts, nextAt }, nextAt - MINUTE, "ann");
      };
      const down = async (at: number): Promise<void> => {
        const due = await dueSchedule(store, "sync", "customer-7");
        const one = { fromAt: at, toAt: at, count: 1, reason: "down" } as const;
        const gap = { ...one, dayEndAt: NOON + DAY, nextAt: at + MINUTE };
        await store.plan([planOf(due, bare, [], [gap])], at);
      };
      assert.equal(await make("* * * * *", NOON + MINUTE), "set");
      await down(NOON + MINUTE);
      assert.equal(await make("*/2 * * * *", NOON + 2 * MINUTE), "set");
      await down(NOON + 2 * MINUTE);
      assert.deepEqual(await gapWords(store, "sync"), ["down 1–1 ×1", "down 2–2 ×1"]);
    }),
  );

  it(
    "need their task, and leave a release's schedules alone",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const other = { ...customer, task: "other" };
      assert.equal(await store.setSchedule(other, NOON, "ann"), "no-task");
      const owned = { ...customer, key: "default" };
      assert.equal(await store.setSchedule(owned, NOON, "ann"), "owned");
      assert.equal(await store.removeSchedule("sync", "default", NOON, "ann"), "no-schedule");
    }),
  );

  it(
    "come back with their task, owing nothing of the time between",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.setSchedule(customer, NOON, "ann");
      await declare(store, [], { now: NOON + MINUTE });
      assert.deepEqual(await store.schedulesOf(["sync"]), []);
      assert.equal((await tryTrigger(store, request(sync))).answer, "no-task");
      await declare(store, [sync], { now: NOON + HOUR });
      assert.equal((await dueSchedule(store, "sync", "customer-7")).cursorAt, NOON + HOUR);
    }),
  );

  it(
    "withdraw what waited when they are changed or removed",
    withStore(open, async (store) => {
      const body = definition("sync", {
        schedules: [{ ...schedule("customer-7"), payload: null }],
      });
      await stage(store, [definition("sync", { schedules: [] })]);
      await store.setSchedule(customer, NOON, "ann");
      await comesDue(
        store,
        { ...body, ...definition("sync", { schedules: [schedule("customer-7")] }) },
        NOON + 5 * MINUTE,
      );
      const later = NOON + 6 * MINUTE;
      assert.equal(await store.removeSchedule("sync", "customer-7", later, "ann"), "owed");
      await planUpTo(store, later);
      assert.equal(await store.removeSchedule("sync", "customer-7", later, "ann"), "removed");
      assert.deepEqual(await gapWords(store, "sync"), ["edited 5–5 ×1"]);
      assert.deepEqual(await claimDue(store, NOON + HOUR), []);
    }),
  );
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  claimOne,
  comesDue,
  declare,
  definition,
  FAILED,
  HOUR,
  joinNode,
  MINUTE,
  NOON,
  release,
  SUCCEEDED,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");
const other = definition("other");

export function readingContract(open: Open): void {
  describe("reading", () => {
    it(
      "lists runs of all states, newest first by due instant",
      withStore(open, async (store) => {
        await stage(store, [sync, other]);
        const made = [];
        for (const at of [3, 1, 2, 4]) {
          made.push(await triggerRun(store, sync, { dueAt: NOON + at }, NOON + 9));
        }
        const [a, b] = await claimDue(store, NOON + 9, { limit: 2 });
        assert.ok(a && b);
        await settleOne(store, a, SUCCEEDED, NOON + 10);
        await triggerRun(store, other, { dueAt: NOON + HOUR });
        const all = await store.runs({ limit: 10 });
        assert.deepEqual(
          all.map((run) => run.dueAt - NOON),
          [HOUR, 4, 3, 2, 1],
        );
        const mine = await store.runs({ task: "sync", limit: 2 });
        assert.deepEqual(
          mine.map((run) => run.dueAt - NOON),
          [4, 3],
        );
      }),
    );

    it(
      "filters runs by state and by a half-open range of due instants",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        for (const verdict of [SUCCEEDED, FAILED]) {
          await triggerRun(store, sync);
          await settleOne(store, await claimOne(store, NOON), verdict, NOON);
        }
        await triggerRun(store, sync, { dueAt: NOON + HOUR });
        for (const state of ["succeeded", "failed", "pending"] as const) {
          const found = await store.runs({ state, limit: 10 });
          assert.deepEqual(
            found.map((run) => run.state),
            [state],
          );
        }
        assert.deepEqual(await store.runs({ state: "running", limit: 10 }), []);
        assert.deepEqual(await store.runs({ state: "cancelled", limit: 10 }), []);
        const range = { from: NOON, until: NOON + HOUR, limit: 10 };
        assert.equal((await store.runs(range)).length, 2);
        assert.equal((await store.runs({ ...range, until: NOON + HOUR + 1 })).length, 3);
      }),
    );

    it(
      "finds runs by the beginning of their id, wherever they are",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const first = await triggerRun(store, sync);
        const second = await triggerRun(store, sync);
        await settleOne(
          store,
          (await claimDue(store, NOON, { limit: 1 }))[0] ?? raise(),
          FAILED,
          NOON,
        );
        assert.equal((await store.runsByPrefix(first.slice(0, 8), 10)).length, 2);
        assert.equal((await store.runsByPrefix(first.slice(0, 8), 1)).length, 1);
        assert.deepEqual(
          (await store.runsByPrefix(second, 10)).map((run) => run.id),
          [second],
        );
        assert.deepEqual(await store.runsByPrefix("%", 10), []);
        assert.equal(await store.run("nothing"), null);
      }),
    );

    it(
      "tells what became of the occurrences of a time, wherever their runs stand",
      withStore(open, async (store) => {
        await stage(store, [sync, other]);
        const ids: string[] = [];
        for (const minute of [0, 1, 2, 3]) {
          ids.push((await comesDue(store, sync, NOON + minute * MINUTE)).id);
        }
        await comesDue(store, other, NOON + 2 * MINUTE);
        await triggerRun(store, sync, { dueAt: NOON + MINUTE });
        const [first] = await claimDue(store, NOON + MINUTE, { limit: 1 });
        if (first === undefined) throw new Error("nothing to claim");
        await settleOne(store, first, FAILED, NOON + MINUTE + 1);
        await claimDue(store, NOON + MINUTE);
        const found = await store.occurrences("sync", NOON, NOON + 3 * MINUTE, 9);
        assert.deepEqual(
          found.map(({ id, state, reason }) => [id, state, reason]),
          [
            [ids[2], "pending", null],
            [ids[1], "running", null],
            [ids[0], "failed", "exhausted"],
          ],
        );
        assert.deepEqual([found[1]?.dueAt, found[1]?.scheduleKey], [NOON + MINUTE, "default"]);
        const newest = await store.occurrences("sync", NOON, NOON + 3 * MINUTE, 2);
        assert.deepEqual(newest, found.slice(0, 2));
      }),
    );

    it(
      "lists tasks by name, with their schedules and who carries them",
      withStore(open, async (store) => {
        await stage(store, [sync, other]);
        await joinNode(store, "n2", [release([other])]);
        const tasks = await store.tasks(null);
        assert.deepEqual(
          tasks.map((task) => [task.name, task.carriers]),
          [
            ["other", ["n1", "n2"]],
            ["sync", ["n1"]],
          ],
        );
        const [task] = await store.tasks("sync");
        const [schedule] = task?.schedules ?? [];
        assert.equal(schedule?.key, "default");
        assert.equal(schedule?.source, "app");
        assert.equal(schedule?.enabled, true);
        assert.deepEqual(schedule?.parts, sync.schedules[0]?.parts);
        assert.deepEqual(await store.tasks("nothing"), []);
      }),
    );

    it(
      "counts what waits and what has failed for good, and knows when each task succeeded and is due",
      withStore(open, async (store) => {
        assert.deepEqual(await store.census(), {
          pending: 0,
          oldestPendingDueAt: null,
          deadLetters: 0,
          tasks: [],
        });
        await stage(store, [sync, other]);
        for (const verdict of [SUCCEEDED, FAILED, FAILED]) {
          await triggerRun(store, sync);
          await settleOne(store, await claimOne(store, NOON + 5), verdict, NOON + 7);
        }
        const unresolved = { state: "failed", unresolved: true, limit: 9 } as const;
        const failed = await store.runs(unresolved);
        assert.equal(failed.length, 2);
        await triggerRun(store, other, { dueAt: NOON + HOUR });
        await triggerRun(store, other, { dueAt: NOON + 9, replayOf: failed[0]?.id ?? null });
        assert.deepEqual(await store.census(), {
          pending: 2,
          oldestPendingDueAt: NOON + 9,
          deadLetters: 1,
          tasks: [
            { name: "other", lastSuccessAt: null, nextDueAt: NOON + MINUTE },
            { name: "sync", lastSuccessAt: NOON + 7, nextDueAt: NOON + MINUTE },
          ],
        });
        assert.deepEqual(await store.runs(unresolved), failed.slice(1));
        assert.deepEqual(await store.runs({ unresolved: true, limit: 9 }), failed.slice(1));
        await declare(store, [other], { now: NOON + 10 });
        const { tasks } = await store.census();
        assert.deepEqual(
          tasks.map(({ name }) => name),
          ["other"],
        );
      }),
    );
  });
}

function raise(): never {
  throw new Error("nothing to claim");
}

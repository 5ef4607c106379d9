import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  claimOne,
  comesDue,
  definition,
  dueSchedule,
  gapWords,
  HOUR,
  limited,
  MINUTE,
  NOON,
  planOf,
  retryAt,
  runOf,
  SUCCEEDED,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");
const PAUSE = { by: "ann", reason: "moving", untilAt: null };

export function pausesContract(open: Open): void {
  describe("pausing", () => {
    it(
      "says who paused what, why and until when, and to the planner from when",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        assert.equal(await store.pause("other", PAUSE, NOON), "no-task");
        const pause = { ...PAUSE, untilAt: NOON + HOUR };
        assert.equal(await store.pause("sync", pause, NOON), "paused");
        const [task] = await store.tasks("sync");
        assert.deepEqual(task?.pause, { ...pause, fromAt: NOON });
        const due = await dueSchedule(store, "sync");
        assert.deepEqual(due.pause, { fromAt: NOON, untilAt: NOON + HOUR });
      }),
    );

    it(
      "makes a plan from before it stale, so that nothing is planned past it",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const due = await dueSchedule(store, "sync");
        await store.pause("sync", PAUSE, NOON);
        const plan = planOf(due, sync, [{ dueAt: NOON + MINUTE }]);
        assert.equal((await store.plan([plan], NOON + MINUTE))[0]?.answer, "stale");
      }),
    );

    it(
      "holds what waits, and starts it when it is lifted",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const due = await triggerRun(store, sync);
        const later = await triggerRun(store, sync, { dueAt: NOON + 2 * HOUR });
        await store.pause("sync", PAUSE, NOON);
        assert.equal((await runOf(store, due)).parked, "paused");
        assert.deepEqual(await claimDue(store, NOON + 3 * HOUR), []);
        assert.equal(await store.resume("sync", NOON + HOUR, "bob"), "resumed");
        assert.equal((await claimOne(store, NOON + HOUR)).id, due);
        assert.equal((await claimOne(store, NOON + 2 * HOUR)).id, later);
        assert.equal(await store.resume("sync", NOON + HOUR, "bob"), "not-paused");
        assert.equal(await store.resume("other", NOON + HOUR, "bob"), "no-task");
      }),
    );

    it(
      "holds an occurrence from before it that is planned only afterwards",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await store.pause("sync", PAUSE, NOON + MINUTE + 1);
        const { id } = await comesDue(store, sync, NOON + MINUTE);
        assert.equal((await runOf(store, id)).parked, "paused");
        await store.resume("sync", NOON + HOUR, "bob");
        assert.equal((await claimOne(store, NOON + HOUR)).id, id);
      }),
    );

    it(
      "lets running attempts end and holds their retries",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync);
        const run = await claimOne(store, NOON);
        await store.pause("sync", PAUSE, NOON);
        assert.equal(await settleOne(store, run, retryAt(NOON + MINUTE), NOON), "settled");
        assert.equal((await runOf(store, id)).parked, "paused");
        assert.deepEqual(await claimDue(store, NOON + HOUR), []);
        await store.resume("sync", NOON + 1, "bob");
        assert.deepEqual(await claimDue(store, NOON + MINUTE - 1), []);
        assert.equal((await claimOne(store, NOON + MINUTE)).id, id);
      }),
    );

    it(
      "keeps a retry's slot and takes back that of a run that never started",
      withStore(open, async (store) => {
        const two = limited("sync", 2, "queue");
        await stage(store, [two]);
        const retried = await triggerRun(store, two);
        const run = await claimOne(store, NOON);
        await settleOne(store, run, retryAt(NOON + MINUTE), NOON);
        const fresh = await triggerRun(store, two);
        await store.pause("sync", PAUSE, NOON);
        assert.equal((await runOf(store, retried)).slot, true);
        assert.equal((await runOf(store, fresh)).slot, false);
        await store.resume("sync", NOON + HOUR, "bob");
        assert.equal((await claimDue(store, NOON + HOUR)).length, 2);
      }),
    );

    it(
      "frees no more than the gate has room for",
      withStore(open, async (store) => {
        const one = limited("sync", 1, "queue");
        await stage(store, [one]);
        const first = await triggerRun(store, one);
        await triggerRun(store, one);
        await store.pause("sync", PAUSE, NOON);
        await store.resume("sync", NOON, "bob");
        assert.equal((await claimOne(store, NOON)).id, first);
      }),
    );

    it(
      "lets deadlines run on",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const { id } = await comesDue(store, sync, NOON + MINUTE, { startBy: NOON + HOUR });
        await store.pause("sync", PAUSE, NOON + MINUTE);
        await claimDue(store, NOON + HOUR + 1);
        assert.equal(await store.run(id), null);
        assert.deepEqual(await gapWords(store, "sync"), ["late 1–1 ×1"]);
      }),
    );

    it(
      "ends by itself when its time has come, and says when the next one does",
      withStore(open, async (store) => {
        await stage(store, [sync, definition("b")]);
        const id = await triggerRun(store, sync);
        await store.pause("sync", { ...PAUSE, untilAt: NOON + HOUR }, NOON);
        await store.pause("b", { ...PAUSE, untilAt: NOON + 2 * HOUR }, NOON);
        assert.equal(await store.unpause(NOON + HOUR - 1), NOON + HOUR);
        assert.deepEqual(await claimDue(store, NOON + HOUR - 1), []);
        assert.equal(await store.unpause(NOON + HOUR), NOON + 2 * HOUR);
        assert.equal((await claimOne(store, NOON + HOUR)).id, id);
        assert.equal((await store.tasks("sync"))[0]?.pause, null);
        assert.equal(await store.unpause(NOON + 2 * HOUR), null);
      }),
    );

    it(
      "still tells the planner of its window once it is lifted, closed at that instant",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await store.pause("sync", PAUSE, NOON);
        await store.resume("sync", NOON + HOUR, "bob");
        const due = await dueSchedule(store, "sync");
        assert.deepEqual(due.pause, { fromAt: NOON, untilAt: NOON + HOUR });
        assert.equal((await store.tasks("sync"))[0]?.pause, null);
      }),
    );

    it(
      "does not hold what was forced, nor its retry",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await store.pause("sync", PAUSE, NOON);
        await triggerRun(store, sync, { force: true });
        const run = await claimOne(store, NOON);
        await settleOne(store, run, retryAt(NOON), NOON);
        await settleOne(store, await claimOne(store, NOON), SUCCEEDED, NOON);
      }),
    );
  });
}

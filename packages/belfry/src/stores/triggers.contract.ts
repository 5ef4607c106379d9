import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimOne,
  declare,
  definition,
  FAILED,
  HOUR,
  MINUTE,
  NOON,
  request,
  runOf,
  SUCCEEDED,
  settleOne,
  stage,
  triggerRun,
  tryTrigger,
} from "./store.fixture.ts";

const sync = definition("sync");

export function triggersContract(open: Open): void {
  describe("triggering", () => {
    it(
      "makes a run of no schedule, with its payload and who wanted it",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync, { payload: '{"a":1}' });
        const run = await runOf(store, id);
        assert.equal(run.state, "pending");
        assert.equal(run.schedule, null);
        assert.equal(run.scheduleKey, null);
        assert.deepEqual(run.trigger, { kind: "manual", by: "ann" });
        assert.equal(run.payload, '{"a":1}');
        assert.equal(run.createdAt, NOON);
      }),
    );

    it(
      "takes an instant in the past for now, and keeps it as due",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync, { dueAt: NOON - HOUR });
        const run = await runOf(store, id);
        assert.equal(run.dueAt, NOON - HOUR);
        assert.equal(run.readyAt, NOON);
      }),
    );

    it(
      "knows no task that is not there or was removed",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const other = request(definition("other"));
        assert.deepEqual(await tryTrigger(store, other), { answer: "no-task" });
        await declare(store, []);
        assert.deepEqual(await tryTrigger(store, request(sync)), { answer: "no-task" });
      }),
    );

    it(
      "answers an idempotency key it knows with the same run, whatever became of it",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const key = { idempotencyKey: "k", payload: "1" };
        const id = await triggerRun(store, sync, key);
        const again = await tryTrigger(store, request(sync, { ...key, dueAt: NOON - 1 }));
        assert.deepEqual(again, { answer: "already", run: id });
        await settleOne(store, await claimOne(store, NOON), SUCCEEDED, NOON);
        const later = await tryTrigger(store, request(sync, key), NOON + HOUR);
        assert.deepEqual(later, { answer: "already", run: id });
        assert.equal((await store.runs({ limit: 10 })).length, 1);
      }),
    );

    it(
      "calls another payload or another instant under a known key a conflict",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync, { idempotencyKey: "k", payload: "1" });
        const other = request(sync, { idempotencyKey: "k", payload: "2" });
        assert.deepEqual(await tryTrigger(store, other), { answer: "conflict", run: id });
        const later = request(sync, { idempotencyKey: "k", payload: "1", dueAt: NOON + HOUR });
        assert.deepEqual(await tryTrigger(store, later), { answer: "conflict", run: id });
      }),
    );

    it(
      "keeps the keys of two tasks apart",
      withStore(open, async (store) => {
        const other = definition("other");
        await stage(store, [sync, other]);
        const first = await triggerRun(store, sync, { idempotencyKey: "k" });
        const second = await triggerRun(store, other, { idempotencyKey: "k" });
        assert.notEqual(first, second);
      }),
    );

    it(
      "makes one run of a request that is asked again after an ambiguous answer",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const made = request(sync);
        assert.equal((await tryTrigger(store, made)).answer, "triggered");
        assert.deepEqual(await tryTrigger(store, made), { answer: "already", run: made.id });
      }),
    );

    it(
      "refuses a paused task, unless it is forced",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await store.pause("sync", { by: "ann", reason: null, untilAt: NOON + HOUR }, NOON);
        assert.deepEqual(await tryTrigger(store, request(sync)), { answer: "paused" });
        const id = await triggerRun(store, sync, { force: true });
        assert.equal((await claimOne(store, NOON)).id, id);
        assert.equal((await tryTrigger(store, request(sync), NOON + HOUR)).answer, "triggered");
      }),
    );

    it(
      "goes on from the checkpoint of the run that it replays, and resolves it",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const old = await triggerRun(store, sync);
        const run = await claimOne(store, NOON);
        await store.saveCheckpoint(old, run.fence, '"half"', NOON);
        await settleOne(store, run, FAILED, NOON);
        const replay = { trigger: { kind: "replay", by: "ann" }, replayOf: old } as const;
        const fresh = await triggerRun(store, sync, replay);
        assert.equal(await store.checkpoint(fresh), null);
        const again = await triggerRun(store, sync, { ...replay, idempotencyKey: old });
        assert.equal(await store.checkpoint(again), '"half"');
        const third = await triggerRun(store, sync, { ...replay, idempotencyKey: old });
        assert.notEqual(third, again);
        const replays = await store.runs({ replayOf: old, limit: 10 });
        assert.equal(replays.length, 3);
      }),
    );

    it(
      "cancels a run that could not start before its deadline as late",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const id = await triggerRun(store, sync, { deadlineAt: NOON + MINUTE });
        await store.claim({ node: "n1", claimId: "a", limit: 1, only: null }, NOON + MINUTE + 1);
        const run = await runOf(store, id);
        assert.equal(run.state, "cancelled");
        assert.equal(run.reason, "late");
      }),
    );
  });
}

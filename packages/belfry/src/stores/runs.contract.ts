import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Open, withStore } from "./store.contract.ts";
import {
  attemptOf,
  claimDue,
  claimOne,
  comesDue,
  declare,
  definition,
  FAILED,
  gapWords,
  HOUR,
  joinNode,
  MINUTE,
  NOON,
  retryAt,
  runOf,
  SUCCEEDED,
  settlement,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");

export function runsContract(open: Open): void {
  describe("claiming", () => claiming(open));
  describe("settling", () => settling(open));
  describe("cancelling", () => cancelling(open));
  describe("what a running attempt keeps", () => keeping(open));
}

function claiming(open: Open): void {
  it(
    "moves due runs to running, the longest ready first, under one rising fence a batch",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const ids = [];
      for (const minute of [1, 2, 3]) {
        ids.push((await comesDue(store, sync, NOON + minute * MINUTE)).id);
      }
      const now = NOON + 3 * MINUTE;
      const first = await claimDue(store, now, { limit: 2 });
      const second = await claimDue(store, now);
      assert.deepEqual(
        [...first, ...second].map((run) => run.id),
        ids,
      );
      const [a, b] = first;
      assert.equal(a?.fence, b?.fence);
      assert.ok((second[0]?.fence ?? 0) > (a?.fence ?? 0));
      const run = await runOf(store, ids[0] ?? "");
      assert.equal(run.state, "running");
      assert.equal(run.node, "n1");
      assert.equal(run.startedAt, now);
      assert.deepEqual(await claimDue(store, now), []);
    }),
  );

  it(
    "claims nothing before it is ready",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync, { dueAt: NOON + MINUTE });
      assert.deepEqual(await claimDue(store, NOON + MINUTE - 1), []);
      assert.equal((await claimDue(store, NOON + MINUTE)).length, 1);
    }),
  );

  it(
    "gives each run to one of two nodes",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const { release: made } = await declare(store, [sync]);
      await joinNode(store, "n2", [made]);
      for (let i = 0; i < 20; i += 1) await triggerRun(store, sync);
      const shares = await Promise.all([
        claimDue(store, NOON, { node: "n1", limit: 12 }),
        claimDue(store, NOON, { node: "n2", limit: 12 }),
      ]);
      const ids = shares.flat().map((run) => run.id);
      assert.equal(ids.length, 20);
      assert.equal(new Set(ids).size, 20);
    }),
  );

  it(
    "answers a claim id that it has seen with what that claim still holds",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      for (let i = 0; i < 3; i += 1) await triggerRun(store, sync);
      const request = { node: "n1", claimId: "c1", limit: 2, only: null };
      const first = await store.claim(request, NOON);
      const again = await store.claim(request, NOON);
      assert.deepEqual(again.runs, first.runs);
      const [done] = first.runs;
      assert.ok(done);
      await settleOne(store, done, SUCCEEDED, NOON);
      const rest = await store.claim(request, NOON);
      assert.deepEqual(
        rest.runs.map((run) => run.id),
        [first.runs[1]?.id],
      );
    }),
  );

  it(
    "says whether more may be due, and when the next run is",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      await triggerRun(store, sync);
      await triggerRun(store, sync, { dueAt: NOON + HOUR });
      const one = await store.claim({ node: "n1", claimId: "a", limit: 1, only: null }, NOON);
      assert.equal(one.more, true);
      assert.equal(one.nextReadyAt, NOON + HOUR);
      const rest = await store.claim({ node: "n1", claimId: "b", limit: 1, only: null }, NOON);
      assert.deepEqual([rest.runs.length, rest.more], [1, true]);
      const none = await store.claim({ node: "n1", claimId: "c", limit: 1, only: null }, NOON);
      assert.deepEqual([none.runs.length, none.more], [0, false]);
      assert.equal(none.nextReadyAt, NOON + HOUR);
      const last = await store.claim(
        { node: "n1", claimId: "d", limit: 5, only: null },
        NOON + HOUR,
      );
      assert.deepEqual([last.runs.length, last.more], [1, false]);
      assert.equal(last.nextReadyAt, null);
    }),
  );

  it(
    "wakes whoever claims when a waiting run becomes too late",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.pause("sync", { by: "ann", reason: null, untilAt: null }, NOON + HOUR);
      await comesDue(store, sync, NOON + HOUR, { startBy: NOON + 2 * HOUR });
      const claimed = await store.claim(
        { node: "n1", claimId: "a", limit: 1, only: null },
        NOON + HOUR,
      );
      assert.equal(claimed.nextReadyAt, NOON + 2 * HOUR + 1);
    }),
  );

  it(
    "claims only the one run that it is told to",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      const wanted = await triggerRun(store, sync);
      const { runs } = await store.claim(
        { node: "n1", claimId: "a", limit: 10, only: wanted },
        NOON,
      );
      assert.deepEqual(
        runs.map((run) => run.id),
        [wanted],
      );
    }),
  );

  it(
    "brings the due instant of the task's last success",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON + MINUTE);
      const first = await claimOne(store, NOON + MINUTE);
      assert.equal(first.previousDueAt, null);
      await settleOne(store, first, SUCCEEDED, NOON + MINUTE);
      await comesDue(store, sync, NOON + 2 * MINUTE);
      const second = await claimOne(store, NOON + 2 * MINUTE);
      assert.equal(second.previousDueAt, NOON + MINUTE);
      await settleOne(store, second, FAILED, NOON + 2 * MINUTE);
      await comesDue(store, sync, NOON + 3 * MINUTE);
      assert.equal((await claimOne(store, NOON + 3 * MINUTE)).previousDueAt, NOON + MINUTE);
    }),
  );
}

function settling(open: Open): void {
  it(
    "keeps a run's end in history, with its attempt and all that it brought",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync, { payload: '{"a":1}' });
      const run = await claimOne(store, NOON);
      const error = { message: "no", code: "E", stack: null };
      const attempt = {
        ...attemptOf(run, "failed", NOON + MINUTE),
        exitCode: 3,
        signal: "SIGHUP",
        error,
        logBytes: 7,
        logBytesDropped: 1,
      };
      const brought = { attempt, result: "1", error, report: '{"rows":2}', progress: "50 %" };
      await settleOne(store, run, FAILED, NOON + MINUTE, brought);
      const ended = await runOf(store, id);
      assert.equal(ended.state, "failed");
      assert.equal(ended.reason, "exhausted");
      assert.equal(ended.endedAt, NOON + MINUTE);
      assert.equal(ended.payload, '{"a":1}');
      assert.equal(ended.result, "1");
      assert.deepEqual(ended.error, error);
      assert.equal(ended.report, '{"rows":2}');
      assert.equal(ended.progress, "50 %");
      assert.deepEqual(ended.attempts, [attempt]);
    }),
  );

  it(
    "changes nothing under a stale fence, in any part",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      const stale = { ...run, fence: run.fence - 1 };
      assert.equal(await settleOne(store, stale, SUCCEEDED, NOON), "stale");
      assert.equal(await settleOne(store, stale, retryAt(NOON), NOON), "stale");
      assert.deepEqual(await runOf(store, id), {
        ...(await runOf(store, id)),
        state: "running",
        attempts: [],
      });
      assert.equal(await settleOne(store, run, SUCCEEDED, NOON), "settled");
    }),
  );

  it(
    "answers `settled` once more to who asks again, and writes once",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const first = await claimOne(store, NOON);
      assert.equal(await settleOne(store, first, retryAt(NOON), NOON), "settled");
      assert.equal(await settleOne(store, first, retryAt(NOON), NOON), "settled");
      const second = await claimOne(store, NOON);
      assert.equal(await settleOne(store, first, retryAt(NOON), NOON), "settled");
      assert.equal(await settleOne(store, second, SUCCEEDED, NOON), "settled");
      assert.equal(await settleOne(store, second, SUCCEEDED, NOON), "settled");
      assert.equal(await settleOne(store, first, FAILED, NOON), "settled");
      assert.equal(await settleOne(store, second, FAILED, NOON), "stale", "another outcome");
      const run = await runOf(store, id);
      assert.equal(run.state, "succeeded");
      assert.equal(run.attempts.length, 2);
    }),
  );

  it(
    "sends a retry back to wait, with its attempts, its payload and a later instant",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync, { payload: "7" });
      const first = await claimOne(store, NOON);
      await settleOne(store, first, retryAt(NOON + MINUTE), NOON);
      const waiting = await runOf(store, id);
      assert.equal(waiting.state, "pending");
      assert.equal(waiting.readyAt, NOON + MINUTE);
      assert.deepEqual(waiting.attempts, [attemptOf(first, "failed", NOON)]);
      assert.deepEqual(await claimDue(store, NOON + MINUTE - 1), []);
      const second = await claimOne(store, NOON + MINUTE);
      assert.ok(second.fence > first.fence);
      assert.equal(second.payload, "7");
      assert.deepEqual(second.attempts, waiting.attempts);
    }),
  );

  it(
    "settles a batch of any runs, each on its own",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      for (let i = 0; i < 3; i += 1) await triggerRun(store, sync);
      const [a, b, c] = await claimDue(store, NOON);
      assert.ok(a && b && c);
      const { answers } = await store.settle(
        [
          settlement(a, SUCCEEDED, NOON),
          settlement({ ...b, fence: 99 }, SUCCEEDED, NOON),
          settlement(c, retryAt(NOON + MINUTE), NOON),
        ],
        NOON,
      );
      assert.deepEqual(answers, ["settled", "stale", "settled"]);
      assert.equal((await runOf(store, a.id)).state, "succeeded");
      assert.equal((await runOf(store, b.id)).state, "running");
      assert.equal((await runOf(store, c.id)).state, "pending");
    }),
  );

  it(
    "keeps the task's last run and last success",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const good = await triggerRun(store, sync);
      await settleOne(store, await claimOne(store, NOON), SUCCEEDED, NOON + 1);
      const bad = await triggerRun(store, sync);
      await settleOne(store, await claimOne(store, NOON), FAILED, NOON + 2);
      const [task] = await store.tasks("sync");
      assert.deepEqual(task?.lastRun, { id: bad, state: "failed", dueAt: NOON, endedAt: NOON + 2 });
      assert.equal(task?.lastSuccess?.id, good);
    }),
  );

  it(
    "does not try again what somebody asked to end, though the node had not heard of it",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      await store.cancel(id, NOON, "ann");
      assert.equal(await settleOne(store, run, retryAt(NOON), NOON), "settled");
      const ended = await runOf(store, id);
      assert.equal(ended.state, "cancelled");
      assert.equal(ended.reason, "cancelled");
      assert.equal(ended.attempts.length, 1);
    }),
  );

  it(
    "settles a run once that stands twice in one batch",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      const twice = [settlement(run, SUCCEEDED, NOON), settlement(run, FAILED, NOON)];
      assert.deepEqual((await store.settle(twice, NOON)).answers, ["settled", "stale"]);
      assert.equal((await runOf(store, id)).state, "succeeded");
    }),
  );

  it(
    "settles an attempt beside the one before it, which is asked again in the same batch",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const first = settlement(await claimOne(store, NOON), retryAt(NOON), NOON);
      assert.deepEqual((await store.settle([first], NOON)).answers, ["settled"]);
      const second = settlement(await claimOne(store, NOON), SUCCEEDED, NOON);
      assert.deepEqual((await store.settle([first, second], NOON)).answers, ["settled", "settled"]);
      assert.equal((await runOf(store, id)).state, "succeeded");
    }),
  );

  it(
    "ends a retry of a task that is gone as cancelled",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      await declare(store, []);
      assert.equal(await settleOne(store, run, retryAt(NOON), NOON), "settled");
      assert.equal((await runOf(store, id)).state, "cancelled");
    }),
  );
}

function cancelling(open: Open): void {
  it(
    "ends a waiting run at once and says who did",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      assert.deepEqual(await store.cancel(id, NOON, "ann"), { answer: "cancelled" });
      const run = await runOf(store, id);
      assert.equal(run.state, "cancelled");
      assert.equal(run.reason, "cancelled");
      assert.equal(run.endedAt, NOON);
      assert.deepEqual(run.asked, { asked: "cancelled", by: "ann" });
      assert.deepEqual(await claimDue(store, NOON), []);
      assert.deepEqual(await gapWords(store, "sync"), []);
    }),
  );

  it(
    "ends a waiting retry at once",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      await settleOne(store, await claimOne(store, NOON), retryAt(NOON + HOUR), NOON);
      assert.deepEqual(await store.cancel(id, NOON, "ann"), { answer: "cancelled" });
      assert.equal((await runOf(store, id)).attempts.length, 1);
    }),
  );

  it(
    "asks a running one, and lets what really ends first win",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      assert.deepEqual(await store.cancel(id, NOON, "ann"), { answer: "asked", node: "n1" });
      assert.deepEqual(await store.cancel(id, NOON, "bob"), { answer: "asked", node: "n1" });
      assert.deepEqual((await runOf(store, id)).asked, { asked: "cancelled", by: "ann" });
      assert.equal(await settleOne(store, run, SUCCEEDED, NOON), "settled");
      assert.deepEqual(await store.cancel(id, NOON, "ann"), {
        answer: "ended",
        state: "succeeded",
      });
    }),
  );

  it(
    "knows no run that is not there",
    withStore(open, async (store) => {
      assert.deepEqual(await store.cancel("nothing", NOON, "ann"), { answer: "no-run" });
    }),
  );
}

function keeping(open: Open): void {
  it(
    "shows progress and report of the attempt that holds the fence, and of no other",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const lost = await claimOne(store, NOON);
      await settleOne(store, lost, retryAt(NOON), NOON);
      const { fence } = await claimOne(store, NOON);
      await store.observe([{ run: id, fence, progress: "1", report: "2" }], NOON);
      await store.observe([{ run: id, fence, progress: "3", report: null }], NOON);
      await store.observe([{ run: id, fence: lost.fence, progress: "x", report: "x" }], NOON);
      const run = await runOf(store, id);
      assert.equal(run.progress, "3");
      assert.equal(run.report, "2");
    }),
  );

  it(
    "saves checkpoints under the fence and gives them to the next attempt",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      assert.equal(await store.saveCheckpoint(id, 1, '"a"', NOON), "stale");
      const run = await claimOne(store, NOON);
      assert.equal(await store.saveCheckpoint(id, run.fence, '"a"', NOON), "saved");
      assert.equal(await store.saveCheckpoint(id, run.fence, '"b"', NOON), "saved");
      await settleOne(store, run, retryAt(NOON), NOON);
      assert.equal(await store.saveCheckpoint(id, run.fence, '"c"', NOON), "stale");
      await claimOne(store, NOON);
      assert.equal(
        await store.saveCheckpoint(id, run.fence, '"d"', NOON),
        "stale",
        "its next runs",
      );
      assert.equal(await store.checkpoint(id), '"b"');
      assert.equal(await store.checkpoint("other"), null);
    }),
  );

  it(
    "records an effect once, under a fence that holds",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const id = await triggerRun(store, sync);
      const lost = await claimOne(store, NOON);
      await settleOne(store, lost, retryAt(NOON), NOON);
      const run = await claimOne(store, NOON);
      const record = { run: id, fence: run.fence, scope: "s", key: "k", result: "1" };
      assert.equal(await store.effect("s", "k"), null);
      assert.equal(await store.recordEffect({ ...record, fence: lost.fence }, NOON), "stale");
      assert.equal(await store.recordEffect(record, NOON), "recorded");
      assert.equal(await store.recordEffect({ ...record, result: "2" }, NOON), "recorded");
      assert.equal(await store.effect("s", "k"), "1");
    }),
  );
}

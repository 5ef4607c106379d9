import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Store } from "../store.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  claimOne,
  comesDue,
  declare,
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
  schedule,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const skip = limited("sync", 1, "skip");
const queue = limited("sync", 1, "queue");
const replace = limited("sync", 1, "replace");

async function minute(
  store: Store,
  body: typeof skip,
  at: number,
): Promise<Awaited<ReturnType<typeof comesDue>>> {
  return comesDue(store, body, NOON + at * MINUTE);
}

export function gatesContract(open: Open): void {
  describe("a full gate", () => overlaps(open));
  describe("a run that waits for its jitter", () => jitters(open));
  describe("the slots of a gate", () => slots(open));
}

function overlaps(open: Open): void {
  it(
    "skip: makes what comes due live a gap `overlap`",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      await minute(store, skip, 1);
      const second = await minute(store, skip, 2);
      await claimOne(store, NOON + 2 * MINUTE);
      await minute(store, skip, 3);
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 2–3 ×2"]);
      const at = NOON + 2 * MINUTE;
      const gap = { task: "sync", reason: "overlap", count: 1, fromAt: at, toAt: at };
      assert.deepEqual(second.planned.gaps, [gap]);
      assert.equal(await store.run(second.id), null);
    }),
  );

  it(
    "queue: keeps all that comes due, first in, first out",
    withStore(open, async (store) => {
      await stage(store, [queue]);
      const ids = [];
      for (const at of [1, 2, 3]) ids.push((await minute(store, queue, at)).id);
      const seen = [];
      for (const _ of ids) {
        const run = await claimOne(store, NOON + 3 * MINUTE);
        seen.push(run.id);
        await settleOne(store, run, SUCCEEDED, NOON + 3 * MINUTE);
      }
      assert.deepEqual(seen, ids);
      assert.deepEqual(await gapWords(store, "sync"), []);
    }),
  );

  it(
    "replace: asks the running one to end, lets the newest wait, displaces who waited",
    withStore(open, async (store) => {
      await stage(store, [replace]);
      const first = await minute(store, replace, 1);
      const run = await claimOne(store, NOON + MINUTE);
      const second = await minute(store, replace, 2);
      const wish = { run: first.id, fence: run.fence, asked: "replaced", by: second.id };
      assert.deepEqual(second.planned.wishes, [{ ...wish, node: "n1" }]);
      assert.deepEqual(await store.wishes("n1"), [wish]);
      const third = await minute(store, replace, 3);
      assert.deepEqual(third.planned.wishes, []);
      assert.deepEqual(await store.wishes("n1"), [{ ...wish, by: third.id }]);
      assert.deepEqual(
        third.planned.gaps.map(({ reason, fromAt }) => [reason, fromAt]),
        [["overlap", NOON + 2 * MINUTE]],
      );
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 2–2 ×1"]);
      assert.equal((await runOf(store, third.id)).parked, "gate");
      const verdict = { move: "finish", state: "cancelled", reason: "replaced" } as const;
      await settleOne(store, run, verdict, NOON + 3 * MINUTE);
      assert.equal((await claimOne(store, NOON + 3 * MINUTE)).id, third.id);
    }),
  );

  it(
    "replace: displaces nobody who came by hand or waits for a retry",
    withStore(open, async (store) => {
      await stage(store, [replace]);
      await minute(store, replace, 1);
      await claimOne(store, NOON + MINUTE);
      const byHand = await triggerRun(store, replace, {}, NOON + MINUTE);
      await minute(store, replace, 2);
      assert.equal((await runOf(store, byHand)).state, "pending");
      assert.deepEqual(await gapWords(store, "sync"), []);
    }),
  );

  it(
    "counts what the same batch of plans has let in",
    withStore(open, async (store) => {
      const two = definition("sync", {
        schedules: [schedule("a"), schedule("b")],
        policies: { concurrency: { limit: 1, by: null }, overlap: "skip" },
      });
      await stage(store, [two]);
      const plans = [];
      for (const key of ["a", "b"]) {
        plans.push(planOf(await dueSchedule(store, "sync", key), two, [{ dueAt: NOON + MINUTE }]));
      }
      const planned = await store.plan(plans, NOON + MINUTE);
      assert.deepEqual(
        planned.map(({ answer }) => answer),
        ["planned", "planned"],
      );
      assert.equal((await claimOne(store, NOON + MINUTE)).scheduleKey, "a");
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 1–1 ×1"]);
    }),
  );

  it(
    "has the limit in force even if a trigger that read an older definition is the first there",
    withStore(open, async (store) => {
      const old = limited("sync", 2, "skip");
      await stage(store, [old]);
      await declare(store, [limited("sync", 1, "skip")]);
      await triggerRun(store, old);
      assert.equal((await store.gate("sync"))?.max, 1);
    }),
  );

  it(
    "queues what is caught up or triggered, whatever the policy",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      await minute(store, skip, 1);
      const { id } = await comesDue(store, skip, NOON + 2 * MINUTE, { live: false });
      const byHand = await triggerRun(store, skip, {}, NOON + 2 * MINUTE);
      assert.equal((await runOf(store, id)).parked, "gate");
      assert.equal((await runOf(store, byHand)).parked, "gate");
      assert.deepEqual(await gapWords(store, "sync"), []);
    }),
  );

  it(
    "counts a waiting retry and one about to start as holders",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const { id } = await minute(store, skip, 1);
      const run = await claimOne(store, NOON + MINUTE);
      await settleOne(store, run, retryAt(NOON + HOUR), NOON + MINUTE);
      assert.equal((await runOf(store, id)).slot, true);
      await minute(store, skip, 2);
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 2–2 ×1"]);
      assert.deepEqual(await store.gate("sync"), { id: "sync", max: 1, holders: [id], waiting: 0 });
    }),
  );
}

/** The run of minute `at`, which starts half a minute later. */
function spread(
  store: Store,
  body: typeof skip,
  at: number,
): Promise<Awaited<ReturnType<typeof comesDue>>> {
  return comesDue(store, body, NOON + at * MINUTE, { readyAt: NOON + (at + 0.5) * MINUTE });
}

function jitters(open: Open): void {
  it(
    "holds no place before its start, and meets its gate in the first claim after it",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const { id } = await spread(store, skip, 1);
      const byHand = await triggerRun(store, skip, {}, NOON + MINUTE);
      const early = await store.claim(claimOf(10), NOON + MINUTE);
      assert.deepEqual([early.runs[0]?.id, early.runs.length], [byHand, 1]);
      assert.equal(early.nextArrivalAt, NOON + 1.5 * MINUTE);
      assert.equal((await runOf(store, id)).readyAt, NOON + 1.5 * MINUTE);
      assert.deepEqual(await gapWords(store, "sync"), []);
      const late = await store.claim(claimOf(10), NOON + 1.5 * MINUTE);
      assert.deepEqual([late.runs.length, late.nextArrivalAt], [0, null]);
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 1–1 ×1"]);
    }),
  );

  it(
    "starts where its gate is free by then",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const byHand = await triggerRun(store, skip, {}, NOON);
      const before = await claimOne(store, NOON);
      const { id } = await spread(store, skip, 1);
      assert.equal(before.id, byHand);
      await settleOne(store, before, SUCCEEDED, NOON + 1.2 * MINUTE);
      assert.equal((await runOf(store, id)).slot, false);
      assert.equal((await claimOne(store, NOON + 1.5 * MINUTE)).id, id);
    }),
  );

  it(
    "replaces who runs, by a claim that has room for nothing",
    withStore(open, async (store) => {
      await stage(store, [replace]);
      const first = await minute(store, replace, 1);
      const { fence } = await claimOne(store, NOON + MINUTE);
      const { id } = await spread(store, replace, 2);
      const { runs, wishes, more } = await store.claim(claimOf(0), NOON + 2.5 * MINUTE);
      assert.deepEqual([runs, more], [[], false]);
      const wish = { run: first.id, fence, node: "n1", asked: "replaced", by: id };
      assert.deepEqual(wishes, [wish]);
      assert.equal((await runOf(store, id)).parked, "gate");
    }),
  );

  it(
    "queues, or goes before what comes due after its start",
    withStore(open, async (store) => {
      await stage(store, [queue]);
      const { id } = await spread(store, queue, 1);
      const later = await comesDue(store, queue, NOON + 2 * MINUTE);
      assert.equal((await claimOne(store, NOON + 2 * MINUTE)).id, id);
      assert.equal((await runOf(store, later.id)).parked, "gate");
    }),
  );

  it(
    "goes before what comes due after its start, also where that would be skipped",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const { id } = await spread(store, skip, 1);
      await minute(store, skip, 2);
      assert.equal((await claimOne(store, NOON + 2 * MINUTE)).id, id);
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 2–2 ×1"]);
    }),
  );

  it(
    "is withdrawn by a pause, since its start would fall into it",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      await spread(store, skip, 1);
      const request = { by: "ann", reason: null, untilAt: null };
      await store.pause("sync", request, NOON + 1.2 * MINUTE);
      assert.deepEqual(await gapWords(store, "sync"), ["paused 1–1 ×1"]);
      assert.deepEqual(await store.runs({ limit: 10 }), []);
    }),
  );
}

function claimOf(limit: number): Parameters<Store["claim"]>[0] {
  return { node: "n1", claimId: `claim of ${limit} ${claims++}`, limit, only: null };
}
let claims = 0;

function slots(open: Open): void {
  it(
    "lets no more run at once than the limit, and all in the end",
    withStore(open, async (store) => {
      const three = limited("sync", 3, "queue");
      await stage(store, [three]);
      for (let i = 0; i < 10; i += 1) await triggerRun(store, three);
      const sizes = [];
      for (;;) {
        const runs = await claimDue(store, NOON);
        if (runs.length === 0) break;
        sizes.push(runs.length);
        for (const run of runs) await settleOne(store, run, SUCCEEDED, NOON);
      }
      assert.deepEqual(sizes, [3, 3, 3, 1]);
    }),
  );

  it(
    "counts each value of a field by itself",
    withStore(open, async (store) => {
      const body = definition("sync", {
        policies: { concurrency: { limit: 1, by: "customer" } },
      });
      await stage(store, [body]);
      for (const customer of [1, 1, 2]) {
        await triggerRun(store, body, { payload: JSON.stringify({ customer }) });
      }
      assert.equal((await claimDue(store, NOON)).length, 2);
    }),
  );

  it(
    "lets a trigger with an instant to come wait without a slot until then",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const later = await triggerRun(store, skip, { dueAt: NOON + HOUR });
      const first = await triggerRun(store, skip);
      const run = await claimOne(store, NOON);
      assert.equal(run.id, first);
      assert.deepEqual(await claimDue(store, NOON + HOUR), []);
      assert.equal((await runOf(store, later)).parked, "gate");
      await settleOne(store, run, SUCCEEDED, NOON + HOUR);
      assert.equal((await claimOne(store, NOON + HOUR)).id, later);
    }),
  );

  it(
    "gives the slot of a run that is cancelled or turned away to the next one",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const first = await triggerRun(store, skip, { deadlineAt: NOON + MINUTE });
      const second = await triggerRun(store, skip);
      const third = await triggerRun(store, skip);
      const late = NOON + MINUTE + 1;
      const run = await claimOne(store, late);
      assert.equal((await runOf(store, first)).state, "cancelled");
      assert.equal(run.id, second);
      await settleOne(store, run, retryAt(late + HOUR), late);
      await store.cancel(second, late, "ann");
      assert.equal((await claimOne(store, late)).id, third);
    }),
  );

  it(
    "keeps the slot of a lost run for its next attempt",
    withStore(open, async (store) => {
      await stage(store, [skip]);
      const first = await triggerRun(store, skip);
      const second = await triggerRun(store, skip);
      const run = await claimOne(store, NOON);
      await settleOne(store, run, retryAt(NOON), NOON);
      const again = await claimOne(store, NOON);
      assert.equal(again.id, first);
      assert.equal((await runOf(store, second)).parked, "gate");
    }),
  );

  it(
    "takes a changed limit at once: a higher one lets in who waits, a lower one nobody",
    withStore(open, async (store) => {
      await stage(store, [queue]);
      for (let i = 0; i < 4; i += 1) await triggerRun(store, queue);
      await claimOne(store, NOON);
      await declare(store, [limited("sync", 3, "queue")]);
      const more = await claimDue(store, NOON);
      assert.equal(more.length, 2);
      await declare(store, [queue]);
      for (const run of more) await settleOne(store, run, SUCCEEDED, NOON);
      assert.deepEqual(await claimDue(store, NOON), []);
      await declare(store, [definition("sync")]);
      assert.equal((await claimDue(store, NOON)).length, 1);
    }),
  );

  it(
    "has nothing to heal where every verb tops up",
    withStore(open, async (store) => {
      await stage(store, [queue]);
      await triggerRun(store, queue);
      await triggerRun(store, queue);
      assert.equal(await store.topup(NOON), 0);
      assert.equal(await store.gate("nothing"), null);
      assert.equal((await store.gate("sync"))?.waiting, 1);
    }),
  );
}

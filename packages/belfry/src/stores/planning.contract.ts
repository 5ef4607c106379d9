import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PlannedGap } from "../core/plan.ts";
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
  retryAt,
  runOf,
  SUCCEEDED,
  schedule,
  settleOne,
  stage,
} from "./store.fixture.ts";

const sync = definition("sync");

function gap(from: number, to: number, over: Partial<PlannedGap> = {}): PlannedGap {
  return {
    fromAt: NOON + from * MINUTE,
    toAt: NOON + to * MINUTE,
    count: to - from + 1,
    reason: "down",
    dayEndAt: NOON + DAY / 2,
    nextAt: NOON + (to + 1) * MINUTE,
    ...over,
  };
}

export function planningContract(open: Open): void {
  describe("planning", () => {
    it(
      "keeps up to when a tick has planned a source, and tells its schedules so",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        assert.equal((await dueSchedule(store, "sync")).tickedAt, null);
        assert.equal(await store.ticked(["app"], NOON), null);
        assert.equal((await dueSchedule(store, "sync")).tickedAt, NOON);
        assert.equal(await store.ticked(["app"], NOON + HOUR), NOON);
        assert.equal(await store.ticked(["app"], NOON + MINUTE), NOON + HOUR);
        assert.equal((await dueSchedule(store, "sync")).tickedAt, NOON + HOUR);
        assert.equal(await store.ticked(["app", "other"], NOON + 2 * HOUR), null);
      }),
    );

    it(
      "claims, where it is told, only what was made by an instant",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const { id } = await comesDue(store, sync, NOON + MINUTE);
        await comesDue(store, sync, NOON + 2 * MINUTE);
        const request = { node: "n1", claimId: "tick", limit: 10, only: null };
        const claim = { ...request, madeUntil: NOON + MINUTE };
        const { runs } = await store.claim(claim, NOON + 3 * MINUTE);
        assert.deepEqual(
          runs.map((run) => run.id),
          [id],
        );
      }),
    );

    it(
      "lists enabled schedules that are due before an instant, page by page",
      withStore(open, async (store) => {
        await stage(store, [
          sync,
          definition("b", { schedules: [schedule("one"), schedule("two")] }),
        ]);
        const query = { node: null, until: NOON + HOUR, after: null, limit: 2 };
        const first = await store.upcoming(query);
        assert.equal(first.length, 2);
        const last = first[1];
        assert.ok(last);
        const after = { nextAt: last.nextAt ?? 0, id: last.id };
        const second = await store.upcoming({ ...query, after });
        assert.equal(second.length, 1);
        const keys = [...first, ...second].map((due) => `${due.task}/${due.key}`);
        assert.deepEqual(new Set(keys), new Set(["sync/default", "b/one", "b/two"]));
        assert.deepEqual(await store.upcoming({ ...query, until: NOON + MINUTE }), []);
      }),
    );

    it(
      "lists for a node only the schedules of tasks that it carries",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const query = { until: NOON + HOUR, after: null, limit: 10 };
        assert.equal((await store.upcoming({ ...query, node: "n1" })).length, 1);
        assert.equal((await store.upcoming({ ...query, node: "n2" })).length, 0);
        assert.equal((await store.upcoming({ ...query, node: null })).length, 1);
      }),
    );

    it(
      "makes an occurrence a run that waits, with all that it is",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const dueAt = NOON + MINUTE;
        const { id } = await comesDue(store, sync, dueAt, {
          startBy: dueAt + 5,
          deadlineAt: dueAt + 9,
        });
        const run = await runOf(store, id);
        assert.equal(run.state, "pending");
        assert.equal(run.task, "sync");
        assert.equal(run.scheduleKey, "default");
        assert.deepEqual(run.trigger, { kind: "schedule", by: "default" });
        assert.equal(run.definition, hashOf(sync));
        assert.equal(run.dueAt, dueAt);
        assert.equal(run.readyAt, dueAt);
        assert.equal(run.startBy, dueAt + 5);
        assert.equal(run.deadlineAt, dueAt + 9);
        assert.deepEqual(run.attempts, []);
        const due = await dueSchedule(store, "sync");
        assert.equal(due.cursorAt, dueAt);
        assert.equal(due.nextAt, dueAt + MINUTE);
      }),
    );

    it(
      "lets only the first of two planners write, whoever it is",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const due = await dueSchedule(store, "sync");
        const plan = planOf(due, sync, [{ dueAt: NOON + MINUTE }], []);
        const answers = await Promise.all([store.plan([plan], NOON), store.plan([plan], NOON)]);
        assert.deepEqual(
          answers.map(([planned]) => planned?.answer),
          ["planned", "stale"],
        );
        assert.equal((await claimDue(store, NOON + MINUTE)).length, 1);
      }),
    );

    it(
      "takes one of two plans of a schedule in a batch",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const plan = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt: NOON + MINUTE }]);
        const planned = await store.plan([plan, plan], NOON + MINUTE);
        assert.deepEqual(
          planned.map(({ answer }) => answer),
          ["planned", "stale"],
        );
        assert.equal((await claimDue(store, NOON + MINUTE)).length, 1);
      }),
    );

    it(
      "is stale under another revision, another definition, or a schedule that is gone",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const due = await dueSchedule(store, "sync");
        const occurrence = [{ dueAt: NOON + MINUTE }];
        const stale = [
          { ...due, revision: due.revision + 1 },
          { ...due, definition: "other" },
          { ...due, cursorAt: due.cursorAt - 1 },
          { ...due, id: "nothing" },
        ].map((schedule) => planOf({ ...schedule, cursorAt: schedule.cursorAt }, sync, occurrence));
        for (const plan of stale) {
          assert.equal((await store.plan([plan], NOON))[0]?.answer, "stale");
        }
        await declare(store, []);
        const removed = planOf(due, sync, occurrence);
        assert.equal((await store.plan([removed], NOON))[0]?.answer, "stale");
        assert.deepEqual(await claimDue(store, NOON + MINUTE), []);
      }),
    );

    it(
      "is stale for a disabled schedule, even under its latest revision",
      withStore(open, async (store) => {
        const two = definition("sync", { schedules: [schedule("a"), schedule("b")] });
        await stage(store, [two]);
        const due = await dueSchedule(store, "sync", "b");
        const one = definition("sync", { schedules: [schedule("a")] });
        await declare(store, [one]);
        const [task] = await store.tasks("sync");
        const row = task?.schedules.find(({ key }) => key === "b");
        assert.equal(row?.enabled, false);
        const { revision = 0, cursorAt = 0 } = row ?? {};
        const latest = { ...due, revision, cursorAt, definition: hashOf(one) };
        const plan = planOf(latest, one, [{ dueAt: NOON + MINUTE }]);
        assert.equal((await store.plan([plan], NOON + MINUTE))[0]?.answer, "stale");
      }),
    );

    it(
      "refuses a second run of an occurrence wherever the first is, and keeps the rest of the batch",
      withStore(open, async (store) => {
        const other = definition("other");
        await stage(store, [sync, other]);
        const dueAt = NOON + MINUTE;
        await comesDue(store, sync, dueAt);
        for (const state of ["pending", "running", "succeeded"] as const) {
          if (state === "running") await claimOne(store, dueAt);
          if (state === "succeeded") {
            await store.kill("n1", "proven", dueAt, "killer");
            const [orphan] = await store.orphans(1);
            assert.ok(orphan);
            await settleOne(store, orphan, SUCCEEDED, dueAt);
          }
          const again = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt }]);
          const good = await dueSchedule(store, "other");
          const next = good.cursorAt + MINUTE;
          const fine = planOf(good, other, [{ dueAt: next }]);
          await assert.rejects(store.plan([again, fine], next), { code: "duplicate-run" }, state);
          assert.equal((await dueSchedule(store, "other")).cursorAt, next, state);
          const twins = (await store.runs({ task: "sync", limit: 10 })).length;
          assert.equal(twins, 1, state);
          if (state === "pending") {
            for (const run of await store.runs({ task: "other", limit: 10 })) {
              await store.cancel(run.id, next, "test");
            }
          }
        }
      }),
    );

    it(
      "keeps occurrences that become no run as one gap, extended while it goes on",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        for (const one of [gap(1, 3), gap(4, 4), gap(5, 9)]) {
          const plan = planOf(await dueSchedule(store, "sync"), sync, [], [one]);
          assert.equal((await store.plan([plan], one.toAt))[0]?.answer, "planned");
        }
        assert.deepEqual(await gapWords(store, "sync"), ["down 1–9 ×9"]);
        const [row] = await store.gaps("sync", NOON, NOON + DAY);
        assert.equal(row?.definition, hashOf(sync));
        assert.deepEqual(row?.parts, sync.schedules[0]?.parts);
      }),
    );

    it(
      "begins another gap for another reason, after a run between, and at local midnight",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const dayEndAt = NOON + 8 * MINUTE;
        const gaps = [
          gap(1, 2, { dayEndAt }),
          gap(3, 3, { reason: "paused", dayEndAt }),
          gap(5, 7, { reason: "paused", dayEndAt }),
          gap(8, 9, { reason: "paused" }),
        ];
        const due = await dueSchedule(store, "sync");
        const plan = planOf(due, sync, [{ dueAt: NOON + 4 * MINUTE }], gaps);
        await store.plan([plan], NOON + 9 * MINUTE);
        assert.deepEqual(await gapWords(store, "sync"), [
          "down 1–2 ×2",
          "paused 3–3 ×1",
          "paused 5–7 ×3",
          "paused 8–9 ×2",
        ]);
      }),
    );

    it(
      "finds the gaps that touch a range, and no others",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const due = await dueSchedule(store, "sync");
        const gaps = [gap(1, 3), gap(5, 6), gap(9, 9)];
        await store.plan([planOf(due, sync, [], gaps)], NOON + 9 * MINUTE);
        const from = NOON + 3 * MINUTE;
        assert.equal((await store.gaps("sync", from, from + MINUTE)).length, 1);
        assert.equal((await store.gaps("sync", from, NOON + 5 * MINUTE)).length, 1);
        assert.equal((await store.gaps("sync", from, NOON + 5 * MINUTE + 1)).length, 2);
        assert.equal((await store.gaps("sync", NOON + 7 * MINUTE, NOON + 9 * MINUTE)).length, 0);
      }),
    );

    it(
      "makes an occurrence that cannot start in time a gap `late`, and starts nothing late",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const dueAt = NOON + MINUTE;
        const { id } = await comesDue(store, sync, dueAt, { startBy: dueAt + 10 });
        const next = { deadlineAt: dueAt + MINUTE + 5 };
        const { planned } = await comesDue(store, sync, dueAt + MINUTE, next);
        const claim = { node: "n1", claimId: "c", limit: 10, only: null };
        const claimed = await store.claim(claim, dueAt + MINUTE + 6);
        assert.deepEqual(claimed.runs, []);
        assert.deepEqual(
          [...planned.gaps, ...claimed.gaps].map(({ task, reason, fromAt }) => [
            task,
            reason,
            fromAt,
          ]),
          [
            ["sync", "late", dueAt],
            ["sync", "late", dueAt + MINUTE],
          ],
        );
        assert.equal(await store.run(id), null);
        assert.deepEqual(await gapWords(store, "sync"), ["late 1–2 ×2"]);
      }),
    );

    it(
      "starts an occurrence at the last instant at which it may start",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const dueAt = NOON + MINUTE;
        await comesDue(store, sync, dueAt, { startBy: dueAt + 10, deadlineAt: dueAt + 10 });
        assert.equal((await claimDue(store, dueAt + 10)).length, 1);
      }),
    );

    it(
      "binds only the first attempt by `startBy`; a retry past its deadline fails",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        const dueAt = NOON + MINUTE;
        const { id } = await comesDue(store, sync, dueAt, {
          startBy: dueAt + 10,
          deadlineAt: dueAt + HOUR,
        });
        const run = await claimOne(store, dueAt);
        await settleOne(store, run, retryAt(dueAt + MINUTE), dueAt + 1);
        const again = await claimOne(store, dueAt + MINUTE);
        await settleOne(store, again, retryAt(dueAt + HOUR), dueAt + MINUTE + 1);
        assert.deepEqual(await claimDue(store, dueAt + HOUR + 1), []);
        const failed = await runOf(store, id);
        assert.equal(failed.state, "failed");
        assert.equal(failed.reason, "deadline");
        assert.equal(failed.attempts.length, 2);
      }),
    );

    it(
      "raises the store's mark to the latest instant that any writer brought",
      withStore(open, async (store) => {
        const first = await store.mark();
        await joinNode(store, "n1", [], NOON);
        await store.renew("n1", NOON + HOUR, NOON + MINUTE);
        await store.renew("n1", NOON + HOUR, NOON);
        const second = await store.mark();
        assert.equal(second.highAt, NOON + MINUTE);
        assert.equal(second.storeId, first.storeId);
        await store.acceptClock(NOON - HOUR, "ann");
        assert.equal((await store.mark()).highAt, NOON - HOUR);
      }),
    );
  });
}

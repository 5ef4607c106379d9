import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DayCount } from "../records.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimOne,
  comesDue,
  DAY,
  declare,
  definition,
  FAILED,
  HOUR,
  joinNode,
  limited,
  MINUTE,
  NOON,
  request,
  SUCCEEDED,
  settleOne,
  stage,
  triggerRun,
  tryTrigger,
} from "./store.fixture.ts";

const sync = definition("sync");
const TODAY: DayCount = {
  task: "sync",
  day: "2026-11-24",
  timeZone: "UTC",
  due: 2,
  succeeded: 1,
  failed: 1,
  cancelled: 0,
  missed: 0,
  passedOver: 0,
};

export function housekeepingContract(open: Open): void {
  describe("keeping house", () => {
    it(
      "lists the oldest finished runs and gaps, then deletes them and adds to their day",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        for (const verdict of [SUCCEEDED, FAILED]) {
          await triggerRun(store, sync);
          await settleOne(store, await claimOne(store, NOON), verdict, NOON);
        }
        await comesDue(store, sync, NOON + MINUTE, { startBy: NOON + MINUTE });
        await store.claim({ node: "n1", claimId: "a", limit: 1, only: null }, NOON + HOUR);
        await triggerRun(store, sync);
        const rows = await store.expired(NOON + DAY, 10);
        assert.deepEqual(
          rows.map((row) => [row.kind, row.state, row.reason, row.scheduled, row.count]),
          [
            ["run", "succeeded", null, false, 1],
            ["run", "failed", "exhausted", false, 1],
            ["gap", null, "late", true, 1],
          ],
        );
        assert.deepEqual(await store.expired(NOON, 10), []);
        assert.equal((await store.expired(NOON + DAY, 2)).length, 2);
        assert.equal(await store.prune(rows, [TODAY], NOON + DAY), "pruned");
        assert.equal(await store.prune(rows, [TODAY], NOON + DAY), "stale");
        assert.deepEqual(await store.expired(NOON + DAY, 10), []);
        assert.deepEqual(await store.days("sync", "2026-11-24", "2026-11-25"), [TODAY]);
        assert.deepEqual(await store.gaps("sync", NOON, NOON + DAY), []);
        const [task] = await store.tasks("sync");
        assert.equal(task?.lastRun?.state, "failed", "the last run outlives retention");
      }),
    );

    it(
      "tells runs that an occurrence made from those that a person made",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await comesDue(store, sync, NOON + MINUTE);
        await settleOne(store, await claimOne(store, NOON + MINUTE), SUCCEEDED, NOON + MINUTE);
        await triggerRun(store, sync, { dueAt: NOON + HOUR });
        await settleOne(store, await claimOne(store, NOON + HOUR), SUCCEEDED, NOON + HOUR);
        const rows = await store.expired(NOON + HOUR + 1, 10);
        assert.deepEqual(
          rows.map((row) => row.scheduled),
          [true, false],
        );
        assert.equal((await store.expired(NOON + HOUR, 10)).length, 1, "the end is not included");
      }),
    );

    it(
      "adds what comes later to the same day, and writes nothing where a row is gone",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        for (let i = 0; i < 2; i += 1) {
          await triggerRun(store, sync);
          await settleOne(store, await claimOne(store, NOON), SUCCEEDED, NOON);
        }
        const [first, second] = await store.expired(NOON + DAY, 2);
        assert.ok(first && second);
        assert.equal(await store.prune([first], [TODAY], NOON + DAY), "pruned");
        assert.equal(await store.prune([first, second], [TODAY], NOON + DAY), "stale");
        assert.equal(await store.prune([second], [TODAY], NOON + DAY), "pruned");
        const [day] = await store.days("sync", "2026-11-24", "2026-11-25");
        assert.equal(day?.due, 4);
      }),
    );

    it(
      "forgets what nothing points at, and nothing else",
      withStore(open, async (store) => {
        const one = limited("sync", 1, "queue");
        await stage(store, [one]);
        await joinNode(store, "n2", []);
        await store.leave("n2", NOON);
        const id = await triggerRun(store, one, { idempotencyKey: "k" });
        await store.sweep(NOON + DAY, NOON + DAY);
        assert.deepEqual(
          (await store.nodes()).map((node) => node.id),
          ["n1"],
        );
        assert.ok(await store.gate("sync"));
        const again = request(one, { idempotencyKey: "k" });
        assert.deepEqual(await tryTrigger(store, again), { answer: "already", run: id });
        assert.equal((await store.definitions([again.definition])).length, 1);

        await settleOne(store, await claimOne(store, NOON), SUCCEEDED, NOON);
        await store.prune(await store.expired(NOON + DAY, 10), [], NOON + DAY);
        await declare(store, [definition("sync")], { now: NOON });
        assert.ok((await store.sweep(NOON + DAY, NOON + DAY)) >= 3);
        assert.equal(await store.gate("sync"), null);
        assert.deepEqual(await store.definitions([again.definition]), []);
        assert.equal((await tryTrigger(store, again)).answer, "triggered");
        assert.equal(await store.sweep(NOON + DAY, NOON + DAY), 0);
      }),
    );

    it(
      "forgets incidents that are over and what was told of them, and keeps what is open or untold",
      withStore(open, async (store) => {
        const watch = { alerts: ["ops"], heartbeat: null, mail: null };
        const [over, untold, trouble] = ["over", "untold", "trouble"].map((task) =>
          definition(task, { watch }),
        );
        assert.ok(over && untold && trouble);
        const bodies = [over, untold, trouble];
        await stage(store, bodies);
        for (const body of [...bodies, over, untold]) {
          const at = NOON + (await store.audit({ limit: 100 })).length * MINUTE;
          await triggerRun(store, body, { dueAt: at }, at);
          const failed = (await store.incidents({ task: body.task, limit: 1 })).length === 0;
          await settleOne(store, await claimOne(store, at), failed ? FAILED : SUCCEEDED, at);
        }
        for (const row of await store.outbox({ limit: 9 })) {
          const { id, tries, incident } = row;
          const [told] = await store.incidents({ task: "untold", limit: 1 });
          if (incident === told?.id) continue;
          await store.recordOutbox([{ id, tries, task: null, result: "sent" }], NOON);
        }
        await store.sweep(NOON, NOON + DAY);
        assert.equal((await store.incidents({ limit: 9 })).length, 3);
        await store.sweep(NOON + DAY, NOON + DAY);
        const left = await store.incidents({ limit: 9 });
        const names = left.map((incident) => (incident.kind === "task" ? incident.task : ""));
        assert.deepEqual(names.sort(), ["trouble", "untold"]);
        const states = (await store.outbox({ limit: 9 })).map(({ task, state }) => [task, state]);
        assert.deepEqual(states, [
          ["untold", "waiting"],
          ["untold", "waiting"],
        ]);
      }),
    );

    it(
      "remembers a bounded number of ended nodes, the newest: each tick is one",
      withStore(open, async (store) => {
        for (let tick = 0; tick < 210; tick++) {
          await joinNode(store, `tick-${tick}`, [], NOON + tick);
          await store.leave(`tick-${tick}`, NOON + tick);
        }
        await store.sweep(NOON - DAY, NOON + DAY);
        const left = (await store.nodes()).map(({ id }) => id);
        assert.deepEqual([left.length, left[0], left.at(-1)], [200, "tick-10", "tick-209"]);
      }),
    );

    it(
      "keeps a dead node while runs of it are left",
      withStore(open, async (store) => {
        await stage(store, [sync]);
        await triggerRun(store, sync);
        await claimOne(store, NOON);
        await store.kill("n1", "proven", NOON, "killer");
        await store.sweep(NOON + DAY, NOON + DAY);
        assert.equal((await store.orphans(10)).length, 1);
      }),
    );
  });
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Incident } from "../core/incident.ts";
import type { Verdict } from "../core/verdict.ts";
import type { IncidentStep, Store } from "../store.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimOne,
  comesDue,
  declare,
  definition,
  dueSchedule,
  FAILED,
  HOUR,
  joinNode,
  MINUTE,
  NOON,
  planOf,
  retryAt,
  SECOND,
  SUCCEEDED,
  schedule,
  settlement,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const WATCHED = { alerts: ["ops", "mail"], heartbeat: null, mail: null };
const sync = definition("sync", { watch: WATCHED, severity: "high", owner: "ann" });
const ERROR = { message: "it broke\nfor want of a nail", code: null, stack: null };

/** Runs the task once, from `at` on, for a second. */
async function ends(
  store: Store,
  verdict: Verdict,
  at: number,
  body = sync,
): Promise<readonly IncidentStep[]> {
  await comesDue(store, body, at);
  const run = await claimOne(store, at);
  const error = verdict === FAILED ? ERROR : null;
  const settled = settlement(run, verdict, at + SECOND, { error });
  return (await store.settle([settled], at + SECOND)).steps;
}

async function alertIds(store: Store): Promise<readonly string[]> {
  const rows = await store.outbox({ kind: "alert", limit: 100 });
  return rows.map(({ step, channel, state }) => `${step} ${channel} ${state}`).sort();
}

async function one(store: Store, filter: { open?: true } = {}): Promise<Incident> {
  const [found, second] = await store.incidents({ ...filter, limit: 2 });
  assert.ok(found !== undefined && second === undefined, "not exactly one incident");
  return found;
}

export function incidentsContract(open: Open): void {
  describe("incidents", () => {
    tasksContract(open);
    removalsContract(open);
    downtimesContract(open);
  });
}

function tasksContract(open: Open): void {
  it(
    "opens one with a failure, joins the next to it, closes it by a success; each step is told to each channel once",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const [opened, ...more] = await ends(store, FAILED, NOON);
      assert.deepEqual([opened?.step, opened?.channels, more], ["opened", ["ops", "mail"], []]);
      assert.deepEqual(await ends(store, FAILED, NOON + MINUTE), []);
      const incident = await one(store, { open: true });
      assert.equal(incident.kind, "task");
      assert.ok(incident.kind === "task");
      assert.deepEqual(
        [incident.failed, incident.openedAt, incident.lastAt],
        [2, NOON + SECOND, NOON + MINUTE + SECOND],
      );
      assert.equal(incident.run?.error, "for want of a nail");
      assert.deepEqual(await alertIds(store), ["opened mail waiting", "opened ops waiting"]);
      const [closed] = await ends(store, SUCCEEDED, NOON + 2 * MINUTE);
      assert.equal(closed?.step, "closed");
      assert.deepEqual(await store.incidents({ open: true, limit: 9 }), []);
      assert.equal((await one(store)).closedAt, NOON + 2 * MINUTE + SECOND);
      assert.equal((await alertIds(store)).length, 4);
    }),
  );

  it(
    "settling again makes no second incident and no second alert",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON);
      const settled = settlement(await claimOne(store, NOON), FAILED, NOON + SECOND);
      for (const steps of [1, 0, 0]) {
        assert.equal((await store.settle([settled], NOON + SECOND)).steps.length, steps);
      }
      assert.equal((await alertIds(store)).length, 2);
      const incident = await one(store);
      assert.ok(incident.kind === "task" && incident.failed === 1);
    }),
  );

  it(
    "a retry is no news, nor is a cancelled run",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      assert.deepEqual(await ends(store, retryAt(NOON + HOUR), NOON), []);
      const cancelled: Verdict = { move: "finish", state: "cancelled", reason: "cancelled" };
      assert.deepEqual(await ends(store, cancelled, NOON + MINUTE), []);
      assert.deepEqual(await store.incidents({ limit: 9 }), []);
    }),
  );

  it(
    "opens one with an occurrence that could not start in time, whoever finds it",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON, { startBy: NOON + SECOND });
      const claim = { node: "n1", claimId: "late", limit: 1, only: null };
      const { steps } = await store.claim(claim, NOON + 2 * SECOND);
      assert.deepEqual(
        steps.map(({ step }) => step),
        ["opened"],
      );
      await comesDue(store, sync, NOON + MINUTE, { startBy: NOON + MINUTE });
      const due = await dueSchedule(store, "sync");
      const [planned] = await store.plan([planOf(due, sync, [])], NOON + HOUR);
      assert.deepEqual(planned?.steps, []);
      const incident = await one(store);
      assert.ok(incident.kind === "task" && incident.missed === 2 && incident.failed === 0);
    }),
  );

  it(
    "a retry that passes its deadline while it waits is a failure",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON, { deadlineAt: NOON + MINUTE });
      const retried = settlement(await claimOne(store, NOON), retryAt(NOON + SECOND), NOON);
      await store.settle([retried], NOON);
      const claim = { node: "n1", claimId: "late", limit: 1, only: null };
      const { steps } = await store.claim(claim, NOON + HOUR);
      assert.equal(steps[0]?.incident.run?.reason, "deadline");
    }),
  );

  it(
    "a success that was settled before the failure it came after closes at once",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON);
      const slow = await claimOne(store, NOON);
      await ends(store, SUCCEEDED, NOON + MINUTE);
      const failed = settlement(slow, FAILED, NOON + SECOND);
      const { steps } = await store.settle([failed], NOON + HOUR);
      assert.deepEqual(
        steps.map(({ step }) => step),
        ["opened", "closed"],
      );
    }),
  );

  it(
    "failure and success in one batch are followed in the order in which they ended",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await comesDue(store, sync, NOON);
      const first = await claimOne(store, NOON);
      await comesDue(store, sync, NOON + MINUTE);
      const second = await claimOne(store, NOON + MINUTE);
      const batch = [
        settlement(second, SUCCEEDED, NOON + 2 * MINUTE),
        settlement(first, FAILED, NOON + SECOND),
      ];
      const { steps } = await store.settle(batch, NOON + HOUR);
      assert.deepEqual(
        steps.map(({ step }) => step),
        ["opened", "closed"],
      );
    }),
  );

  it(
    "tasks that name no channel have incidents too, and nobody is told",
    withStore(open, async (store) => {
      const silent = definition("silent");
      await stage(store, [silent]);
      const [step] = await ends(store, FAILED, NOON, silent);
      assert.deepEqual(step?.channels, []);
      assert.deepEqual(await alertIds(store), []);
      assert.equal((await store.incidents({ task: "silent", limit: 9 })).length, 1);
      assert.deepEqual(await store.incidents({ task: "sync", limit: 9 }), []);
    }),
  );

  it(
    "tells whom the definition in force names, not the run's",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      const run = await claimOne(store, NOON);
      await declare(store, [{ ...sync, watch: { ...WATCHED, alerts: ["new"] } }], { now: NOON });
      const { steps } = await store.settle([settlement(run, FAILED, NOON + SECOND)], NOON + SECOND);
      assert.deepEqual(steps[0]?.channels, ["new"]);
    }),
  );
}

function removalsContract(open: Open): void {
  it(
    "removing the task closes its incident, and what still fails of it afterwards opens none for long",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, FAILED, NOON);
      await triggerRun(store, sync, {}, NOON + MINUTE);
      const running = await claimOne(store, NOON + MINUTE);
      const { adopted } = await declare(store, [definition("other")], { now: NOON + MINUTE });
      assert.deepEqual(
        adopted.steps.map(({ step, incident }) => [step, incident.closedBy]),
        [["closed", "removal"]],
      );
      const settled = settlement(running, FAILED, NOON + 2 * MINUTE);
      const { steps } = await store.settle([settled], NOON + 2 * MINUTE);
      assert.deepEqual(
        steps.map(({ step }) => step),
        ["opened", "closed"],
      );
      assert.deepEqual(await store.incidents({ open: true, limit: 9 }), []);
    }),
  );

  it(
    "removing a task that has no schedule closes its incident too",
    withStore(open, async (store) => {
      const byHand = { ...sync, schedules: [] };
      await stage(store, [byHand]);
      await triggerRun(store, byHand);
      const run = await claimOne(store, NOON);
      await store.settle([settlement(run, FAILED, NOON)], NOON);
      const { adopted } = await declare(store, [definition("other")], { now: NOON + MINUTE });
      assert.deepEqual(
        adopted.steps.map(({ step, incident }) => [step, incident.closedBy]),
        [["closed", "removal"]],
      );
    }),
  );

  it(
    "removing a schedule takes away what it caused",
    withStore(open, async (store) => {
      const both = { ...sync, schedules: [schedule("a"), schedule("b")] };
      await stage(store, [both]);
      await ends(store, FAILED, NOON, { ...both, schedules: [schedule("b")] });
      const { adopted } = await declare(store, [{ ...sync, schedules: [schedule("a")] }], {
        now: NOON + MINUTE,
      });
      assert.deepEqual(
        adopted.steps.map(({ step }) => step),
        ["closed"],
      );
    }),
  );

  it(
    "what a removed schedule still causes is answered by any success of the task",
    withStore(open, async (store) => {
      const both = { ...sync, schedules: [schedule("a"), schedule("b")] };
      const onlyA = { ...sync, schedules: [schedule("a")] };
      await stage(store, [both]);
      await comesDue(store, { ...both, schedules: [schedule("b")] }, NOON);
      const running = await claimOne(store, NOON);
      await declare(store, [onlyA], { now: NOON });
      await store.settle([settlement(running, FAILED, NOON + SECOND)], NOON + SECOND);
      assert.equal((await store.incidents({ open: true, limit: 9 })).length, 1);
      const [closed] = await ends(store, SUCCEEDED, NOON + MINUTE, onlyA);
      assert.equal(closed?.step, "closed");
    }),
  );
}

const GAP = { reason: "down", dayEndAt: NOON + 12 * HOUR, nextAt: null } as const;

/** Plans that this much of the task was missed while nothing was alive. */
async function misses(
  store: Store,
  body: typeof sync,
  count: number,
  now: number,
  caughtUp = 0,
): Promise<void> {
  const due = await dueSchedule(store, body.task);
  const fromAt = due.cursorAt + MINUTE;
  const toAt = fromAt + (count - 1) * MINUTE;
  const runs = Array.from({ length: caughtUp }, (_, index) => {
    return { dueAt: toAt + (index + 1) * MINUTE, live: false };
  });
  const gaps = count === 0 ? [] : [{ ...GAP, fromAt, toAt, count }];
  await store.plan([planOf(due, body, runs, gaps)], now);
}

function downtimesContract(open: Open): void {
  const other = definition("other", { watch: { ...WATCHED, alerts: ["ops", "team"] } });
  const lanes = [{ kind: "alert", channel: "ops", limit: 9 }] as const;
  const query = { node: "n2", lanes, telling: [], othersBefore: 0 };

  it(
    "all that one downtime missed is one incident, told once it is quiet, to each channel of the tasks",
    withStore(open, async (store) => {
      await stage(store, [sync, other]);
      await store.leave("n1", NOON + MINUTE);
      await store.renew("n1", NOON, NOON + 30 * SECOND);
      const back = NOON + HOUR;
      await joinNode(store, "n2", [], back);
      await misses(store, sync, 58, back, 1);
      await misses(store, other, 20, back + 5 * SECOND);
      const toldAt = back + 15 * SECOND;
      assert.equal(await store.outboxReadyAt(query), toldAt);
      assert.deepEqual(await store.takeOutbox(query, MINUTE, toldAt - 1), { told: [], items: [] });
      assert.deepEqual(await alertIds(store), []);
      const { told, items } = await store.takeOutbox(query, MINUTE, toldAt);
      const [down] = told;
      assert.ok(down);
      const { missed, caughtUp, fromAt, untilAt, closedAt } = down;
      assert.deepEqual([missed, caughtUp, untilAt, closedAt], [78, 1, back, toldAt]);
      assert.ok(fromAt <= NOON + MINUTE && fromAt >= NOON);
      assert.deepEqual(down.tasks, { sync: 58, other: 20 });
      assert.equal(items.length, 1);
      assert.deepEqual(await alertIds(store), [
        "opened mail waiting",
        "opened ops waiting",
        "opened team waiting",
      ]);
      assert.deepEqual(await store.takeOutbox(query, MINUTE, toldAt), { told: [], items: [] });
    }),
  );

  it(
    "a minute after the first, the message goes out however much follows",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      for (let after = 0; after < 60; after += 9) {
        await misses(store, sync, 1, NOON + HOUR + after * SECOND);
      }
      assert.equal(await store.outboxReadyAt(query), NOON + HOUR + MINUTE);
    }),
  );

  it(
    "what was caught up and left no gap is told, but is no incident",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.leave("n1", NOON);
      const back = NOON + 10 * MINUTE;
      await joinNode(store, "n2", [], back);
      await misses(store, sync, 0, back, 1);
      const { told } = await store.takeOutbox(query, MINUTE, back + MINUTE);
      assert.deepEqual(
        told.map(({ missed, caughtUp }) => [missed, caughtUp]),
        [[0, 1]],
      );
      assert.deepEqual(await store.incidents({ limit: 9 }), []);
      assert.deepEqual(await alertIds(store), []);
    }),
  );

  it(
    "a node that joins others, or the first of all, comes after no downtime",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await joinNode(store, "n2", [], NOON + HOUR);
      await misses(store, sync, 0, NOON + HOUR, 1);
      assert.equal(await store.outboxReadyAt(query), null);
    }),
  );
}

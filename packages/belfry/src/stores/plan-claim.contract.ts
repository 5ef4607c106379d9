import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Definition } from "../core/definition.ts";
import type { PlannedRun } from "../core/plan.ts";
import type { PlanClaim } from "../planning.ts";
import type { ClaimedRun } from "../records.ts";
import type { Store } from "../store.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  claimDue,
  comesDue,
  declare,
  definition,
  dueSchedule,
  gapWords,
  joinNode,
  LEASE,
  limited,
  MINUTE,
  NOON,
  planOf,
  runOf,
  SUCCEEDED,
  schedule,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");
const DUE = NOON + MINUTE;
const CLAIM: PlanClaim = { node: "n1", claimId: "c1", limit: 10 };

/** Plans one occurrence of each schedule of the tasks, due now, and claims along with it. */
async function planAndClaim(
  store: Store,
  bodies: readonly Definition[],
  over: Partial<PlanClaim> & { readonly run?: Partial<PlannedRun> } = {},
): Promise<readonly ClaimedRun[]> {
  const { run, ...claim } = over;
  const plans = [];
  for (const body of bodies) {
    for (const { key } of body.schedules) {
      const due = await dueSchedule(store, body.task, key);
      plans.push(planOf(due, body, [{ dueAt: DUE, ...run }]));
    }
  }
  const planned = await store.plan(plans, DUE, { ...CLAIM, ...claim });
  return planned.flatMap(({ claimed }) => claimed);
}

async function states(store: Store): Promise<readonly string[]> {
  return (await store.runs({ limit: 10 })).map(({ task, state }) => `${task} ${state}`).sort();
}

export function planClaimContract(open: Open): void {
  describe("claiming along with a plan", () => {
    describe("what starts at once", () => starting(open));
    describe("what waits all the same", () => waiting(open));
  });
}

function starting(open: Open): void {
  it(
    "gives what a claim after it would have given",
    withStore(open, async (store) => {
      const pay = definition("pay", {
        schedules: [{ ...schedule(), payload: '{"to":"\\u0000"}' }],
      });
      const other = definition("other", pay.schedules[0] ? { schedules: pay.schedules } : {});
      await stage(store, [pay, other]);
      await comesDue(store, other, DUE);
      const [plain] = await claimDue(store, DUE);
      const [straight] = await planAndClaim(store, [pay], { run: { deadlineAt: DUE + 5 } });
      assert.ok(plain && straight);
      const { id, schedule: made, definition: hash, fence } = straight;
      assert.deepEqual(straight, {
        ...plain,
        id,
        task: "pay",
        schedule: made,
        definition: hash,
        fence,
        deadlineAt: DUE + 5,
      });
      assert.ok(fence > plain.fence);
      const row = await runOf(store, id);
      const { state, node, startedAt, readyAt, payload } = row;
      assert.deepEqual(
        { state, node, startedAt, readyAt, payload },
        { state: "running", node: "n1", startedAt: DUE, readyAt: DUE, payload: plain.payload },
      );
      assert.equal(await settleOne(store, straight, SUCCEEDED, DUE), "settled");
    }),
  );

  it(
    "takes a place at its gate",
    withStore(open, async (store) => {
      const body = limited("sync", 1, "skip");
      const two = { ...body, schedules: [schedule("a"), schedule("b")] };
      await stage(store, [two]);
      assert.equal((await planAndClaim(store, [two])).length, 1);
      assert.deepEqual(await gapWords(store, "sync"), ["overlap 1–1 ×1"]);
    }),
  );

  it(
    "is what the claim still holds when it is asked for again",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const claimed = await planAndClaim(store, [sync]);
      const again = await store.claim({ ...CLAIM, only: null }, DUE);
      assert.deepEqual(again.runs, claimed);
    }),
  );

  it(
    "is nothing of what another planner was first to plan",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const plan = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt: DUE }]);
      const [first] = await store.plan([plan], DUE, CLAIM);
      const [second] = await store.plan([plan], DUE, { ...CLAIM, claimId: "c2" });
      assert.equal(first?.claimed.length, 1);
      assert.deepEqual(second, { answer: "stale", wishes: [], claimed: [], gaps: [], steps: [] });
    }),
  );

  it(
    "is lost with its node, and found as an orphan",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const [run] = await planAndClaim(store, [sync]);
      await store.kill("n1", "proven", DUE, "n2");
      assert.deepEqual(await store.orphans(10), [run]);
    }),
  );
}

function waiting(open: Open): void {
  it(
    "is all of it for a node that is dead, unknown, or whose lease ran out",
    withStore(open, async (store) => {
      const { release: made } = await declare(store, [sync]);
      await joinNode(store, "late", [made], NOON, LEASE);
      await joinNode(store, "dead", [made]);
      await store.kill("dead", "proven", NOON, "n2");
      for (const node of ["late", "dead", "nobody"]) {
        const due = await dueSchedule(store, "sync");
        const dueAt = due.cursorAt + MINUTE;
        const plan = planOf(due, sync, [{ dueAt }]);
        const [planned] = await store.plan([plan], dueAt, { ...CLAIM, node });
        assert.deepEqual(
          planned,
          { answer: "planned", wishes: [], claimed: [], gaps: [], steps: [] },
          node,
        );
      }
      assert.deepEqual(await states(store), ["sync pending", "sync pending", "sync pending"]);
    }),
  );

  it(
    "is what the node has no code for",
    withStore(open, async (store) => {
      const other = definition("other");
      const { release: made } = await declare(store, [sync]);
      await declare(store, [other], { source: "elsewhere" });
      await joinNode(store, "n1", [made]);
      const claimed = await planAndClaim(store, [sync, other]);
      assert.deepEqual(
        claimed.map(({ task }) => task),
        ["sync"],
      );
      assert.deepEqual(await states(store), ["other pending", "sync running"]);
    }),
  );

  it(
    "is what the node has no room for, and what comes after it",
    withStore(open, async (store) => {
      const three = definition("sync", { schedules: ["a", "b", "c"].map((key) => schedule(key)) });
      await stage(store, [three]);
      const claimed = await planAndClaim(store, [three], { limit: 2 });
      assert.deepEqual(
        claimed.map(({ scheduleKey }) => scheduleKey),
        ["a", "b"],
      );
      assert.deepEqual(
        (await claimDue(store, DUE)).map(({ scheduleKey }) => scheduleKey),
        ["c"],
      );
    }),
  );

  it(
    "is all of it while something else waits to be claimed, which goes first",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const byHand = await triggerRun(store, sync);
      assert.deepEqual(await planAndClaim(store, [sync]), []);
      assert.equal((await claimDue(store, DUE, { limit: 1 }))[0]?.id, byHand);
    }),
  );

  it(
    "is all of it while somebody is about to be let in at a gate",
    withStore(open, async (store) => {
      const gated = limited("gated", 1, "skip");
      await stage(store, [sync, gated]);
      const byHand = await triggerRun(store, gated);
      assert.deepEqual(await planAndClaim(store, [sync]), []);
      assert.equal((await claimDue(store, DUE, { limit: 1 }))[0]?.id, byHand);
    }),
  );

  it(
    "is what is held by a pause",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.pause("sync", { by: "ann", reason: null, untilAt: null }, DUE);
      assert.deepEqual(await planAndClaim(store, [sync]), []);
      assert.equal((await store.runs({ limit: 1 }))[0]?.parked, "paused");
    }),
  );

  it(
    "is what is caught up, what is too late, and what is not due yet",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const kinds: readonly Partial<PlannedRun>[] = [
        { live: false },
        { startBy: DUE - 1 },
        { deadlineAt: DUE - 1 },
        { dueAt: DUE + MINUTE },
      ];
      for (const run of kinds) {
        const due = await dueSchedule(store, "sync");
        const plan = planOf(due, sync, [{ dueAt: due.cursorAt + 1, ...run }]);
        const [planned] = await store.plan([plan], DUE, CLAIM);
        assert.deepEqual(planned, {
          answer: "planned",
          wishes: [],
          claimed: [],
          gaps: [],
          steps: [],
        });
        await claimDue(store, DUE);
      }
    }),
  );

  it(
    "is what waits for its jitter, which holds up nobody",
    withStore(open, async (store) => {
      const gated = limited("gated", 1, "skip");
      await stage(store, [sync, gated]);
      const later = planOf(await dueSchedule(store, "gated"), gated, [
        { dueAt: DUE, readyAt: DUE + 5 },
      ]);
      const now = planOf(await dueSchedule(store, "sync"), sync, [{ dueAt: DUE }]);
      const planned = await store.plan([later, now], DUE, CLAIM);
      assert.deepEqual(
        planned.map(({ claimed }) => claimed.length),
        [0, 1],
      );
      assert.equal((await claimDue(store, DUE + 5))[0]?.task, "gated");
    }),
  );

  it(
    "is all of it under a claim that was made before",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      const first = await store.claim({ ...CLAIM, only: null }, DUE);
      assert.deepEqual(await planAndClaim(store, [sync]), []);
      assert.deepEqual((await store.claim({ ...CLAIM, only: null }, DUE)).runs, first.runs);
    }),
  );
}

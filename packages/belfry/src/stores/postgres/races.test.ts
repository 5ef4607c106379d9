import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import type { PlannedGap } from "../../core/plan.ts";
import { livingNode } from "../sql/claim.ts";
import { join } from "../sql/nodes.ts";
import { trigger } from "../sql/trigger.ts";
import { worksOf } from "../sql/verbs.ts";
import type { Work } from "../sql/work.ts";
import {
  attemptOf,
  claimDue,
  claimOne,
  comesDue,
  DAY,
  declare,
  definition,
  dueSchedule,
  FAILED,
  gapWords,
  HOUR,
  joinNode,
  LEASE,
  limited,
  MINUTE,
  NOON,
  planOf,
  request,
  retryAt,
  runOf,
  SECOND,
  SUCCEEDED,
  schedule,
  settlement,
  settleOne,
  triggerRun,
  tryTrigger,
  UNWATCHED,
} from "../store.fixture.ts";
import type { Connection } from "./connection.ts";
import { HOT_SETTINGS, postgresHot } from "./hot.ts";
import { openLine, waitsForLock } from "./line.fixture.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { overOrWaiting, stepped } from "./stepped.fixture.ts";
import { PostgresStore } from "./store.ts";

// What two transactions may do at once that one writer at a time could not, each step forced.

const HOT = postgresHot();
const WORKS = worksOf(HOT, (node, now) => join(HOT, node, null, now));

interface Scene {
  readonly store: PostgresStore;
  /** Stepped by hand. */
  readonly line: Connection;
  readonly second: Connection;
  readonly observer: Connection;
}

/** A store with nodes n1 and n2, which carry these tasks. */
function staged(
  bodies: readonly ReturnType<typeof definition>[],
  test: (scene: Scene) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const url = await emptyDatabase();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    const line = await openLine(url, { settings: HOT_SETTINGS });
    const second = await openLine(url, { settings: HOT_SETTINGS });
    const observer = await openLine(url);
    try {
      const { release } = await declare(store, bodies);
      await joinNode(store, "n1", [release]);
      await joinNode(store, "n2", [release]);
      await test({ store, line, second, observer });
    } finally {
      await Promise.all([line, second, observer, store].map((each) => each.close()));
    }
  };
}

let claims = 0;

function claim(node: string, limit = 100): Parameters<typeof WORKS.claim>[0] {
  claims += 1;
  return { node, claimId: `by hand ${claims}`, limit, only: null };
}

const plain = definition("plain");
const other = definition("other");
const queue = limited("gated", 1, "queue");
const queueToo = limited("guarded", 1, "queue");

function gap(from: number, to: number, over: Partial<PlannedGap> = {}): PlannedGap {
  const at = { fromAt: NOON + from * MINUTE, toAt: NOON + to * MINUTE, count: to - from + 1 };
  const nextAt = NOON + (to + 1) * MINUTE;
  return { ...at, reason: "down", dayEndAt: NOON + DAY / 2, nextAt, ...over };
}

describe("two transactions on PostgreSQL at once", { skip: NO_SERVER }, () => {
  describe("what happens once", happensOnce);
  describe("what was read before it was held", readsAnew);
  describe("the order of locks", locksInOrder);
  describe("who need not wait", waitsForNobody);
  describe("who comes to the same thing", comesToTheSame);
});

function happensOnce(): void {
  it(
    "two triggers with one idempotency key make one run",
    staged([plain], async ({ store, line, observer }) => {
      const [one, two] = ["k", "k"].map((idempotencyKey) => request(plain, { idempotencyKey }));
      assert.ok(one !== undefined && two !== undefined);
      const first = stepped(line, () => WORKS.trigger([one], NOON), "its end");
      await first.stands;
      const second = tryTrigger(store, two);
      await waitsForLock(observer, "store");
      first.go();
      assert.deepEqual(await first.answer, [{ answer: "triggered", run: one.id }]);
      assert.deepEqual(await second, { answer: "already", run: one.id });
      assert.equal((await store.runs({ limit: 10 })).length, 1);
    }),
  );

  it(
    "the second key of a batch does not undo what stands beside it",
    staged([plain], async ({ store, line, observer }) => {
      const one = request(plain, { idempotencyKey: "k" });
      const beside = request(plain);
      const first = stepped(line, () => WORKS.trigger([one], NOON), "its end");
      await first.stands;
      const second = store.trigger([beside, request(plain, { idempotencyKey: "k" })], NOON);
      await waitsForLock(observer, "store");
      first.go();
      await first.answer;
      assert.deepEqual(
        (await second).map(({ answer }) => answer),
        ["triggered", "already"],
      );
      assert.equal((await runOf(store, beside.id)).state, "pending");
    }),
  );

  it(
    "what two plans find missed is one incident",
    staged([plain, other], async ({ store, line, observer }) => {
      const missed = [gap(1, 3)];
      const plans = [
        planOf(await dueSchedule(store, "plain"), plain, [], missed),
        planOf(await dueSchedule(store, "other"), other, [], missed),
      ];
      const at = NOON + 5 * MINUTE;
      const first = stepped(line, () => WORKS.plan(plans.slice(0, 1), at), "its end");
      await first.stands;
      const second = store.plan(plans.slice(1), at);
      await waitsForLock(observer, "store");
      first.go();
      await first.answer;
      assert.equal((await second)[0]?.answer, "planned");
      const [down, ...more] = await store.incidents({ open: true, limit: 10 });
      assert.deepEqual(more, []);
      assert.deepEqual(down?.kind === "down" && down.tasks, { plain: 3, other: 3 });
    }),
  );

  it(
    "two failures of a task open one incident",
    staged([plain], async ({ store, line, observer }) => {
      await triggerRun(store, plain);
      await triggerRun(store, plain);
      const [one, two] = await claimDue(store, NOON);
      assert.ok(one !== undefined && two !== undefined);
      const first = stepped(
        line,
        () => WORKS.settle([settlement(one, FAILED, NOON)], NOON),
        "its end",
      );
      await first.stands;
      const second = store.settle([settlement(two, FAILED, NOON)], NOON);
      await waitsForLock(observer, "store");
      first.go();
      assert.deepEqual(
        (await first.answer).steps.map(({ step }) => step),
        ["opened"],
      );
      assert.deepEqual((await second).steps, []);
      const [incident, ...more] = await store.incidents({ open: true, limit: 10 });
      assert.deepEqual(more, []);
      assert.equal(incident?.kind === "task" && incident.failed, 2);
    }),
  );

  it(
    "of two ends of a task only the newest waits to be told to its heartbeat",
    staged([plain], async ({ store, line, observer }) => {
      await triggerRun(store, plain);
      await triggerRun(store, plain);
      const [one, two] = await claimDue(store, NOON);
      assert.ok(one !== undefined && two !== undefined);
      const watch = { ...UNWATCHED, heartbeat: { kind: "plain", host: "h" } } as const;
      const ended = (run: typeof one) => settlement(run, SUCCEEDED, NOON, { watch });
      const first = stepped(line, () => WORKS.settle([ended(one)], NOON), "its end");
      await first.stands;
      const second = store.settle([ended(two)], NOON);
      await waitsForLock(observer, "store");
      first.go();
      await Promise.all([first.answer, second]);
      const told = await store.outbox({ kind: "heartbeat", limit: 10 });
      assert.deepEqual(
        told.map(({ run }) => run),
        [two.id],
      );
    }),
  );

  for (const before of [/insert into gate/, /set slot = 1, overlap = null/]) {
    it(
      `two claims count at one gate that nobody has made, the first before ${before.source}`,
      staged([queue], async ({ store, ...lines }) => {
        const made = [request(queue), request(queue), request(queue)];
        await stepped(lines.line, () => trigger(made, NOON, "later"), "nowhere").answer;
        assert.equal(await store.gate("gated"), null);
        const claimed = await crossed(
          lines,
          () => WORKS.claim(claim("n1"), NOON),
          before,
          () => WORKS.claim(claim("n2"), NOON),
        );
        assert.deepEqual(
          claimed.flatMap(({ runs }) => runs).map(({ id }) => id),
          [made[0]?.id],
        );
        assert.equal((await store.gate("gated"))?.waiting, 2);
      }),
    );
  }
}

function readsAnew(): void {
  const jittered = limited("jittered", 1, "skip");

  it(
    "who waited for its jitter comes to its gate once, whoever looks",
    staged([jittered], async ({ store, line, observer }) => {
      const at = NOON + MINUTE;
      const { id } = await comesDue(store, jittered, at, { readyAt: at + 10 * SECOND });
      const later = at + 10 * SECOND;
      const first = stepped(line, () => WORKS.claim(claim("n1"), later), "its end");
      await first.stands;
      const second = store.claim(claim("n2"), later);
      await waitsForLock(observer, "store");
      first.go();
      assert.deepEqual(
        (await first.answer).runs.map((run) => run.id),
        [id],
      );
      const { runs, gaps } = await second;
      assert.deepEqual([runs, gaps], [[], []]);
      assert.deepEqual(await gapWords(store, "jittered"), []);
      assert.equal((await runOf(store, id)).node, "n1");
    }),
  );

  it(
    "a run that goes from node to node meanwhile is cancelled all the same",
    staged([plain], async ({ store, line }) => {
      const id = await triggerRun(store, plain);
      const run = await claimOne(store, NOON);
      const cancelling = stepped(
        line,
        () => WORKS.cancel(id, NOON, "ann"),
        /select task, node, asked from running/,
      );
      await cancelling.stands;
      await settleOne(store, run, retryAt(NOON + MINUTE), NOON);
      cancelling.go();
      assert.deepEqual(await cancelling.answer, { answer: "cancelled" });
      assert.equal((await runOf(store, id)).state, "cancelled");
    }),
  );

  it(
    "a gap that is pruned while it goes on goes on as another",
    staged([plain], async ({ store, line, observer }) => {
      const due = await dueSchedule(store, "plain");
      await store.plan([planOf(due, plain, [], [gap(1, 3)])], NOON + 4 * MINUTE);
      const rows = await store.expired(NOON + HOUR, 10);
      assert.equal(rows.length, 1);
      const pruning = stepped(line, () => WORKS.prune(rows, [], NOON), "its end");
      await pruning.stands;
      const again = await dueSchedule(store, "plain");
      const planning = store.plan([planOf(again, plain, [], [gap(4, 6)])], NOON + 7 * MINUTE);
      await waitsForLock(observer, "store");
      pruning.go();
      assert.equal(await pruning.answer, "pruned");
      await planning;
      assert.deepEqual(await gapWords(store, "plain"), ["down 4–6 ×3"]);
    }),
  );

  const replace = limited("replaced", 1, "replace");

  it(
    "who is to replace a run that somebody cancels meanwhile asks nobody more",
    staged([replace], async ({ store, line, observer }) => {
      const { id } = await comesDue(store, replace, NOON + MINUTE);
      await claimOne(store, NOON + MINUTE);
      const cancelling = stepped(line, () => WORKS.cancel(id, NOON, "ann"), "its end");
      await cancelling.stands;
      const next = comesDue(store, replace, NOON + 2 * MINUTE);
      await waitsForLock(observer, "store");
      cancelling.go();
      await cancelling.answer;
      assert.deepEqual((await next).planned.wishes, []);
      assert.deepEqual(
        (await store.wishes("n1")).map(({ asked, by }) => [asked, by]),
        [["cancelled", "ann"]],
      );
    }),
  );

  it(
    "who becomes too late behind a gate that nobody holds frees its slot all the same",
    staged([queue, queueToo], async ({ store, line }) => {
      const at = NOON + MINUTE;
      const early = await triggerRun(store, queue, { deadlineAt: NOON + 5 * SECOND });
      const claiming = stepped(
        line,
        () => WORKS.claim(claim("n1", 0), at),
        /from gate .*for update/,
      );
      await claiming.stands;
      await triggerRun(store, queueToo, { deadlineAt: NOON + 5 * SECOND });
      const waiting = await triggerRun(store, queueToo);
      claiming.go();
      await claiming.answer;
      assert.equal((await runOf(store, early)).state, "cancelled");
      assert.deepEqual(
        (await claimDue(store, at)).map(({ id }) => id),
        [waiting],
      );
    }),
  );
}

/** Lets the second run into the first where it stands; neither may have to begin again. */
async function crossed<A, B>(
  { line, second, observer }: Omit<Scene, "store">,
  one: () => Work<A>,
  before: RegExp,
  two: () => Work<B>,
): Promise<readonly [A, B]> {
  const first = stepped(line, one, before);
  await first.stands;
  const other = stepped(second, two, "nowhere");
  await overOrWaiting(other.answer, observer);
  first.go();
  const answers = await Promise.all([first.answer, other.answer]);
  assert.deepEqual([first.tries(), other.tries()], [1, 1], "they waited for each other");
  return answers;
}

function locksInOrder(): void {
  it(
    "a claim that turns somebody away and lets another in, and a settlement of both tasks",
    staged([plain, queue], async ({ store, ...lines }) => {
      await triggerRun(store, plain);
      await triggerRun(store, queue);
      const runs = await claimDue(store, NOON);
      const [failed] = runs.filter(({ task }) => task === "plain");
      assert.ok(failed !== undefined && runs.length === 2);
      // Past its deadline after a try: an incident of the task. And one that comes to the gate.
      await comesDue(store, plain, NOON + MINUTE, { startBy: NOON + MINUTE + SECOND });
      await triggerRun(store, queue, { dueAt: NOON + 2 * MINUTE });
      const at = NOON + 2 * MINUTE;
      const ends = runs.map((run) => settlement(run, FAILED, at));
      await crossed(
        lines,
        () => WORKS.claim(claim("n1"), at),
        /from gate .*for update/,
        () => WORKS.settle(ends, at),
      );
      assert.equal((await store.incidents({ open: true, limit: 10 })).length, 2);
    }),
  );

  it(
    "two batches of triggers at the same gates",
    staged([queue, queueToo], async ({ store, ...lines }) => {
      await triggerRun(store, queue);
      await triggerRun(store, queueToo);
      const one = [request(queue), request(queueToo)];
      const two = [request(queueToo), request(queue)];
      await crossed(
        lines,
        () => WORKS.trigger(one, NOON),
        /insert into audit/,
        () => WORKS.trigger(two, NOON),
      );
    }),
  );

  it(
    "two plans that come to the same gates in another order",
    staged(
      [queue, queueToo].map((body) => ({ ...body, schedules: [schedule("a"), schedule("b")] })),
      async ({ store, ...lines }) => {
        await triggerRun(store, queue);
        await triggerRun(store, queueToo);
        const dueAt = NOON + MINUTE;
        const planned = async (body: typeof queue, key: string) =>
          planOf(await dueSchedule(store, body.task, key), body, [{ dueAt }]);
        const one = [await planned(queue, "a"), await planned(queueToo, "a")];
        const two = [await planned(queueToo, "b"), await planned(queue, "b")];
        await crossed(
          lines,
          () => WORKS.plan(one, dueAt),
          /as free/,
          () => WORKS.plan(two, dueAt),
        );
        assert.equal((await store.runs({ state: "pending", limit: 10 })).length, 6);
      },
    ),
  );

  it(
    "two settlements of the same attempts: their node's, and one that takes them for lost",
    staged([plain], async ({ store, ...lines }) => {
      await triggerRun(store, plain);
      await triggerRun(store, plain);
      const runs = await claimDue(store, NOON);
      const back = runs.map((run) => settlement(run, retryAt(NOON + MINUTE), NOON));
      const lost = runs.map((run) =>
        settlement(run, retryAt(NOON), NOON, { attempt: attemptOf(run, "lost", NOON) }),
      );
      const [first, second] = await crossed(
        lines,
        () => WORKS.settle(back, NOON),
        /insert into pending/,
        () => WORKS.settle(lost.reverse(), NOON),
      );
      assert.deepEqual(first.answers, ["settled", "settled"]);
      assert.deepEqual(second.answers, ["stale", "stale"]);
    }),
  );
}

function waitsForNobody(): void {
  it(
    "a renewal does not wait for another node's",
    staged([plain], async ({ store, line, observer }) => {
      const claiming = stepped(line, () => livingNode("n1"), "its end");
      await claiming.stands;
      const renewed = store.renew("n1", NOON + DAY + LEASE, NOON + MINUTE);
      await waitsForLock(observer, "store");
      assert.equal((await store.renew("n2", NOON + DAY + LEASE, NOON + MINUTE)).alive, true);
      claiming.go();
      await claiming.answer;
      assert.equal((await renewed).alive, true);
    }),
  );

  it(
    "who plans what another is planning, who may stand still",
    staged([plain, other], async ({ store, line }) => {
      const dueAt = NOON + MINUTE;
      const same = planOf(await dueSchedule(store, "plain"), plain, [{ dueAt }]);
      const own = planOf(await dueSchedule(store, "other"), other, [{ dueAt }]);
      const planning = stepped(line, () => WORKS.plan([same], dueAt), "its end");
      await planning.stands;
      const answers = await store.plan([same, own], dueAt);
      assert.deepEqual(
        answers.map(({ answer }) => answer),
        ["stale", "planned"],
      );
      planning.go();
      await planning.answer;
      assert.equal((await store.runs({ limit: 10 })).length, 2);
    }),
  );

  it(
    "whoever looks whether a pause is over, while none is",
    staged([plain], async ({ store, line }) => {
      await store.pause("plain", { by: "ann", reason: null, untilAt: NOON + HOUR }, NOON);
      const working = stepped(line, () => livingNode("n1"), "its end");
      await working.stands;
      assert.equal(await store.unpause(NOON + MINUTE), NOON + HOUR);
      working.go();
      await working.answer;
      assert.equal(await store.unpause(NOON + HOUR), null);
      assert.equal((await store.tasks("plain"))[0]?.pause, null);
    }),
  );
}

function comesToTheSame(): void {
  it(
    "two who make a gate share its slots",
    staged([queue], async ({ store, line, observer }) => {
      const first = stepped(line, () => WORKS.trigger([request(queue)], NOON), "its end");
      await first.stands;
      const second = triggerRun(store, queue);
      await waitsForLock(observer, "store");
      first.go();
      await Promise.all([first.answer, second]);
      assert.equal((await claimDue(store, NOON)).length, 1);
    }),
  );

  it(
    "who comes to a gate that is swept makes it anew",
    staged([queue], async ({ store, line, observer }) => {
      await store.cancel(await triggerRun(store, queue), NOON, "ann");
      const sweeping = stepped(line, () => WORKS.sweep(NOON, NOON), "its end");
      await sweeping.stands;
      const coming = triggerRun(store, queue);
      await waitsForLock(observer, "store");
      sweeping.go();
      assert.equal(await sweeping.answer, 1);
      assert.equal((await claimOne(store, NOON)).id, await coming);
      assert.deepEqual((await store.gate("gated"))?.holders, [await coming]);
    }),
  );

  it(
    "a gate to which somebody comes is not swept",
    staged([queue], async ({ store, line }) => {
      await store.cancel(await triggerRun(store, queue), NOON, "ann");
      const coming = stepped(line, () => WORKS.trigger([request(queue)], NOON), "its end");
      await coming.stands;
      assert.equal(await store.sweep(NOON, NOON), 0);
      coming.go();
      await coming.answer;
      assert.equal((await claimDue(store, NOON)).length, 1);
    }),
  );

  it(
    "what one has taken out of the outbox no other takes, nor waits for",
    staged([definition("told", { watch: { ...UNWATCHED, alerts: ["ops"] } })], async (scene) => {
      const { store, line } = scene;
      await triggerRun(store, definition("told"));
      await settleOne(store, await claimOne(store, NOON), FAILED, NOON);
      const lanes = [{ kind: "alert", channel: "ops", limit: 10 }] as const;
      const query = { node: "n1", lanes, othersBefore: NOON, telling: [] };
      const first = stepped(line, () => WORKS.takeOutbox(query, MINUTE, NOON), "its end");
      await first.stands;
      assert.deepEqual((await store.takeOutbox(query, MINUTE, NOON)).items, []);
      first.go();
      assert.equal((await first.answer).items.length, 1);
      assert.deepEqual((await store.takeOutbox(query, MINUTE, NOON)).items, []);
    }),
  );

  it(
    "a trigger comes before a pause or after it",
    staged([plain], async ({ store, line, observer }) => {
      const made = request(plain);
      const coming = stepped(line, () => WORKS.trigger([made], NOON), "its end");
      await coming.stands;
      const pausing = store.pause("plain", { by: "ann", reason: null, untilAt: null }, NOON);
      await waitsForLock(observer, "store");
      const late = tryTrigger(store, request(plain));
      coming.go();
      await Promise.all([coming.answer, pausing]);
      assert.equal((await runOf(store, made.id)).parked, "paused");
      assert.deepEqual(await late, { answer: "paused" });
    }),
  );

  it(
    "a run that moves while it is read is read as it was",
    staged([plain], async ({ store, line }) => {
      const id = await triggerRun(store, plain);
      const run = await claimOne(store, NOON);
      const reading = stepped(line, () => WORKS.run(id), /from running/, "snapshot");
      await reading.stands;
      await settleOne(store, run, retryAt(NOON + MINUTE), NOON);
      reading.go();
      assert.equal((await reading.answer)?.state, "running");
      assert.equal((await runOf(store, id)).state, "pending");
    }),
  );

  it(
    "who is declared dead while it renews learns it, and what it ended is stale",
    staged([plain], async ({ store, line, observer }) => {
      await triggerRun(store, plain);
      const run = await claimOne(store, NOON);
      const killing = stepped(line, () => WORKS.kill("n1", "proven", NOON, "n2"), "its end");
      await killing.stands;
      const renewing = store.renew("n1", NOON + DAY + LEASE, NOON);
      await waitsForLock(observer, "store");
      killing.go();
      assert.equal(await killing.answer, "killed");
      assert.equal((await renewing).alive, false);
      const [orphan] = await store.orphans(10);
      assert.equal(orphan?.id, run.id);
      const lost = { attempt: attemptOf(run, "lost", NOON) };
      assert.equal(await settleOne(store, run, retryAt(NOON), NOON, lost), "settled");
      assert.equal(await settleOne(store, run, SUCCEEDED, NOON), "stale");
      assert.equal((await runOf(store, run.id)).state, "pending");
    }),
  );
}

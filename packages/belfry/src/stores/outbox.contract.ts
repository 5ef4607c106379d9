import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Watch } from "../core/definition.ts";
import type { Verdict } from "../core/verdict.ts";
import type { OutboxItem, OutboxLane, OutboxQuery } from "../outbox.ts";
import type { Settlement, Store } from "../store.ts";
import { type Open, withStore } from "./store.contract.ts";
import {
  attemptOf,
  claimOne,
  DAY,
  definition,
  FAILED,
  HOUR,
  joinNode,
  MINUTE,
  NOON,
  release,
  SECOND,
  SUCCEEDED,
  settlement,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const WATCH: Watch = {
  alerts: ["ops", "team"],
  heartbeat: { kind: "healthchecks", host: "hc-ping.com" },
  mail: { to: ["ann@example.org"], from: "root" },
};
const sync = definition("sync", { watch: WATCH });
const HOLD = MINUTE;

function ask(...kinds: readonly string[]): OutboxQuery {
  const lanes = kinds.map((kind): OutboxLane => {
    if (kind === "heartbeat" || kind === "mail") return { kind, channel: null, limit: 5 };
    return { kind: "alert", channel: kind, limit: 5 };
  });
  return { node: "n1", lanes, telling: [], othersBefore: 0 };
}

async function ends(
  store: Store,
  verdict: Verdict,
  at: number,
  over: Partial<Settlement> = {},
): Promise<string> {
  await triggerRun(store, sync, { dueAt: at }, at);
  const run = await claimOne(store, at);
  await store.settle([settlement(run, verdict, at + SECOND, over)], at + SECOND);
  return run.id;
}

async function take(store: Store, query: OutboxQuery, now: number): Promise<readonly OutboxItem[]> {
  return (await store.takeOutbox(query, HOLD, now)).items;
}

function words(items: readonly OutboxItem[]): readonly string[] {
  return items.map((item) =>
    item.kind === "alert"
      ? `${item.facts.step} ${item.channel} ${item.tries}`
      : `${item.kind} ${item.tries}`,
  );
}

export function outboxContract(open: Open): void {
  describe("the outbox", () => {
    alertsContract(open);
    endedContract(open);
  });
}

function alertsContract(open: Open): void {
  it(
    "hands out what is ready on the channels asked for, and hides it until the hold ends",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, FAILED, NOON);
      const at = NOON + SECOND;
      assert.equal(await store.outboxReadyAt(ask("pager")), null);
      assert.equal(await store.outboxReadyAt(ask("ops")), at);
      assert.deepEqual(words(await take(store, ask("ops"), at)), ["opened ops 1"]);
      assert.deepEqual(words(await take(store, ask("ops"), at)), []);
      assert.equal(await store.outboxReadyAt(ask("ops")), at + HOLD);
      assert.deepEqual(words(await take(store, ask("ops", "team"), at)), ["opened team 1"]);
      assert.deepEqual(words(await take(store, ask("ops"), at + HOLD)), ["opened ops 2"]);
    }),
  );

  it(
    "what is sent stays sent, whatever is said of it later, and is listed",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, FAILED, NOON);
      const [item] = await take(store, ask("ops"), NOON + SECOND);
      assert.ok(item);
      const { id, tries } = item;
      await store.recordOutbox([{ id, tries, task: null, result: "sent" }], NOON + MINUTE);
      const again = { id, tries, task: null, result: "again", readyAt: NOON, error: "no" } as const;
      await store.recordOutbox(
        [again, { id, tries, task: null, result: "dropped", error: "no" }],
        NOON + HOUR,
      );
      assert.deepEqual(await take(store, ask("ops"), NOON + DAY), []);
      const incidents = [id.split("/")[0] ?? ""];
      const [row] = await store.outbox({ incidents, state: "sent", limit: 9 });
      assert.ok(row);
      assert.deepEqual([row.id, row.tries, row.endedAt, row.error], [id, 1, NOON + MINUTE, null]);
    }),
  );

  it(
    "what failed is tried again at its time; a result that comes after somebody else took it changes nothing",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, FAILED, NOON);
      const [first] = await take(store, ask("ops"), NOON + SECOND);
      assert.ok(first);
      const failed = { id: first.id, task: null, result: "again", error: "503" } as const;
      await store.recordOutbox(
        [{ ...failed, tries: 1, readyAt: NOON + 2 * MINUTE }],
        NOON + MINUTE,
      );
      assert.equal(await store.outboxReadyAt(ask("ops")), NOON + 2 * MINUTE);
      const [second] = await take(store, ask("ops"), NOON + 2 * MINUTE);
      assert.equal(second?.tries, 2);
      await store.recordOutbox([{ ...failed, tries: 1, readyAt: NOON }], NOON + 2 * MINUTE);
      assert.deepEqual(await take(store, ask("ops"), NOON + 2 * MINUTE), []);
      const [row] = await store.outbox({ state: "waiting", kind: "alert", limit: 9 });
      assert.ok(row !== undefined);
    }),
  );

  it(
    "tells an incident's end on a channel only after its beginning",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, FAILED, NOON);
      await ends(store, SUCCEEDED, NOON + MINUTE);
      const at = NOON + HOUR;
      const [opened, early] = await take(store, ask("ops"), at);
      assert.ok(opened !== undefined && early === undefined);
      assert.equal(await store.outboxReadyAt(ask("ops")), at + HOLD);
      const { id, tries } = opened;
      await store.recordOutbox([{ id, tries, task: null, result: "sent" }], at);
      assert.deepEqual(words(await take(store, ask("ops"), at)), ["closed ops 1"]);
    }),
  );

  it(
    "gives each lane no more than it has room for, the oldest first",
    withStore(open, async (store) => {
      const bodies = ["a", "b", "c"].map((task) => definition(task, { watch: WATCH }));
      await stage(store, bodies);
      for (const [index, body] of bodies.entries()) {
        const at = NOON + index * SECOND;
        await triggerRun(store, body, { dueAt: at }, at);
        await store.settle([settlement(await claimOne(store, at), FAILED, at)], at);
      }
      const lane = { kind: "alert", channel: "ops", limit: 2 } as const;
      const items = await take(store, { ...ask(), lanes: [lane] }, NOON + MINUTE);
      const tasks = items.map((item) => item.kind === "alert" && item.facts.incident);
      assert.deepEqual(
        tasks.map((incident) => incident !== false && incident.kind === "task" && incident.task),
        ["a", "b"],
      );
    }),
  );
}

function endedContract(open: Open): void {
  const watch = { heartbeat: WATCH.heartbeat, mail: WATCH.mail };

  it(
    "a run that ended is told to the watcher by a node that carries its task, only the newest",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      const run = await ends(store, FAILED, NOON + MINUTE, { watch });
      await joinNode(store, "n2", []);
      const at = NOON + 2 * MINUTE;
      assert.equal(await store.outboxReadyAt({ ...ask("heartbeat"), node: "n2" }), null);
      const [beat, second] = await take(store, ask("heartbeat"), at);
      assert.ok(beat?.kind === "heartbeat" && second === undefined);
      assert.equal(beat.id, `${run}/heartbeat`);
      const { state, reason, attempt, endedAt, node } = beat.facts;
      assert.deepEqual([state, reason, attempt, node], ["failed", "exhausted", 1, "n1"]);
      assert.equal(endedAt, NOON + MINUTE + SECOND);
    }),
  );

  it(
    "a heartbeat is left for a while to the node that ended the run",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      await joinNode(store, "n2", [release([sync])]);
      const at = NOON + MINUTE;
      const other = { ...ask("heartbeat"), node: "n2", othersBefore: NOON };
      assert.equal(await store.outboxReadyAt(other), null);
      assert.deepEqual(await take(store, other, at), []);
      const later = { ...other, othersBefore: at };
      assert.equal(await store.outboxReadyAt(later), NOON + SECOND);
      assert.deepEqual(words(await take(store, later, at)), ["heartbeat 1"]);
    }),
  );

  it(
    "a heartbeat waits while an earlier end of its task is being told",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      const telling = { ...ask("heartbeat"), telling: ["sync"] };
      assert.equal(await store.outboxReadyAt(telling), null);
      assert.deepEqual(await take(store, telling, NOON + MINUTE), []);
      assert.deepEqual(words(await take(store, ask("heartbeat"), NOON + MINUTE)), ["heartbeat 1"]);
    }),
  );

  it(
    "a newer end tries a watcher that does not answer no sooner, and within a minute",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      const fail = async (readyAt: number): Promise<void> => {
        const [item] = await store.outbox({ kind: "heartbeat", limit: 1 });
        const { id, tries } = item ?? { id: "", tries: 0 };
        const tried = { id, tries, task: "sync" };
        await store.recordOutbox([{ ...tried, result: "again", readyAt, error: "away" }], NOON);
      };
      await fail(NOON + 20 * SECOND);
      await ends(store, SUCCEEDED, NOON + 10 * SECOND, { watch });
      assert.equal(await store.outboxReadyAt(ask("heartbeat")), NOON + 20 * SECOND);
      await fail(NOON + DAY);
      await ends(store, SUCCEEDED, NOON + 30 * SECOND, { watch });
      assert.equal(await store.outboxReadyAt(ask("heartbeat")), NOON + 31 * SECOND + MINUTE);
      const rows = await store.outbox({ kind: "heartbeat", limit: 9 });
      assert.deepEqual(
        rows.map(({ state, error }) => [state, error]),
        [["waiting", "away"]],
      );
    }),
  );

  it(
    "what became of an end that was superseded while it was told is taken to heart by the newer",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const [at, readyAt] = [NOON + MINUTE, NOON + MINUTE + 10 * SECOND];
      const newest = async () => (await store.outbox({ kind: "heartbeat", limit: 1 }))[0];
      await ends(store, SUCCEEDED, NOON, { watch });
      const [first] = await take(store, ask("heartbeat"), at);
      await ends(store, SUCCEEDED, NOON + 10 * SECOND, { watch });
      const tried = { id: first?.id ?? "", tries: 1, task: "sync" };
      await store.recordOutbox([{ ...tried, result: "again", readyAt, error: "away" }], at);
      const second = await newest();
      assert.notEqual(second?.id, first?.id);
      assert.deepEqual([second?.readyAt, second?.error, second?.tries], [readyAt, "away", 1]);

      const [retried] = await take(store, ask("heartbeat"), readyAt);
      await ends(store, SUCCEEDED, readyAt + SECOND, { watch });
      assert.equal((await newest())?.error, "away", "it waits for the one that is being told");
      const heard = { id: retried?.id ?? "", tries: 2, task: "sync", result: "sent" } as const;
      await store.recordOutbox([heard], readyAt + 5 * SECOND);
      const third = await newest();
      assert.notEqual(third?.id, retried?.id);
      assert.deepEqual([third?.readyAt, third?.error], [readyAt + 5 * SECOND, null]);
    }),
  );

  it(
    "a failure is not told to who is called after successes only",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const plain = { heartbeat: { kind: "plain", host: "example.org" }, mail: null } as const;
      await ends(store, FAILED, NOON, { watch: plain });
      assert.deepEqual(await store.outbox({ kind: "heartbeat", limit: 9 }), []);
    }),
  );

  it(
    "a heartbeat that is an hour old is dropped",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      assert.deepEqual(await take(store, ask("heartbeat"), NOON + 2 * HOUR), []);
      const [row] = await store.outbox({ kind: "heartbeat", limit: 9 });
      assert.equal(row?.state, "dropped");
    }),
  );

  it(
    "a cancelled run has no heartbeat, and a retry tells nobody",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const cancelled: Verdict = { move: "finish", state: "cancelled", reason: "cancelled" };
      await ends(store, cancelled, NOON, { watch });
      await ends(store, { move: "retry", readyAt: NOON + DAY }, NOON + MINUTE, { watch });
      assert.deepEqual(await store.outbox({ limit: 9 }), []);
    }),
  );

  it(
    "what a run printed is mailed, and nothing where it printed nothing",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await ends(store, SUCCEEDED, NOON, { watch });
      await triggerRun(store, sync, { dueAt: NOON + MINUTE }, NOON + MINUTE);
      const run = await claimOne(store, NOON + MINUTE);
      const attempt = { ...attemptOf(run, "succeeded", NOON + MINUTE), logBytes: 12, exitCode: 0 };
      const settled = settlement(run, SUCCEEDED, NOON + MINUTE, { watch, attempt });
      for (const _ of [1, 2]) await store.settle([settled], NOON + MINUTE);
      const [mail, second] = await take(store, ask("mail"), NOON + HOUR);
      assert.ok(mail?.kind === "mail" && second === undefined);
      assert.equal(mail.id, `${run.id}/mail`);
      assert.deepEqual([mail.facts.mail, mail.facts.exitCode], [WATCH.mail, 0]);
    }),
  );
}

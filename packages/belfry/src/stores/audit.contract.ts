import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuditRow } from "../records.ts";
import type { Store } from "../store.ts";
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
  LEASE,
  limited,
  MINUTE,
  NOON,
  schedule,
  settleOne,
  stage,
  triggerRun,
} from "./store.fixture.ts";

const sync = definition("sync");
const PAUSE = { by: "ann", reason: "moving", untilAt: null };

export function auditContract(open: Open): void {
  describe("the audit", () => {
    ofOperators(open);
    ofRuns(open);
    ofReleases(open);
    ofNodes(open);
    reading(open);
  });
}

function ofOperators(open: Open): void {
  it(
    "tells of a pause and its end: who, why, and what it was before",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.pause("sync", PAUSE, NOON);
      await store.pause("sync", { ...PAUSE, by: "bob", untilAt: NOON + DAY }, NOON + 1);
      await store.resume("sync", NOON + HOUR, "cid");
      const [resumed, longer, paused] = await newest(store, 3);
      assert.deepEqual(paused, {
        actor: "ann",
        what: "task.pause",
        subject: "sync",
        task: "sync",
        before: null,
        after: { fromAt: NOON, ...PAUSE },
      });
      assert.deepEqual(longer?.before, paused.after);
      assert.deepEqual(longer?.after, { fromAt: NOON, ...PAUSE, by: "bob", untilAt: NOON + DAY });
      assert.equal(resumed?.actor, "cid");
      assert.equal(resumed.what, "task.resume");
      assert.deepEqual(resumed.before, longer.after);
    }),
  );

  it(
    "tells of schedules made, changed and removed at run time, and nothing of their payloads",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const own = { task: "sync", key: "c7", parts: schedule().parts, nextAt: NOON + HOUR };
      await store.setSchedule({ ...own, payload: '{"pin":1}' }, NOON, "ann");
      await store.setSchedule({ ...own, payload: '{"pin":2}' }, NOON, "bob");
      await store.removeSchedule("sync", "c7", NOON, "cid");
      const [removed, changed, added] = await newest(store, 3);
      const { parts } = own;
      assert.deepEqual(
        [added?.actor, added?.what, added?.subject, added?.task],
        ["ann", "schedule.add", "sync/c7", "sync"],
      );
      assert.deepEqual(added?.after, { parts, payload: "one" });
      assert.deepEqual([changed?.actor, changed?.what], ["bob", "schedule.change"]);
      assert.deepEqual(changed?.before, { parts, payload: "one" });
      assert.deepEqual(changed?.after, { parts, payload: "another" });
      assert.deepEqual([removed?.actor, removed?.what], ["cid", "schedule.remove"]);
      assert.deepEqual(removed?.before, { parts, payload: "one" });
    }),
  );

  it(
    "tells who said which time is right",
    withStore(open, async (store) => {
      await joinNode(store, "n1", [], NOON);
      await store.acceptClock(NOON - HOUR, "ann");
      const [accepted] = await newest(store, 1);
      assert.deepEqual(accepted, {
        actor: "ann",
        what: "clock.accept",
        subject: "store",
        task: null,
        before: { highAt: NOON },
        after: { highAt: NOON - HOUR },
      });
    }),
  );

  it(
    "keeps what somebody did beside the store",
    withStore(open, async (store) => {
      const deed = { actor: "ann", what: "store.backup", subject: "/b.db", task: null };
      await store.recordDeed({ ...deed, before: null, after: '{"bytes":1}' }, NOON);
      const [row] = await store.audit({ limit: 1 });
      assert.deepEqual(row, { seq: 1, at: NOON, ...deed, before: null, after: '{"bytes":1}' });
    }),
  );
}

function ofRuns(open: Open): void {
  it(
    "tells of runs made by hand and as replays, and of nothing that a schedule made",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const by = (actor: string) => ({ trigger: { kind: "manual", by: actor } }) as const;
      const id = await triggerRun(store, sync, { ...by("ann"), payload: '{"pin":1}' });
      await settleOne(store, await claimOne(store, NOON), FAILED, NOON);
      const again = await triggerRun(store, sync, {
        trigger: { kind: "replay", by: "bob" },
        replayOf: id,
        force: true,
      });
      await comesDue(store, sync, NOON + MINUTE);
      const [replayed, triggered] = await newest(store, 2);
      assert.deepEqual(triggered, {
        actor: "ann",
        what: "run.trigger",
        subject: id,
        task: "sync",
        before: null,
        after: { kind: "manual", dueAt: NOON },
      });
      assert.deepEqual(
        [replayed?.actor, replayed?.what, replayed?.subject],
        ["bob", "run.replay", again],
      );
      assert.deepEqual(replayed?.after, {
        kind: "replay",
        dueAt: NOON,
        replayOf: id,
        forced: true,
      });
    }),
  );

  it(
    "tells once who cancelled a run, whether it waited or ran",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      const waiting = await triggerRun(store, sync);
      await store.cancel(waiting, NOON, "ann");
      const running = await triggerRun(store, sync);
      await claimOne(store, NOON);
      await store.cancel(running, NOON, "bob");
      await store.cancel(running, NOON, "cid");
      await store.cancel("nothing", NOON, "cid");
      const told = await store.audit({ what: "run.cancel", limit: 10 });
      assert.deepEqual(
        told.map(({ actor, subject, task }) => [actor, subject, task]),
        [
          ["bob", running, "sync"],
          ["ann", waiting, "sync"],
        ],
      );
      assert.deepEqual(told.map(sides), [
        [
          { state: "running", asked: null },
          { state: "running", asked: "cancelled" },
        ],
        [{ state: "pending" }, { state: "cancelled" }],
      ]);
    }),
  );
}

function ofReleases(open: Open): void {
  it(
    "tells of each task that a release brings, changes or takes away, and what of it",
    withStore(open, async (store) => {
      await declare(store, [sync, limited("b", 1, "skip"), definition("gone")]);
      const slower = definition("sync", { owner: "ann", policies: { timeoutMs: MINUTE } });
      const bodies = [slower, limited("b", 1, "skip"), definition("new")];
      const { release } = await declare(store, bodies, { by: "n2" });
      const rows = await newest(store, 7);
      const told = rows.map(({ actor, what, subject }) => [actor, what, subject]);
      assert.deepEqual(told.slice(0, 6), [
        ["n2", "source.adopt", "app"],
        ["n2", "task.remove", "gone"],
        ["n2", "schedule.remove", "gone/default"],
        ["n2", "schedule.add", "new/default"],
        ["n2", "task.add", "new"],
        ["n2", "task.change", "sync"],
      ]);
      assert.equal(told[6]?.[0], "node", "a task that is as it was is not mentioned");
      const [adopted, removed, , , added, changed] = rows;
      assert.deepEqual(adopted?.after, {
        release: release.hash,
        tasks: { added: 1, changed: 1, removed: 1, refused: [] },
      });
      assert.deepEqual(changed?.before, { owner: null, policies: { timeoutMs: null } });
      assert.deepEqual(changed?.after, { owner: "ann", policies: { timeoutMs: MINUTE } });
      assert.equal(added?.before, null);
      assert.deepEqual(removed?.before, added?.after, "all but what its schedules' rows tell");
    }),
  );

  it(
    "tells of another limit of a gate as the change of its task",
    withStore(open, async (store) => {
      await stage(store, [limited("b", 1, "queue")]);
      await triggerRun(store, limited("b", 1, "queue"));
      await declare(store, [limited("b", 3, "queue")], { by: "ann" });
      const [changed] = await store.audit({ what: "task.change", limit: 10 });
      assert.ok(changed);
      assert.deepEqual(sides(changed), [
        { policies: { concurrency: { limit: 1 } } },
        { policies: { concurrency: { limit: 3 } } },
      ]);
    }),
  );

  it(
    "tells of another schedule as the change of that schedule, and of the refused by name",
    withStore(open, async (store) => {
      await declare(store, [sync]);
      await declare(store, [definition("sync", { schedules: [schedule("default", "5 * * * *")] })]);
      await declare(store, [sync], { source: "shop" });
      const [refused, , changed] = await newest(store, 3);
      assert.deepEqual(refused?.after?.["tasks"], {
        added: 0,
        changed: 0,
        removed: 0,
        refused: ["sync"],
      });
      assert.deepEqual([changed?.what, changed?.subject], ["schedule.change", "sync/default"]);
      assert.deepEqual(await store.audit({ what: "task.change", limit: 1 }), []);
    }),
  );
}

function ofNodes(open: Open): void {
  it(
    "tells which node declared another dead, by what evidence, and how much it ran",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      await claimOne(store, NOON);
      assert.equal(await store.kill("n1", "expired", NOON, "n2"), "held");
      assert.equal(await store.kill("n1", "proven", NOON + 1, "n2"), "killed");
      assert.equal(await store.kill("n1", "proven", NOON + 2, "n3"), "held");
      const told = await store.audit({ what: "node.dead", limit: 10 });
      assert.deepEqual(
        told.map(({ actor, subject, at }) => [actor, subject, at]),
        [["node n2", "n1", NOON + 1]],
      );
      assert.deepEqual(told.map(sides), [
        [
          { state: "alive", host: "host", pid: 1, leaseUntilAt: NOON + DAY, running: 1 },
          { state: "dead", evidence: "proven" },
        ],
      ]);
    }),
  );
}

function reading(open: Open): void {
  it(
    "is read newest first, by task, actor, deed and a half-open range of instants",
    withStore(open, async (store) => {
      await stage(store, [sync, definition("other")]);
      await store.pause("sync", PAUSE, NOON + 1);
      await store.pause("other", { ...PAUSE, by: "bob" }, NOON + 2);
      await store.resume("sync", NOON + 3, "bob");
      const instants = async (filter: Parameters<Store["audit"]>[0]): Promise<number[]> =>
        (await store.audit(filter)).map(({ at }) => at - NOON);
      const since = { from: NOON + 1, limit: 10 };
      assert.deepEqual(await instants(since), [3, 2, 1]);
      assert.deepEqual(await instants({ ...since, limit: 2 }), [3, 2]);
      assert.deepEqual(await instants({ ...since, until: NOON + 3 }), [2, 1]);
      assert.deepEqual(await instants({ ...since, task: "sync" }), [3, 1]);
      assert.deepEqual(await instants({ ...since, actor: "bob" }), [3, 2]);
      assert.deepEqual(await instants({ ...since, what: "task.pause", actor: "bob" }), [2]);
      assert.deepEqual(await instants({ ...since, task: "nothing" }), []);
    }),
  );

  it(
    "forgets what it tells of runs and nodes with them, and keeps what it tells of rules",
    withStore(open, async (store) => {
      await stage(store, [sync]);
      await store.cancel(await triggerRun(store, sync), NOON, "ann");
      await store.prune(await store.expired(NOON + DAY, 10), [], NOON + DAY);
      await store.kill("n1", "expired", NOON + DAY + LEASE, "n2");
      await store.pause("sync", PAUSE, NOON);
      await triggerRun(store, sync, { force: true }, NOON + 9 * DAY);
      await store.sweep(NOON + 5 * DAY, NOON + 9 * DAY);
      const told = (await store.audit({ limit: 10 })).map(({ what }) => what);
      assert.deepEqual(told, [
        "run.trigger",
        "task.pause",
        "source.adopt",
        "schedule.add",
        "task.add",
      ]);
    }),
  );
}

type Told = Pick<AuditRow, "actor" | "what" | "subject" | "task"> & {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
};

async function newest(store: Store, limit: number): Promise<readonly Told[]> {
  const rows = await store.audit({ limit });
  return rows.map((row) => {
    const { actor, what, subject, task } = row;
    const [before, after] = sides(row);
    return { actor, what, subject, task, before, after };
  });
}

function sides({ before, after }: AuditRow): [Told["before"], Told["after"]] {
  return [JSON.parse(before ?? "null"), JSON.parse(after ?? "null")];
}

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  claimDue,
  claimOne,
  declare,
  definition,
  dueSchedule,
  FAILED,
  joinNode,
  limited,
  NOON,
  planOf,
  release,
  request,
  retryAt,
  runOf,
  SUCCEEDED,
  settlement,
  settleOne,
  stage,
  triggerRun,
} from "../store.fixture.ts";
import { Database } from "./database.ts";
import { SqliteStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "belfry-damage-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const sync = definition("sync");

/** A store, and a second connection by which a test damages it. */
async function withDamage(
  body: (store: SqliteStore, damage: (sql: string) => void) => Promise<void>,
): Promise<void> {
  files += 1;
  const path = join(folder, `${files}.db`);
  const store = new SqliteStore(path);
  const db = new Database(path);
  try {
    await body(store, (sql) => db.exec(sql));
  } finally {
    db.close();
    await store.close();
  }
}

describe("one damaged row stops no other", () => {
  it("fails a run whose attempts cannot be read, frees its slot and claims the rest", async () => {
    await withDamage(async (store, damage) => {
      const one = limited("sync", 1, "queue");
      await stage(store, [one]);
      const bad = await triggerRun(store, one);
      await settleOne(store, await claimOne(store, NOON), retryAt(NOON), NOON);
      const next = await triggerRun(store, one);
      damage("update pending set attempts = '{' where attempts <> ''");
      assert.deepEqual(await claimDue(store, NOON), []);
      const failed = await runOf(store, bad);
      assert.equal(failed.state, "failed");
      assert.equal(failed.reason, "permanent");
      assert.equal(failed.error?.code, "damaged-row");
      assert.equal((await claimOne(store, NOON)).id, next);
    });
  });

  it("passes over a schedule whose parts cannot be read", async () => {
    await withDamage(async (store, damage) => {
      await stage(store, [sync, definition("other")]);
      damage("update schedule set parts = '[' where task = 'sync'");
      const query = { node: null, until: NOON * 2, after: null, limit: 10 };
      const due = await store.upcoming(query);
      assert.deepEqual(
        due.map((schedule) => schedule.task),
        ["other"],
      );
    });
  });

  it("mends a schedule whose parts cannot be read by the next release", async () => {
    await withDamage(async (store, damage) => {
      await stage(store, [sync]);
      damage("update schedule set parts = '['");
      const changed = definition("sync", { owner: "ops" });
      const { adopted } = await declare(store, [changed], { now: NOON + 3_600_000 });
      assert.equal(adopted.answer, "adopted");
      assert.equal((await store.schedulesOf(["sync"])).length, 1);
    });
  });

  it("leaves out a definition that cannot be read, and its task from lists", async () => {
    await withDamage(async (store, damage) => {
      await stage(store, [sync, definition("other")]);
      damage("update definition set body = '' where body like '%\"task\":\"sync\"%'");
      assert.deepEqual(
        (await store.tasks(null)).map((task) => task.name),
        ["other"],
      );
      const hashes = release([sync, definition("other")]).tasks.map((task) => task.definition);
      assert.equal((await store.definitions(hashes)).length, 1);
    });
  });

  it("does not take a damaged release for one without tasks", async () => {
    await withDamage(async (store, damage) => {
      await declare(store, [sync]);
      const next = release([sync, definition("other")]);
      await store.publish(next, [], NOON + 1);
      await joinNode(store, "n1", [next]);
      assert.equal((await store.drift()).length, 1);
      damage(`update release set body = '[' where hash = '${next.hash}'`);
      assert.deepEqual(await store.drift(), []);
    });
  });

  it("bears a node whose list of releases cannot be read", async () => {
    await withDamage(async (store, damage) => {
      await stage(store, [sync]);
      await joinNode(store, "n2", [release([sync])]);
      damage("update node set releases = '[' where id = 'n2'");
      assert.deepEqual(await store.drift(), []);
      assert.equal((await store.nodes()).length, 2);
      await store.sweep(NOON, NOON);
    });
  });

  it("settles the rest of a batch in which one run cannot be settled, and says so", async () => {
    await withDamage(async (store, damage) => {
      await stage(store, [sync]);
      await triggerRun(store, sync);
      await triggerRun(store, sync);
      const [bad, good] = await claimDue(store, NOON);
      assert.ok(bad && good);
      damage(`insert into history (id, task, due_at, created_at, definition, trigger_kind, trigger_by,
        attempts, ended_at, state) values ('${bad.id}', 'sync', 0, 0, '', '', '', '', 0, 'failed')`);
      const batch = [settlement(bad, SUCCEEDED, NOON), settlement(good, SUCCEEDED, NOON)];
      await assert.rejects(store.settle(batch, NOON), /UNIQUE/);
      assert.equal((await runOf(store, good.id)).state, "succeeded");
      assert.equal(await settleOne(store, good, SUCCEEDED, NOON), "settled");
    });
  });
});

describe("a store that cannot be used", () => {
  it("keeps settling, planning and telling where incidents, alerts or what they go by cannot be read", async () => {
    await withDamage(async (store, damage) => {
      const watch = { alerts: ["ops"], heartbeat: null, mail: null };
      const bodies = ["a", "b"].map((task) => definition(task, { watch }));
      const [a, b] = bodies;
      assert.ok(a && b);
      await stage(store, bodies);
      const end = async (body: typeof a, verdict: typeof FAILED): Promise<string> => {
        await triggerRun(store, body);
        return await settleOne(store, await claimOne(store, NOON), verdict, NOON);
      };
      assert.equal(await end(a, SUCCEEDED), "settled");
      damage("update task set last_success = '{'");
      assert.equal(await end(a, FAILED), "settled");
      assert.equal(await end(b, FAILED), "settled");
      damage("update incident set body = '{' where task = 'a'");
      damage("update outbox set body = '{' where task = 'a'");
      assert.equal(await end(a, FAILED), "settled");
      assert.equal(await end(a, SUCCEEDED), "settled");
      const lane = { kind: "alert", channel: "ops", limit: 9 } as const;
      const ops = { node: "n1", lanes: [lane], telling: [], othersBefore: NOON };
      const { items } = await store.takeOutbox(ops, 1_000, NOON);
      const tasks = items.map((item) => item.kind === "alert" && item.facts.incident);
      assert.deepEqual(
        tasks.map((one) => one !== false && one.kind === "task" && one.task),
        ["b"],
      );
      const closed = await store.takeOutbox(ops, 1_000, NOON);
      assert.equal(closed.items.length, 1);

      damage("update definition set body = '{'");
      const due = await dueSchedule(store, "b");
      const gap = {
        fromAt: NOON,
        toAt: NOON,
        count: 1,
        reason: "down",
        dayEndAt: NOON + 1,
      } as const;
      const [planned] = await store.plan([planOf(due, b, [], [{ ...gap, nextAt: null }])], NOON);
      assert.equal(planned?.answer, "planned");
      assert.equal(await end(b, FAILED), "settled");
    });
  });

  it("refuses a SQLite that can corrupt what two processes write", async () => {
    const { refuseOldSqlite } = await import("./database.ts");
    for (const version of ["3.51.2", "3.7.0", "2.9.9", undefined]) {
      assert.throws(() => refuseOldSqlite(version), { code: "old-sqlite" }, version);
    }
    for (const version of ["3.51.3", "3.53.4", "4.0.0"]) refuseOldSqlite(version);
  });

  it("refuses a store that a newer version has migrated", async () => {
    await withDamage(async (_store, damage) => {
      damage("update meta set schema = 99");
      const path = join(folder, `${files}.db`);
      assert.throws(() => new SqliteStore(path), { code: "newer-schema", kind: "conflict" });
    });
  });

  it("says that it is unavailable while the disk is full, keeps what it had, and recovers", async () => {
    files += 1;
    const path = join(folder, `${files}.db`);
    const db = new Database(path);
    db.exec("create table filler (text text)");
    const pages = db.get<{ page_count: number }>("pragma page_count")?.page_count ?? 0;
    db.run("insert into filler values ('kept')");
    db.get(`pragma max_page_count = ${pages}`);
    const flood = (): number =>
      db.write(() => db.run("insert into filler values (?)", "x".repeat(100_000)));
    assert.throws(flood, { kind: "unavailable", code: "store-unavailable" });
    assert.equal(db.all("select * from filler").length, 1);
    db.get(`pragma max_page_count = ${pages + 1_000}`);
    assert.equal(flood(), 1);
    db.close();
  });

  it("undoes a part of a transaction alone", () => {
    const db = new Database(":memory:");
    db.exec("create table kept (n integer)");
    db.write(() => {
      db.run("insert into kept values (1)");
      assert.throws(() =>
        db.savepoint(() => {
          db.run("insert into kept values (2)");
          throw new Error("undone");
        }),
      );
      db.run("insert into kept values (3)");
    });
    assert.deepEqual(
      db.all<{ n: number }>("select n from kept").map(({ n }) => n),
      [1, 3],
    );
    db.close();
  });

  it("makes its file and folder for this user alone", async () => {
    const { statSync } = await import("node:fs");
    const made = join(folder, "made", "here");
    const store = new SqliteStore(join(made, "belfry.db"));
    await store.trigger([request(sync)], NOON);
    await store.close();
    assert.equal(statSync(made).mode & 0o777, 0o700);
    assert.equal(statSync(join(made, "belfry.db")).mode & 0o777, 0o600);
  });
});

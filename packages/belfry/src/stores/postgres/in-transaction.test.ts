import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import pg from "pg";
import type { CallerTransaction } from "../../caller-transaction.ts";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import { BelfryError } from "../../core/errors.ts";
import type { Store } from "../../store.ts";
import type { TriggerRequest } from "../../triggering.ts";
import {
  claimDue,
  claimOne,
  declare,
  definition,
  HOUR,
  joinNode,
  limited,
  MINUTE,
  NOON,
  release,
  request,
  runOf,
  SUCCEEDED,
  settleOne,
  stage,
  triggerRun,
} from "../store.fixture.ts";
import { emptyStore } from "./empty-store.fixture.ts";
import { triggerIn } from "./in-transaction.ts";
import { openLine, waitsForLock } from "./line.fixture.ts";
import { asking, emptyDatabase, NO_ROLES, NO_SERVER } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";
import { heardOf, LISTEN } from "./wake-ups.ts";

const sync = definition("sync");
const single = limited("single", 1, "skip");
const BOTH = [sync, single];

/** A store with a node at work on it, and callers that have their own connections. */
class Scene implements AsyncDisposable {
  readonly url: string;
  readonly store: Store;
  readonly #clients: pg.Client[] = [];

  private constructor(url: string, store: Store) {
    this.url = url;
    this.store = store;
  }

  static async open(): Promise<Scene> {
    const url = await emptyStore();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    await stage(store, BOTH);
    return new Scene(url, store);
  }

  async client(over: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, ...over });
    client.on("error", () => {});
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  /** A caller that has begun a transaction. */
  async begun(how = "begin"): Promise<pg.Client> {
    const client = await this.client();
    await client.query(how);
    return client;
  }

  trigger(tx: CallerTransaction, made: TriggerRequest, now = NOON) {
    return triggerIn(async () => (await this.store.mark()).storeId)(tx, made, now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.store.close();
  }
}

describe("a trigger in the caller's transaction", { skip: NO_SERVER }, () => {
  it("makes a run that is there once the transaction commits, and starts then", async () => {
    await using scene = await Scene.open();
    const tx = await scene.begun();
    const made = request(sync, { payload: '{"a":1}', deadlineAt: NOON + HOUR });
    assert.deepEqual(await scene.trigger(tx, made), { answer: "triggered", run: made.id });
    assert.equal(await scene.store.run(made.id), null);
    assert.deepEqual(await claimDue(scene.store, NOON), []);
    await tx.query("commit");
    const { payload, trigger, createdAt, deadlineAt } = await runOf(scene.store, made.id);
    assert.deepEqual(
      { payload, trigger, createdAt, deadlineAt },
      { payload: '{"a":1}', trigger: made.trigger, createdAt: NOON, deadlineAt: NOON + HOUR },
    );
    assert.equal((await claimOne(scene.store, NOON)).id, made.id);
    const [deed] = await scene.store.audit({ what: "run.trigger", limit: 5 });
    assert.deepEqual([deed?.actor, deed?.subject], ["ann", made.id]);
  });

  it("leaves nothing where the transaction is undone, to the end or to a savepoint", async () => {
    await using scene = await Scene.open();
    const tx = await scene.begun();
    const [gone, kept] = [request(sync, { idempotencyKey: "k" }), request(sync)];
    await tx.query("savepoint s");
    await scene.trigger(tx, gone);
    await tx.query("rollback to savepoint s");
    await scene.trigger(tx, kept);
    await tx.query("commit");
    await tx.query("begin");
    const undone = request(sync);
    await scene.trigger(tx, undone);
    await tx.query("rollback");
    const runs = await scene.store.runs({ limit: 10 });
    assert.deepEqual(
      runs.map(({ id }) => id),
      [kept.id],
    );
    assert.equal((await triggerRun(scene.store, sync, { idempotencyKey: "k" })) === gone.id, false);
    assert.equal((await scene.store.audit({ what: "run.trigger", limit: 9 })).length, 2);
  });

  it("goes by anything that does a statement, whatever that makes of numbers", async () => {
    await using scene = await Scene.open();
    const odd = await scene.client({
      types: { getTypeParser: () => (value: string | Buffer) => ({ odd: String(value) }) },
    });
    await odd.query("begin");
    await assert.rejects(scene.trigger(odd, request(sync)), { code: "bad-transaction" });
    await odd.query("rollback");
    const client = await scene.client({
      types: {
        getTypeParser: (oid: number) => (value: string | Buffer) =>
          oid === 20 ? BigInt(String(value)) : String(value),
      },
    });
    const asked: string[] = [];
    const given: (readonly unknown[])[] = [];
    const rowsOnly: CallerTransaction = {
      async query(text, values) {
        asked.push(text);
        given.push(values);
        return (await client.query({ text, values })).rows;
      },
    };
    await client.query("begin");
    const payload = JSON.stringify({ said: 'a "quoted" \\ word, {1,2} NULL é' });
    const key = { idempotencyKey: 'k, "1"', payload };
    const made = request(single, key);
    assert.equal((await scene.trigger(rowsOnly, made)).answer, "triggered");
    assert.deepEqual(await scene.trigger(rowsOnly, request(single, key)), {
      answer: "already",
      run: made.id,
    });
    await client.query("commit");
    assert.equal((await claimOne(scene.store, NOON)).id, made.id);
    assert.equal((await runOf(scene.store, made.id)).payload, payload);
    const isPlain = (value: unknown): boolean => typeof value !== "object" || value === null;
    assert.ok(given.every((values) => values.every(isPlain)));
    assert.ok(
      asked.every((text) => !/advisory|for (update|share)/.test(text)),
      "it locks nothing",
    );
  });

  it("keeps nobody waiting: nodes claim, settle, plan, pause, deploy and join meanwhile", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const first = await triggerRun(store, single);
    const run = await claimOne(store, NOON);
    const tx = await scene.begun();
    const made = request(single);
    await scene.trigger(tx, made);
    await scene.trigger(tx, request(sync));
    // Whoever were kept waiting would fail by the deadline of its line.
    assert.equal(run.id, first);
    assert.equal(await settleOne(store, run, SUCCEEDED, NOON), "settled");
    const second = await triggerRun(store, single);
    assert.equal((await claimOne(store, NOON)).id, second);
    await store.pause("sync", { by: "ann", reason: null, untilAt: null }, NOON);
    await store.resume("sync", NOON, "ann");
    const { release: next } = await declare(store, [...BOTH, definition("third")]);
    await joinNode(store, "n2", [next]);
    await store.sweep(NOON, NOON);
    await tx.query("commit");
    assert.equal((await runOf(store, made.id)).state, "pending");
  });

  it("passes the gate only after the commit, by the limit in force then", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const made = [request(single), request(single), request(single)];
    for (const each of made) await scene.trigger(tx, each);
    await declare(store, [sync, limited("single", 2, "skip")]);
    assert.equal(await store.gate("single"), null);
    await tx.query("commit");
    const running = await claimDue(store, NOON);
    assert.deepEqual(
      running.map(({ id }) => id),
      [made[0]?.id, made[1]?.id],
    );
    const gate = await store.gate("single");
    assert.deepEqual([gate?.max, gate?.waiting], [2, 1]);
    const [ended] = running;
    assert.ok(ended);
    await settleOne(store, ended, SUCCEEDED, NOON);
    assert.equal((await claimOne(store, NOON)).id, made[2]?.id);
  });

  it("is found by whoever keeps house too, where no claim has come before", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const made = request(single);
    await scene.trigger(tx, made);
    await tx.query("commit");
    await store.topup(NOON);
    await store.parkUncarried(NOON);
    assert.equal((await claimOne(store, NOON)).id, made.id);
  });

  it("waits for its time, and counts at the gate of a task without a limit", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const later = request(sync, { dueAt: NOON + HOUR });
    await scene.trigger(tx, later);
    for (let more = 0; more < 3; more += 1) await scene.trigger(tx, request(sync));
    await tx.query("commit");
    assert.equal((await claimDue(store, NOON)).length, 3);
    assert.deepEqual(await claimDue(store, NOON + HOUR - 1), []);
    assert.equal((await claimOne(store, NOON + HOUR)).id, later.id);
  });

  it("is held where its task was paused before the commit, unless it is forced", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const [made, forced] = [request(single), request(single, { force: true })];
    await scene.trigger(tx, made);
    await scene.trigger(tx, forced);
    await store.pause("single", { by: "ann", reason: null, untilAt: null }, NOON);
    await tx.query("commit");
    const run = await claimOne(store, NOON);
    assert.equal(run.id, forced.id);
    assert.equal((await runOf(store, made.id)).parked, "paused");
    await settleOne(store, run, SUCCEEDED, NOON);
    await store.resume("single", NOON + MINUTE, "ann");
    assert.equal((await claimOne(store, NOON + MINUTE)).id, made.id);
  });

  it("meets a gate that no claim has made where its task is paused first, and resumed", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const made = [request(single), request(single)];
    for (const each of made) await scene.trigger(tx, each);
    await tx.query("commit");
    await store.pause("single", { by: "ann", reason: null, untilAt: null }, NOON);
    assert.deepEqual(await claimDue(store, NOON), []);
    await store.resume("single", NOON + MINUTE, "ann");
    assert.equal((await claimOne(store, NOON + MINUTE)).id, made[0]?.id);
    assert.equal((await store.gate("single"))?.waiting, 1);
  });

  it("is cancelled where its task was removed before the commit", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    const tx = await scene.begun();
    const made = request(single);
    await scene.trigger(tx, made);
    await declare(store, [sync]);
    await tx.query("commit");
    assert.deepEqual(await claimDue(store, NOON), []);
    const { state, asked } = await runOf(store, made.id);
    assert.deepEqual([state, asked?.by], ["cancelled", "release"]);
  });

  it("answers as ever to what it may not do, and leaves the transaction whole", async () => {
    await using scene = await Scene.open();
    const { store } = scene;
    await store.pause("single", { by: "ann", reason: null, untilAt: null }, NOON);
    const known = await triggerRun(store, sync, { idempotencyKey: "k", payload: "1" });
    const tx = await scene.begun();
    const other = request(sync, { idempotencyKey: "k", payload: "2" });
    assert.deepEqual(await scene.trigger(tx, other), { answer: "conflict", run: known });
    assert.deepEqual(await scene.trigger(tx, request(single)), { answer: "paused" });
    assert.deepEqual(await scene.trigger(tx, request(definition("none"))), { answer: "no-task" });
    const made = request(sync);
    await scene.trigger(tx, made);
    await tx.query("commit");
    assert.equal((await runOf(store, made.id)).state, "pending");
  });

  it("makes one run of a key that two transactions use: the second waits for the first", async () => {
    await using scene = await Scene.open();
    const observer = await openLine(scene.url);
    try {
      const [one, two] = [await scene.begun(), await scene.begun()];
      await two.query("set application_name = 'belfry second'");
      const key = { idempotencyKey: "k", payload: "1" };
      const made = request(sync, key);
      await scene.trigger(one, made);
      const second = scene.trigger(two, request(sync, key));
      await waitsForLock(observer, "second");
      await one.query("commit");
      assert.deepEqual(await second, { answer: "already", run: made.id });
      await two.query("commit");
      assert.equal((await scene.store.runs({ limit: 9 })).length, 1);
    } finally {
      await observer.close();
    }
  });

  it("makes the second transaction's run of a key where the first is undone", async () => {
    await using scene = await Scene.open();
    const [one, two] = [await scene.begun(), await scene.begun()];
    const key = { idempotencyKey: "k", payload: "1" };
    await scene.trigger(one, request(sync, key));
    const made = request(sync, key);
    const second = scene.trigger(two, made);
    await one.query("rollback");
    assert.deepEqual(await second, { answer: "triggered", run: made.id });
    await two.query("commit");
  });

  for (const level of ["repeatable read", "serializable"]) {
    it(`has the isolation of the transaction: ${level}`, async () => {
      await using scene = await Scene.open();
      const tx = await scene.begun(`begin isolation level ${level}`);
      await tx.query("select 1 from pg_class limit 1");
      const key = { idempotencyKey: "k", payload: "1" };
      await triggerRun(scene.store, sync, key);
      await assert.rejects(scene.trigger(tx, request(sync, key)), { code: "40001" });
      await tx.query("rollback");
      await tx.query(`begin isolation level ${level}`);
      const made = request(single);
      await scene.trigger(tx, made);
      const run = await triggerRun(scene.store, single);
      await tx.query("commit");
      const started = (await claimDue(scene.store, NOON)).filter(({ task }) => task === "single");
      assert.equal(started.length, 1);
      assert.ok([made.id, run].includes(started[0]?.id ?? ""));
    });
  }

  it("refuses what is in no transaction, and does nothing", async () => {
    await using scene = await Scene.open();
    const pool = new pg.Pool({ connectionString: scene.url });
    try {
      for (const tx of [await scene.client(), pool]) {
        await assert.rejects(scene.trigger(tx, request(sync)), (error: unknown) => {
          assert.ok(error instanceof BelfryError);
          assert.equal(error.code, "not-in-transaction");
          return true;
        });
      }
    } finally {
      await pool.end();
    }
    assert.deepEqual(await scene.store.runs({ limit: 9 }), []);
  });

  it("refuses a transaction of another database, with a store or without", async () => {
    await using scene = await Scene.open();
    const empty = await scene.client({ connectionString: await emptyDatabase() });
    await empty.query("begin");
    await assert.rejects(scene.trigger(empty, request(sync)), { code: "other-database" });
    const url = await emptyDatabase();
    const other = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    await other.close();
    const elsewhere = await scene.client({ connectionString: url });
    await elsewhere.query("begin");
    await assert.rejects(scene.trigger(elsewhere, request(sync)), { code: "other-database" });
  });

  it("tells who listens when it commits, and not where it is undone", async () => {
    await using scene = await Scene.open();
    const listener = await scene.client();
    await listener.query(LISTEN.text);
    const heard: unknown[] = [];
    listener.on("notification", ({ payload }) => heard.push(payload));
    const tx = await scene.begun();
    await scene.trigger(tx, request(sync));
    await tx.query("rollback");
    await listener.query("select 1");
    assert.deepEqual(heard, []);
    await tx.query("begin");
    await scene.trigger(tx, request(sync));
    const told = once(listener, "notification");
    await tx.query("commit");
    await told;
    assert.deepEqual(
      heard.map((said) => heardOf(String(said))),
      [{ from: "", what: "runs" }],
    );
  });

  it("needs of the caller's role no more than is documented", { skip: NO_ROLES }, async () => {
    await using scene = await Scene.open();
    await asking(
      scene.url,
      `drop role if exists shop; create role shop; grant usage on schema belfry to shop;
       grant select on belfry.meta, belfry.task, belfry.pending, belfry.running, belfry.history,
         belfry.trigger_key to shop;
       grant insert on belfry.pending, belfry.trigger_key, belfry.audit to shop`,
    );
    const tx = await scene.client();
    await tx.query("set role shop");
    await tx.query("begin");
    const made = request(single, { idempotencyKey: "k" });
    await scene.trigger(tx, made);
    await tx.query("commit");
    assert.equal((await claimOne(scene.store, NOON)).id, made.id);
    await asking(scene.url, "drop owned by shop; drop role shop");
  });

  it("runs on whichever node has the code, also one that has come since", async () => {
    await using scene = await Scene.open();
    const tx = await scene.begun();
    const made = request(single);
    await scene.trigger(tx, made);
    await tx.query("commit");
    await scene.store.leave("n1", NOON);
    await joinNode(scene.store, "n2", [release(BOTH)]);
    assert.equal((await claimOne(scene.store, NOON, "n2")).id, made.id);
  });
});

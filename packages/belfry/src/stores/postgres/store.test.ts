import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import { storeContract } from "../store.contract.ts";
import { DAY, definition, joinNode, LEASE, NOON, stage, triggerRun } from "../store.fixture.ts";
import { emptyStore } from "./empty-store.fixture.ts";
import { ask, withLines } from "./line.fixture.ts";
import { asking, emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";

storeContract(
  "the PostgreSQL store",
  async () => {
    const url = await emptyStore();
    return await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
  },
  NO_SERVER,
);

describe("the PostgreSQL store, while its server has been up for less than a lease", {
  skip: NO_SERVER,
}, () => {
  it("declares nobody dead because a lease has expired, but whose end is proven", async () => {
    const url = await emptyDatabase();
    const open = (leaseMs: number): Promise<PostgresStore> =>
      PostgresStore.open({ url, clock: systemClock, random: systemRandom, leaseMs });
    const [young, old] = [await open(1e12), await open(0)];
    for (const id of ["n1", "n2"]) await joinNode(young, id, [], NOON, LEASE);
    const later = NOON + 2 * LEASE;
    assert.equal(await young.kill("n1", "expired", later, "n3"), "held");
    assert.equal(await young.kill("n1", "proven", later, "n3"), "killed");
    assert.equal(await old.kill("n2", "expired", later, "n3"), "killed");
    await young.close();
    await old.close();
  });
});

describe("the PostgreSQL store, where somebody has put a run in twice", { skip: NO_SERVER }, () => {
  it("lets what runs run, drops its copy, and gives out the others", async () => {
    const url = await emptyStore();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    const sync = definition("sync");
    await stage(store, [sync]);
    const first = await triggerRun(store, sync);
    const claim = { node: "n1", limit: 5, only: null };
    assert.equal((await store.claim({ ...claim, claimId: "a" }, NOON)).runs.length, 1);
    await asking(
      url,
      `insert into belfry.pending (id, task, due_at, created_at, ready_at, definition, trigger_kind,
         trigger_by, attempts, slot, forced, live)
       select id, task, due_at, created_at, ready_at, definition, trigger_kind, trigger_by, '', 0, 0, 0
       from belfry.running`,
    );
    const other = await triggerRun(store, sync);
    const { runs } = await store.claim({ ...claim, claimId: "b" }, NOON);
    assert.deepEqual(
      runs.map(({ id }) => id),
      [other],
    );
    assert.equal((await store.run(first))?.state, "running");
    await store.close();
  });
});

describe("the PostgreSQL store, kept by a janitor", { skip: NO_SERVER }, () => {
  it("makes the coming days of history and drops those that are over and empty", async () => {
    const url = await emptyDatabase();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    const days = async (): Promise<unknown> =>
      (
        await asking(
          url,
          `select array_agg(substr(inhrelid::regclass::text, 16) order by 1) as days from pg_inherits
           where inhparent = 'belfry.history'::regclass and inhrelid::regclass::text not like '%default'`,
        )
      )[0]?.["days"];
    const today = Date.now() - (Date.now() % DAY);
    const named = (first: number): string[] =>
      [0, 1, 2, 3].map((ahead) => dayName(today + (first + ahead) * DAY));
    assert.deepEqual(await days(), named(0));
    await store.sweep(today - 90 * DAY, today + DAY);
    assert.deepEqual(await days(), [dayName(today), ...named(1)]);
    await store.sweep(today - 90 * DAY, today + 5 * DAY);
    assert.deepEqual(await days(), [dayName(today + 4 * DAY), ...named(5)]);
    await store.close();
  });

  it("puts that off where somebody reads history for long", async () => {
    const url = await emptyDatabase();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    await withLines(url, 1, async (reader) => {
      await ask(reader, "begin");
      await ask(reader, "select count(*) from belfry.history");
      const now = Date.now() + 5 * DAY;
      await store.sweep(0, now);
      const made = `belfry.history_${dayName(now + 3 * DAY)}`;
      const dropped = `belfry.history_${dayName(Date.now())}`;
      const there = "select to_regclass($1) is not null, to_regclass($2) is not null";
      assert.deepEqual(await ask(reader, there, [made, dropped]), [[0, 1]]);
      await ask(reader, "commit");
      await store.sweep(0, now);
      assert.deepEqual(await ask(reader, there, [made, dropped]), [[1, 0]]);
    });
    await store.close();
  });
});

function dayName(at: number): string {
  return new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
}

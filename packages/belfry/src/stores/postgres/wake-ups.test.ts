import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import type { Change, Store } from "../../store.ts";
import {
  claimDue,
  comesDue,
  declare,
  definition,
  dueSchedule,
  joinNode,
  MINUTE,
  NOON,
  planOf,
  request,
  SUCCEEDED,
  settleOne,
  stage,
} from "../store.fixture.ts";
import { until } from "./line.fixture.ts";
import { NO_POOLER, Pooler } from "./pooler.fixture.ts";
import { asking, emptyDatabase, NO_OWN_SERVER, NO_SERVER, OwnServer } from "./server.fixture.ts";
import { type PostgresOptions, PostgresStore } from "./store.ts";

const sync = definition("sync");

function openStore(url: string, over: Partial<PostgresOptions> = {}): Promise<PostgresStore> {
  return PostgresStore.open({ url, clock: systemClock, random: systemRandom, ...over });
}

/** Two nodes' stores of one database; `woken` counts what the second hears. */
async function withTwo(
  url: string,
  test: (own: PostgresStore, heard: () => number, other: PostgresStore) => Promise<void>,
): Promise<void> {
  const [own, other] = [await openStore(url), await openStore(url)];
  try {
    let woken = 0;
    other.onChange(() => {
      woken += 1;
    });
    await listening(url);
    await test(own, () => woken, other);
  } finally {
    await own.close();
    await other.close();
  }
}

async function listening(url: string, lines = 1): Promise<void> {
  const text = `select count(*) as n from pg_stat_activity where application_name = 'belfry listen'
    and datname = current_database() and query ilike 'listen%' and state = 'idle'`;
  await until(async () => Number((await asking(url, text))[0]?.["n"]) === lines);
}

/** A hint waits some ms for others. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60));
}

function schedule(key: string): Parameters<Store["setSchedule"]>[0] {
  return { task: "sync", key, parts: sync.schedules[0]?.parts ?? [], payload: null, nextAt: null };
}

describe("who listens to a store in PostgreSQL", { skip: NO_SERVER }, () => {
  const verbs: readonly (readonly [what: string, did: (store: Store) => Promise<unknown>])[] = [
    ["triggers", (store) => store.trigger([request(sync)], NOON)],
    ["publishes and adopts", (store) => declare(store, [sync, definition("other")])],
    ["sets a schedule", (store) => store.setSchedule(schedule("a"), NOON, "test")],
    ["removes a schedule", (store) => store.removeSchedule("sync", "a", NOON, "test")],
    ["pauses", (store) => store.pause("sync", { by: "test", reason: null, untilAt: null }, NOON)],
    ["resumes", (store) => store.resume("sync", NOON, "test")],
    ["kills a node", (store) => store.kill("n2", "proven", NOON, "n1")],
    ["leaves", (store) => store.leave("n3", NOON)],
  ];
  it("is woken when another changes what others may have to act on", async () => {
    await withTwo(await emptyDatabase(), async (own, heard) => {
      await stage(own, [sync]);
      await joinNode(own, "n2", []);
      await joinNode(own, "n3", []);
      for (const [what, did] of verbs) {
        const before = heard();
        await did(own);
        await until(() => heard() > before).catch(() => assert.fail(`who ${what} wakes nobody`));
        await settled();
      }
    });
  });

  it("is woken by a wish that a run of its end, and by a plan that another cannot begin", async () => {
    await withTwo(await emptyDatabase(), async (own, heard) => {
      await stage(own, [sync]);
      const { id } = await comesDue(own, sync, NOON + MINUTE);
      await until(() => heard() > 0);
      await claimDue(own, NOON + MINUTE);
      await settled();
      const before = heard();
      assert.equal((await own.cancel(id, NOON + MINUTE, "test")).answer, "asked");
      await until(() => heard() > before);
    });
  });

  it("hears that only runs wait, or that whatever there is may have changed, as from older nodes", async () => {
    const url = await emptyDatabase();
    await withTwo(url, async (own, _heard, other) => {
      await stage(own, [sync]);
      await settled();
      const whats: Change[] = [];
      other.onChange((what) => void whats.push(what));
      await own.trigger([request(sync)], NOON);
      await until(() => whats.length === 1);
      await asking(url, "select pg_notify('belfry', 'somebody')::text");
      await until(() => whats.length === 2);
      assert.deepEqual(whats, ["runs", "anything"]);
      // What comes together is told as one.
      await Promise.all([
        own.trigger([request(sync)], NOON),
        own.pause("sync", { by: "test", reason: null, untilAt: null }, NOON),
        own.trigger([request(sync)], NOON),
      ]);
      await settled();
      assert.ok(whats.slice(2).includes("anything"));
    });
  });

  it("is left alone by what every run passes through, and by its own changes", async () => {
    await withTwo(await emptyDatabase(), async (own, heard, other) => {
      await stage(own, [sync]);
      await settled();
      const before = heard();
      await other.trigger([request(sync)], NOON);
      const [run] = await claimDue(own, NOON);
      assert.ok(run);
      await settleOne(own, run, SUCCEEDED, NOON);
      const plan = planOf(await dueSchedule(own, "sync"), sync, [{ dueAt: NOON + MINUTE }]);
      const claim = { node: "n1", claimId: "c", limit: 2 };
      const [planned] = await own.plan([plan], NOON + MINUTE, claim);
      assert.equal(planned?.claimed.length, 1);
      await own.renew("n1", NOON + 2 * MINUTE, NOON + MINUTE);
      // What is sent after all that is heard after it.
      await own.trigger([request(sync)], NOON);
      await until(() => heard() > before);
      await settled();
      assert.equal(heard(), before + 1);
    });
  });

  it("hears nothing any more once it has withdrawn, and gives its line back", async () => {
    const url = await emptyDatabase();
    const store = await openStore(url);
    const withdraw = store.onChange(() => {});
    await listening(url);
    withdraw();
    await listening(url, 0);
    store.onChange(() => {});
    await listening(url, 1);
    await store.close();
    await listening(url, 0);
  });
});

describe("who listens to a server that goes away", { skip: NO_OWN_SERVER }, () => {
  it("listens again when it is back, and looks at what it may have missed", async () => {
    await using server = await OwnServer.start();
    await withTwo(server.url(), async (own, heard) => {
      await stage(own, [sync]);
      await settled();
      await server.stop("crash");
      const before = heard();
      await server.startAgain();
      await until(() => heard() > before);
      const again = heard();
      await own.trigger([request(sync)], NOON);
      await until(() => heard() > again);
    });
  });
});

describe("who listens behind PgBouncer", { skip: NO_POOLER }, () => {
  let server: OwnServer;
  let pooler: Pooler;
  before(async () => {
    server = await OwnServer.start();
    pooler = await Pooler.start(server, 4);
  });
  after(async () => {
    await pooler[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it("hears past it where it is told how", async () => {
    const own = await openStore(pooler.url());
    const other = await openStore(pooler.url(), { listenUrl: server.url() });
    let woken = 0;
    other.onChange(() => {
      woken += 1;
    });
    await listening(server.url());
    await stage(own, [sync]);
    await until(() => woken > 0);
    await own.close();
    await other.close();
  });

  it("leaves nobody listening in a server process that others get next", async () => {
    const store = await openStore(pooler.url());
    store.onChange(() => assert.fail("nothing can be heard through a pooler"));
    const text = "select count(*) as n from pg_stat_activity where query ilike 'listen%'";
    await stage(store, [sync]);
    await settled();
    assert.equal(Number((await asking(server.url(), text))[0]?.["n"]), 0);
    await store.close();
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import pg from "pg";
import { openBelfry, task } from "../src/index.ts";
import { asking, emptyDatabase, NO_SERVER } from "../src/stores/postgres/server.fixture.ts";

const billed: unknown[] = [];
const bill = task("bill", {
  run: (ctx) => {
    billed.push(ctx.payload);
    return "billed";
  },
});

describe("a program that triggers in its own transaction", () => {
  it("has the run exactly if it commits, with all that is its own", {
    skip: NO_SERVER,
  }, async () => {
    const url = await emptyDatabase();
    await asking(url, "create table invoice (id int primary key)");
    await using belfry = await openBelfry({ store: url, tasks: [bill], name: "shop" });
    await belfry.start();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("begin");
      await client.query("insert into invoice values (1)");
      const undone = await belfry.trigger(bill, { payload: { invoice: 1 }, tx: client });
      await client.query("rollback");
      await assert.rejects(undone.finished(), { code: "unknown-run" });

      await client.query("begin");
      await client.query("insert into invoice values (2)");
      const run = await belfry.trigger("bill", { payload: { invoice: 2 }, tx: client });
      await client.query("commit");
      assert.deepEqual(await run.finished(), { state: "succeeded", result: "billed" });
      assert.deepEqual(billed, [{ invoice: 2 }]);
      assert.deepEqual(await asking(url, "select id from invoice"), [{ id: 2 }]);
    } finally {
      await client.end();
    }
  });

  it("is told that no transaction reaches a SQLite file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-transaction-"));
    try {
      await using belfry = await openBelfry({
        store: `sqlite:${join(folder, "belfry.db")}`,
        tasks: [bill],
        name: "shop",
      });
      await belfry.start();
      const tx = { query: () => assert.fail("nothing is asked of it") };
      await assert.rejects(belfry.trigger(bill, { tx }), {
        code: "no-transactions",
        kind: "usage",
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BelfryError } from "../../core/errors.ts";
import { Database } from "../sqlite/database.ts";
import { migrate as migrateSqlite } from "../sqlite/schema.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { postgresHot } from "./hot.ts";
import { ask, openLine, PACE, withLines } from "./line.fixture.ts";
import { migrate } from "./schema.ts";
import {
  asking,
  emptyDatabase,
  inDatabase,
  NO_OWN_SERVER,
  NO_ROLES,
  NO_SERVER,
  OwnServer,
} from "./server.fixture.ts";
import { TABLES } from "./statement.ts";
import { byBytes, type Migration } from "./tables.ts";

async function fresh(test: (...lines: Connection[]) => Promise<void>, lines = 1): Promise<void> {
  await withLines(await emptyDatabase(), lines, test);
}

function refused(code: string, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof BelfryError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, words);
    return true;
  };
}

function byName(a: string | undefined = "", b: string | undefined = ""): number {
  return a < b ? -1 : Number(a > b);
}

const ONE: Migration = {
  sql: byBytes(`create table meta (schema bigint, serves bigint, store_id text);
    insert into meta values (0, 0, 'x')`),
  serves: 1,
};

describe("the schema on PostgreSQL", { skip: NO_SERVER }, () => {
  it("has the tables and columns of SQLite's, and beside them what PostgreSQL needs", () =>
    fresh(async (line) => {
      await migrate(line, PACE);
      const here = await ask(
        line,
        `select table_name || '.' || column_name from information_schema.columns
         where table_schema = 'belfry' and table_name not like 'history\\_%'`,
      );
      const sqlite = new Database(":memory:");
      migrateSqlite(sqlite);
      const there = sqlite.tuples<[string]>(
        `select t.name || '.' || c.name from sqlite_schema t join pragma_table_info(t.name) c
         where t.type = 'table'`,
      );
      sqlite.close();
      const names = (rows: readonly (readonly unknown[])[]) =>
        rows.map(([name]) => String(name)).sort(byName);
      const shared = names(here).filter((name) => !name.startsWith("log."));
      const own = ["meta.epoch", "meta.serves", "meta.timeline"];
      assert.deepEqual(shared, [...names(there), ...own].sort(byName));
      const tables = new Set(names(here).map((name) => name.split(".")[0]));
      assert.deepEqual([...tables].sort(byName), [...TABLES].sort(byName));
    }));

  it("sorts text by its bytes, whatever the language of the database", () =>
    fresh(async (line) => {
      await migrate(line, PACE);
      const others = await ask(
        line,
        `select table_name, column_name from information_schema.columns
         where table_schema = 'belfry' and data_type = 'text' and collation_name is distinct from 'C'`,
      );
      assert.deepEqual(others, []);
    }));

  it("is made once by nodes that start together, and left alone afterwards", () =>
    fresh(async (...lines) => {
      await Promise.all(lines.map((line) => migrate(line, PACE)));
      const [first] = lines;
      assert.ok(first !== undefined);
      const before = await ask(first, "select store_id, schema, serves from belfry.meta");
      await migrate(first, PACE);
      assert.deepEqual(
        await ask(first, "select store_id, schema, serves from belfry.meta"),
        before,
      );
      assert.equal(before.length, 1);
    }, 4));

  it("goes forward from where it is, or not at all", () =>
    fresh(async (line) => {
      const two: Migration = { sql: "create table more (n bigint)", serves: 1 };
      const broken: Migration = { sql: "create table half (n bigint); select 1 / 0", serves: 1 };
      await migrate(line, PACE, [ONE]);
      await assert.rejects(migrate(line, PACE, [ONE, two, broken]), /division by zero/);
      assert.deepEqual(
        await ask(line, "select schema, to_regclass('belfry.more') from belfry.meta"),
        [[1, null]],
      );
      await migrate(line, PACE, [ONE, two]);
      assert.deepEqual(
        await ask(line, "select schema, to_regclass('belfry.more')::text from belfry.meta"),
        [[2, "belfry.more"]],
      );
    }));

  it("lets a program go on that it still serves, and sends away one that it does not", () =>
    fresh(async (line) => {
      await migrate(line, PACE, [ONE, { sql: "select 1", serves: 1 }]);
      await migrate(line, PACE, [ONE]);
      await migrate(line, PACE, [ONE, ONE, { sql: "select 1", serves: 2 }]);
      await assert.rejects(
        migrate(line, PACE, [ONE]),
        refused("newer-schema", /has schema 3; this version of belfry knows 1/),
      );
      assert.deepEqual(await ask(line, "select schema, serves from belfry.meta"), [[3, 2]]);
    }));

  it("says what right is missing", { skip: NO_ROLES }, async () => {
    const url = await emptyDatabase();
    await asking(url, "drop role if exists poor; create role poor login");
    await withLines(url, 1, async (owner) => {
      const poor = await openLine(url.replace("tester@", "poor@"));
      await assert.rejects(migrate(poor, PACE), refused("no-schema-right", /authorization USER/));
      await ask(owner, "create schema belfry");
      await assert.rejects(migrate(poor, PACE), refused("no-schema-right", /no schema has been/));
      await migrate(owner, PACE);
      await assert.rejects(migrate(poor, PACE), refused("no-schema-right", /denied for schema/));
      await ask(owner, "grant usage on schema belfry to poor");
      await assert.rejects(
        migrate(poor, PACE),
        refused("no-schema-right", /denied for table meta/),
      );
      await poor.close();
    });
  });

  it("is made by a user who may do nothing else, and whose fences rise", {
    skip: NO_ROLES,
  }, async () => {
    const url = await emptyDatabase();
    await asking(url, "drop role if exists plain; create role plain login");
    await asking(url, "create schema belfry authorization plain");
    const plain = await openLine(url.replace("tester@", "plain@"));
    await migrate(plain, PACE);
    const draw = "select belfry.next_fence(), belfry.next_fence()";
    const [fences] = await ask(plain, draw);
    assert.deepEqual(fences, [2 ** 40 + 1, 2 ** 40 + 2]);
    await plain.close();
  });
});

describe("a server of PostgreSQL that cannot hold the store", { skip: NO_OWN_SERVER }, () => {
  it("is refused as a standby, and once promoted draws no fence again", async () => {
    await using server = await OwnServer.start({ standby: true });
    const line = await openLine(server.url());
    await assert.rejects(migrate(line, PACE), refused("read-only-store", /is a standby/));
    await ask(line, "select pg_promote(true, 20)");
    await line.close();
    const primary = await openLine(server.url());
    await migrate(primary, PACE);
    const [[fence] = []] = await ask(primary, "select belfry.next_fence()");
    assert.equal(fence, 2 * 2 ** 40 + 1);
    assert.equal(await perform(primary, postgresHot().nextFence()), 2 * 2 ** 40 + 2);
    await primary.close();
  });

  it("is refused where it takes no writes", async () => {
    await using server = await OwnServer.start({
      settings: ["default_transaction_read_only = on"],
    });
    const line = await openLine(inDatabase(server.url(), "template1"));
    await assert.rejects(migrate(line, PACE), refused("read-only-store", /takes no writes/));
    await line.close();
  });
});

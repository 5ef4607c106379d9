import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { occurrenceId } from "../../core/identity.ts";
import { raiseMark } from "../sql/mark.ts";
import { NOON } from "../store.fixture.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { finish, HOT_SETTINGS, take } from "./hot.ts";
import { ask, openLine, PACE, withLines } from "./line.fixture.ts";
import { NO_POOLER, Pooler } from "./pooler.fixture.ts";
import { migrate } from "./schema.ts";
import { OwnServer } from "./server.fixture.ts";
import { transact } from "./transaction.ts";

/** The server process that does what a line sends. */
async function backend(line: Connection): Promise<unknown> {
  return (await ask(line, "select pg_backend_pid()"))[0]?.[0];
}

describe("PostgreSQL behind PgBouncer in transaction mode", { skip: NO_POOLER }, () => {
  let server: OwnServer;
  let pooler: Pooler;
  before(async () => {
    server = await OwnServer.start();
    pooler = await Pooler.start(server, 2);
  });
  after(async () => {
    await pooler[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it("is noticed", () =>
    withLines(pooler.url(), 1, async (line) => {
      assert.equal(line.link, "pooled");
      const direct = await openLine(server.url());
      assert.equal(direct.link, "direct");
      await direct.close();
    }));

  it("leaves neither names nor settings with a server process, which others get next", () =>
    withLines(pooler.url(), 4, async (...lines) => {
      const hot = await openLine(pooler.url(), { settings: HOT_SETTINGS });
      const all = [...lines, hot];
      for (const line of all) await ask(line, "select 1 as named");
      await Promise.all(all.map((line) => ask(line, "select 1 as named")));
      for (const line of all) {
        assert.deepEqual(
          await ask(
            line,
            `select (select count(*) from pg_prepared_statements), current_setting('jit'),
               current_setting('statement_timeout'), current_setting('enable_seqscan')`,
          ),
          [[0, "on", "0", "on"]],
        );
      }
      await hot.close();
    }));

  it("lets transactions of more lines than it has interleave, each whole and with its limits", () =>
    withLines(pooler.url(), 2, async (one, two) => {
      assert.ok(one !== undefined && two !== undefined);
      await ask(one, "create table if not exists t (n int)");
      const [oneBegan, twoEnded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const first = transact(one, "work", PACE, async () => {
        await ask(one, "insert into t values (1)");
        oneBegan.resolve();
        await twoEnded.promise;
        await ask(one, "insert into t values (2)");
        assert.deepEqual(await ask(one, "select current_setting('statement_timeout')"), [["10s"]]);
        return await backend(one);
      });
      await oneBegan.promise;
      const other = await transact(two, "work", PACE, async () => {
        assert.deepEqual(await ask(two, "select n from t"), []);
        await ask(two, "insert into t values (3)");
        return await backend(two);
      });
      twoEnded.resolve();
      assert.notEqual(await first, other);
      assert.deepEqual(await ask(two, "select n from t order by n"), [[1], [2], [3]]);
    }));

  it("lends a line another server process, and it goes on", () =>
    withLines(pooler.url(), 2, async (line, other) => {
      assert.ok(other !== undefined && line !== undefined);
      const seen = new Set<unknown>();
      for (let round = 0; round < 2; round += 1) {
        await transact(line, "work", PACE, async () => {
          seen.add(await backend(line));
        });
        // Another keeps that process busy, so that the line gets the other one.
        if (round === 0) await ask(other, "begin");
      }
      await ask(other, "rollback");
      assert.equal(seen.size, 2);
    }));

  it("holds a store: its schema, locks, works, taking and finishing", () =>
    withLines(pooler.url(), 3, async (line, ...others) => {
      assert.ok(line !== undefined);
      await Promise.all([line, ...others].map((each) => migrate(each, PACE)));
      await transact(line, "alone", PACE, () => perform(line, raiseMark(NOON)));
      await ask(
        line,
        `insert into belfry.node (id, host, pid, version, concurrency, lease_until, state, started_at,
           releases) values ('n1', 'h', 1, '0', 10, $1, 'alive', 1, '[]')`,
        [NOON],
      );
      const id = occurrenceId("s", NOON);
      await ask(
        line,
        `insert into belfry.pending (id, task, due_at, created_at, ready_at, definition, trigger_kind,
           trigger_by, attempts, slot, forced, live)
         values ($1, 'a', $2, $2, $2, 'd', 'schedule', 'default', '', 0, 0, 1)`,
        [id, NOON],
      );
      await ask(line, "insert into belfry.node_task values ('n1', 'a')");
      const request = { node: "n1", claimId: "c", floor: 0, limit: 5 };
      const wanted = { ...request, only: null, madeUntil: null };
      const [run] = await perform(line, take(wanted, NOON));
      assert.equal(run?.[0], id);
      const end = [id, run?.[14] ?? 0, NOON, "succeeded", "succeeded", null] as const;
      const ended = [...end, null, null, null, null, null, null, null, null] as const;
      assert.deepEqual(await perform(line, finish([ended])), "all");
    }));
});

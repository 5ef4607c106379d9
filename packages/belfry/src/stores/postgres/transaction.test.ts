import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BelfryError } from "../../core/errors.ts";
import { isAway } from "./failures.ts";
import { ask, openLine, PACE, waitsForLock, withLines } from "./line.fixture.ts";
import { asking, emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { transact } from "./transaction.ts";

const url = NO_SERVER === false ? await emptyDatabase() : "";
if (url !== "") await asking(url, "create table t (id int primary key, n int not null)");

/** A promise, and how to keep it. */
function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

describe("a transaction on PostgreSQL", { skip: NO_SERVER }, () => {
  it("is done wholly, or not at all", () =>
    withLines(url, 2, async (line, other) => {
      await ask(line, "truncate t");
      const seen = await transact(line, "work", PACE, async () => {
        await ask(line, "insert into t values (1, 1)");
        return await ask(other, "select * from t");
      });
      assert.deepEqual(seen, []);
      const broken = transact(line, "work", PACE, async () => {
        await ask(line, "insert into t values (2, 2)");
        throw new TypeError("a surprise");
      });
      await assert.rejects(broken, TypeError);
      const failing = transact(line, "work", PACE, async () => {
        await ask(line, "insert into t values (3, 3)");
        await ask(line, "insert into t values (1, 1)");
      });
      await assert.rejects(failing, /duplicate key/);
      assert.deepEqual(await ask(other, "select * from t"), [[1, 1]]);
    }));

  it("is undone where somebody passed over what had failed in it, and says so", () =>
    withLines(url, 1, async (line) => {
      const blind = transact(line, "work", PACE, async () => {
        await ask(line, "select 1 / 0").catch(() => {});
      });
      await assert.rejects(blind, /undone, since one of its statements had failed/);
      assert.deepEqual(await ask(line, "select 1"), [[1]]);
    }));

  it("lets those who move runs work side by side, and nobody beside who changes what is declared", () =>
    withLines(url, 3, async (one, two, three) => {
      const [held, done] = [gate(), gate()];
      const first = transact(one, "work", PACE, async () => {
        await ask(one, "select 1");
        held.open();
        await done.opened;
      });
      await held.opened;
      await transact(two, "work", PACE, async () => {
        await ask(two, "select 1");
      });
      const order: string[] = [];
      const alone = transact(three, "alone", PACE, async () => {
        await ask(three, "select 1");
        order.push("alone");
      });
      await waitsForLock(two);
      order.push("work ends");
      done.open();
      await Promise.all([first, alone]);
      assert.deepEqual(order, ["work ends", "alone"]);
    }));

  it("is done again from its start where it deadlocks with another", () =>
    withLines(url, 2, async (one, two) => {
      await ask(one, "truncate t");
      await ask(one, "insert into t values (1, 0), (2, 0)");
      const [oneHolds, twoHolds] = [gate(), gate()];
      let tries = 0;
      const crossing = (
        line: typeof one,
        ids: readonly number[],
        mine: () => void,
        theirs: Promise<void>,
      ) =>
        transact(line, "work", PACE, async () => {
          tries += 1;
          for (const id of ids) {
            await ask(line, "update t set n = n + 1 where id = $1", [id]);
            mine();
            await theirs;
          }
        });
      await Promise.all([
        crossing(one, [1, 2], oneHolds.open, twoHolds.opened),
        crossing(two, [2, 1], twoHolds.open, oneHolds.opened),
      ]);
      assert.ok(tries > 2, `${tries} tries`);
      assert.deepEqual(await ask(one, "select * from t order by id"), [
        [1, 2],
        [2, 2],
      ]);
    }));

  it("is not refused where it meets others for ever: it may come again", () =>
    withLines(url, 1, async (line) => {
      let tries = 0;
      const failing = (code: string): Promise<void> =>
        transact(line, "work", { ...PACE, random: () => 0 }, async () => {
          tries += 1;
          await ask(line, `do $$ begin raise exception using errcode = '${code}'; end $$`);
        });
      await assert.rejects(failing("40P01"), { kind: "unavailable", code: "store-busy" });
      assert.equal(tries, 8);
      await assert.rejects(failing("23505"), { code: "23505" });
      await assert.rejects(failing("22012"), { code: "22012" });
      assert.equal(tries, 17);
    }));

  it("is not done again where its line is lost: nobody knows how far it came", async () => {
    const line = await openLine(url);
    let tries = 0;
    const lost = transact(line, "work", PACE, async () => {
      tries += 1;
      const [row] = await ask(line, "select pg_backend_pid()");
      await asking(url, `select pg_terminate_backend(${row?.[0]})`);
      await ask(line, "select 1");
    });
    await assert.rejects(lost, (error) => error instanceof BelfryError && isAway(error));
    assert.equal(tries, 1);
  });

  it("is ended by the server when its client stands still in it", async () => {
    const line = await openLine(url, { deadlineMs: 1_000 });
    const still = transact(line, "work", PACE, async () => {
      await ask(line, "select 1");
      const watcher = await openLine(url, { purpose: "watch" });
      const gone = "select count(*) from pg_stat_activity where application_name = 'belfry test'";
      while ((await ask(watcher, gone))[0]?.[0] !== 0);
      await watcher.close();
      await ask(line, "select 1");
    });
    await assert.rejects(still, (error) => error instanceof BelfryError && isAway(error));
  });
});

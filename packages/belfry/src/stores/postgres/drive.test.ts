import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lockGates } from "../sql/lock.ts";
import { mark, raiseMark } from "../sql/mark.ts";
import { all, count, one, put, type Work } from "../sql/work.ts";
import { NOON } from "../store.fixture.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { postgresHot } from "./hot.ts";
import { ask, PACE, withLines } from "./line.fixture.ts";
import { migrate } from "./schema.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { transact } from "./transaction.ts";

const url = NO_SERVER === false ? await emptyDatabase() : "";

async function staged(test: (line: Connection) => Promise<void>): Promise<void> {
  await withLines(url, 1, async (line) => {
    await migrate(line, PACE);
    await ask(line, "truncate belfry.gate");
    await test(line);
  });
}

const ADD = "insert into gate (id, task, max) values (?, ?, ?)";

describe("a work driven by PostgreSQL", { skip: NO_SERVER }, () => {
  it("is handed rows, counts, and nothing", () =>
    staged(async (line) => {
      function* work(): Work<unknown> {
        yield* put(ADD, "a", "t", 1);
        yield* put(ADD, "b", "t", 2);
        const changed = yield* count("update gate set max = max + ? where id = any(?)", 1, [
          "b",
          "c",
        ]);
        const row = yield* one<{ max: number }>("select max from gate where id = ?", "b");
        const none = yield* one("select max from gate where id = ?", "c");
        const ids = yield* all<{ id: string }>(
          "select id from gate join unnest(cast(? as text[])) j on j.value = id order by id",
          ["b", "a"],
        );
        return { changed, row, none, ids };
      }
      assert.deepEqual(await transact(line, "work", PACE, () => perform(line, work())), {
        changed: 1,
        row: { max: 3 },
        none: undefined,
        ids: [{ id: "a" }, { id: "b" }],
      });
    }));

  it("does the works that other engines do, and holds what they lock", () =>
    staged(async (line) => {
      await ask(line, "insert into belfry.gate values ('g', 't', 1)");
      await withLines(url, 1, async (other) => {
        await transact(line, "work", PACE, async () => {
          await perform(line, raiseMark(NOON));
          await perform(line, lockGates(["g"]));
          const skipping = "select id from belfry.gate for update skip locked";
          assert.deepEqual(await ask(other, skipping), []);
        });
      });
      const { highAt, schema } = await perform(line, mark(postgresHot()));
      assert.deepEqual([highAt, schema], [NOON, 1]);
    }));

  it("sends what nobody waits for without waiting", () =>
    staged(async (line) => {
      let yielded = 0;
      function* work(): Work<number> {
        for (const id of ["a", "b", "c"]) {
          yield* put(ADD, id, "t", 1);
          yielded += 1;
        }
        return yield* count("delete from gate");
      }
      const done = perform(line, work());
      assert.equal(yielded, 3);
      assert.equal(await done, 3);
    }));

  it("fails by what failed first, although nobody waited for it", () =>
    staged(async (line) => {
      let reached = false;
      function* work(): Work<void> {
        yield* put(ADD, "a", "t", 1);
        yield* put(ADD, "a", "t", 1);
        yield* put(ADD, "b", "t", 1);
        yield* all("select 1 from gate");
        reached = true;
      }
      await assert.rejects(
        transact(line, "work", PACE, () => perform(line, work())),
        { code: "23505" },
      );
      assert.equal(reached, false);
      function* last(): Work<string> {
        yield* put("update gate set max = ? where id = ?", "many", "a");
        return "done";
      }
      await assert.rejects(
        transact(line, "work", PACE, () => perform(line, last())),
        { code: "22P02" },
      );
      assert.deepEqual(await ask(line, "select id from belfry.gate"), []);
    }));

  it("is over with all it sent where it throws itself", () =>
    staged(async (line) => {
      function* work(): Work<void> {
        yield* put(ADD, "a", "t", 1);
        yield* put(ADD, "a", "t", 1);
        throw new TypeError("a surprise");
      }
      await assert.rejects(
        transact(line, "work", PACE, () => perform(line, work())),
        TypeError,
      );
      assert.deepEqual(await ask(line, "select id from belfry.gate"), []);
    }));
});

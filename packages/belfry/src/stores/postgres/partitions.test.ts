import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { occurrenceId } from "../../core/identity.ts";
import { DAY, HOUR, NOON } from "../store.fixture.ts";
import type { Connection } from "./connection.ts";
import { isRetryable } from "./failures.ts";
import { ask, PACE, waitsForLock, withLines } from "./line.fixture.ts";
import { dropPartitions, makePartitions } from "./partitions.ts";
import { migrate } from "./schema.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { transact } from "./transaction.ts";

async function staged(test: (...lines: Connection[]) => Promise<void>, lines = 1): Promise<void> {
  await withLines(await emptyDatabase(), lines, async (...opened) => {
    const [first] = opened;
    if (first !== undefined) await migrate(first, PACE);
    await test(...opened);
  });
}

async function addRun(line: Connection, dueAt: number): Promise<string> {
  const id = occurrenceId("s", dueAt);
  await ask(
    line,
    `insert into belfry.history (id, task, due_at, created_at, definition, trigger_kind, trigger_by,
       attempts, ended_at, state)
     values ($1, 't', $2, $2, 'd', 'schedule', 'default', '', $2, 'succeeded')`,
    [id, dueAt],
  );
  return id;
}

async function places(line: Connection): Promise<Record<string, number>> {
  const rows = await ask(
    line,
    "select tableoid::regclass::text, count(*) from belfry.history group by 1 order by 1",
  );
  return Object.fromEntries(rows.map(([place, count]) => [String(place).slice(7), Number(count)]));
}

describe("the partitions of history", { skip: NO_SERVER }, () => {
  it("are made for today and some days ahead, once, also by two at the same time", () =>
    staged(async (line, other = line) => {
      const [made, also] = await Promise.all([
        makePartitions(line, PACE, NOON),
        makePartitions(other, PACE, NOON),
      ]);
      const all = ["history_20261124", "history_20261125", "history_20261126", "history_20261127"];
      assert.deepEqual(new Set([...made, ...also]), new Set(all));
      assert.deepEqual(await makePartitions(line, PACE, NOON + 6 * HOUR), []);
      assert.deepEqual(await makePartitions(line, PACE, NOON + DAY), ["history_20261128"]);
    }, 2));

  it("take the runs of their day, to the millisecond; the default takes the rest", () =>
    staged(async (line) => {
      await makePartitions(line, PACE, NOON);
      const midnight = NOON - DAY / 2;
      for (const at of [midnight - 1, midnight, midnight + DAY - 1, midnight + DAY, 0]) {
        await addRun(line, at);
      }
      assert.deepEqual(await places(line), {
        history_20261124: 2,
        history_20261125: 1,
        history_default: 2,
      });
    }));

  it("take what came to the default before them", () =>
    staged(async (line) => {
      const id = await addRun(line, NOON);
      await addRun(line, NOON - DAY);
      await makePartitions(line, PACE, NOON);
      assert.deepEqual(await places(line), { history_20261124: 1, history_default: 1 });
      const again = addRun(line, NOON);
      await assert.rejects(again, /duplicate key/);
      const [row] = await ask(line, "select id from belfry.history where id = $1", [id]);
      assert.deepEqual(row, [id]);
    }));

  it("are asked alone for a run by its id", () =>
    staged(async (line) => {
      await makePartitions(line, PACE, NOON);
      const id = await addRun(line, NOON);
      const plan = await ask(line, `explain select 1 from belfry.history where id = '${id}'`);
      assert.match(plan.join("\n"), /history_20261124/);
      assert.doesNotMatch(plan.join("\n"), /history_20261125|history_default/);
    }));

  it("may be attached while a run of their day is on its way to the default: it is written again", () =>
    staged(async (maker, writer = maker, observer = maker) => {
      await ask(maker, "begin");
      await ask(maker, "create table belfry.history_20261124 (like belfry.history)");
      await ask(maker, "lock table belfry.history_default in access exclusive mode");
      let tries = 0;
      const errors: unknown[] = [];
      const written = transact(writer, "work", PACE, async () => {
        tries += 1;
        await addRun(writer, NOON).catch((error) => {
          errors.push(error);
          throw error;
        });
      });
      await waitsForLock(observer);
      const [from, to] = [NOON - DAY / 2, NOON + DAY / 2].map((at) =>
        occurrenceId("", at).slice(0, 13),
      );
      await ask(
        maker,
        `alter table belfry.history attach partition belfry.history_20261124
         for values from ('${from}') to ('${to}')`,
      );
      await ask(maker, "commit");
      await written;
      assert.equal(tries, 2);
      assert.ok(isRetryable(errors[0]));
      assert.deepEqual(await places(writer), { history_20261124: 1 });
    }, 3));

  it("are dropped when their day is over and nothing is in them any more", () =>
    staged(async (line) => {
      for (let day = 0; day <= 8; day += 4) await makePartitions(line, PACE, NOON + day * DAY);
      for (const day of [0, 1, 3]) await addRun(line, NOON + day * DAY);
      const now = NOON + 6 * DAY;
      assert.deepEqual(await dropPartitions(line, PACE, now), [
        "history_20261126",
        "history_20261128",
      ]);
      assert.deepEqual(await dropPartitions(line, PACE, now), []);
      await ask(
        line,
        `delete from belfry.history where id < '${occurrenceId("", NOON + DAY / 2)}'`,
      );
      assert.deepEqual(await dropPartitions(line, PACE, now), ["history_20261124"]);
      assert.deepEqual(await places(line), { history_20261125: 1, history_20261127: 1 });
    }));

  it("are dropped another day where somebody reads history for long", () =>
    staged(async (line, reader = line) => {
      await makePartitions(line, PACE, NOON);
      await ask(reader, "begin");
      await ask(reader, "select count(*) from belfry.history");
      const later = NOON + 2 * DAY;
      const dropping = dropPartitions(line, { ...PACE, random: () => 0 }, later);
      await assert.rejects(dropping, { code: "store-busy" });
      await ask(reader, "commit");
      assert.equal((await dropPartitions(line, PACE, later)).length, 1);
    }, 2));
});

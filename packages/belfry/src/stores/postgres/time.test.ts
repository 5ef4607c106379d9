import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDatabaseClock } from "../../clocks/database.ts";
import { systemClock } from "../../clocks/system.ts";
import { ask, withLines } from "./line.fixture.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { readTime } from "./time.ts";

describe("the time of a PostgreSQL server", { skip: NO_SERVER }, () => {
  it("is read between question and answer, and a clock goes by it", async () => {
    await withLines(await emptyDatabase(), 1, async (line) => {
      const time = "select floor(extract(epoch from clock_timestamp()) * 1000)";
      const [[before] = []] = await ask(line, time);
      const { reading, upMs } = await readTime(line, systemClock);
      const clock = createDatabaseClock(systemClock, reading);
      const [[after] = []] = await ask(line, time);
      assert.ok(reading.askedAt < reading.answeredAt);
      assert.ok(typeof before === "number" && typeof after === "number");
      assert.ok(before <= reading.at && reading.at <= after + 1);
      const error = (reading.answeredAt - reading.askedAt) / 2;
      const [[later] = []] = await ask(line, time);
      assert.ok(typeof later === "number" && clock.now() >= later - error - 1);
      assert.ok(upMs > 0);
    });
  });

  it("is the clock's also within a transaction", async () => {
    await withLines(await emptyDatabase(), 1, async (line) => {
      await ask(line, "begin");
      const first = await readTime(line, systemClock);
      await ask(line, "select pg_sleep(0.005)");
      const second = await readTime(line, systemClock);
      assert.ok(second.reading.at >= first.reading.at + 4);
    });
  });
});

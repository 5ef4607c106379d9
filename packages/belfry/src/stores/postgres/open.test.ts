import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ClockGuard } from "../../engine/clock-guard.ts";
import { Events } from "../../engine/events.ts";
import { until } from "./line.fixture.ts";
import { openPostgres } from "./open.ts";
import { asking, emptyDatabase, NO_SERVER } from "./server.fixture.ts";

const HOUR = 3_600_000;
/** Found before the server's own; by it the server's clock is as far off as the test says. */
const CLOCK = `create schema fake;
create table fake.ahead (hours float);
insert into fake.ahead values (0);
create function fake.clock_timestamp() returns timestamptz language sql volatile as
  'select pg_catalog.clock_timestamp() + hours * interval ''1 hour'' from fake.ahead'`;

describe("a database whose clock jumps", { skip: NO_SERVER }, () => {
  it("is followed, and what is planned and who is dead waits until its time has held", async () => {
    const url = await emptyDatabase();
    await asking(url, CLOCK);
    const options = encodeURIComponent("-c search_path=fake,pg_catalog");
    const { clock, close } = await openPostgres({
      url: `${url}${url.includes("?") ? "&" : "?"}options=${options}`,
      listenUrl: null,
    });
    const jumps: number[] = [];
    const events = new Events();
    events.on((event) => {
      if (event.kind === "clock") jumps.push(Math.round(event.jumpMs / HOUR));
    });
    const guard = new ClockGuard(clock, events);
    assert.equal(guard.holdUntil(), null);
    for (const hours of [1, -2]) {
      const before = clock.now();
      await asking(url, `update fake.ahead set hours = hours + (${hours})`);
      await until(() => Math.abs(clock.now() - before) > HOUR / 2);
      const hold = guard.holdUntil();
      assert.ok(hold !== null && hold > clock.now() + 50_000);
      assert.equal(jumps.at(-1), hours);
    }
    await close();
  });
});

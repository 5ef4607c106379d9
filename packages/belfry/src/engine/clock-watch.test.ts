import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { ClockGuard } from "./clock-guard.ts";
import { ClockWatch } from "./clock-watch.ts";
import { Events } from "./events.ts";

describe("the clock watch", () => {
  it("writes a jump down, once, for who wonders later why planning waited", async () => {
    const clock = new VirtualClock(1_000_000_000);
    const store = new SqliteStore(":memory:");
    const guard = new ClockGuard(clock, new Events());
    const watch = new ClockWatch(store, guard, { node: "n1", host: "h" });
    await watch.start();
    clock.jump(-60_000);
    guard.holdUntil();
    await watch.step(clock.now());
    await watch.step(clock.now());
    const rows = await store.audit({ limit: 9 });
    assert.deepEqual(
      rows.map(({ at, actor, what, subject, after }) => [at, actor, what, subject, after]),
      [[clock.now(), "node n1", "clock.jump", "h", '{"jumpMs":-60000}']],
    );
    await store.close();
  });
});

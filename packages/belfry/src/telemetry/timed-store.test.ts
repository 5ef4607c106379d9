import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { timedStore } from "./timed-store.ts";

describe("a timed store", () => {
  it("tells of each call, whether it failed or not, and changes none", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12));
    const store = new SqliteStore(":memory:");
    const heard: string[] = [];
    const timed = timedStore(store, clock, (verb, ms) => heard.push(`${verb} ${ms}`));
    assert.deepEqual(await timed.mark(), await store.mark());
    store.drift = () => Promise.reject(new Error("away"));
    await assert.rejects(timed.drift(), /away/);
    timed.onChange(() => {})();
    await timed.close();
    assert.deepEqual(heard, ["mark 0", "drift 0"]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { belfry } from "./captured-io.fixture.ts";

const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12, 0, 30));
const zones = (...argv: readonly string[]) => belfry(["zones", ...argv], { clock });

describe("belfry zones", () => {
  it("shows a zone's clock, and when it changes", async () => {
    const { code, stdout } = await zones("berlin");
    assert.equal(code, 0);
    assert.match(stdout, /^Europe\/Berlin +13:00 +\+01:00 +W\. Europe Standard Time$/m);
    assert.match(stdout, /2027-03-28 03:00 CEST: the clock skips ahead, from \+01:00 to \+02:00/);
  });

  it("lists all, for programs too", async () => {
    const { stdout } = await zones("--json");
    const all = JSON.parse(stdout);
    assert.ok(all.length > 400);
    const tokyo = all.find(({ name }: { name: string }) => name === "Asia/Tokyo");
    const windows = "Tokyo Standard Time";
    assert.deepEqual(tokyo, { name: "Asia/Tokyo", windows, offset: "+09:00", changes: [] });
  });

  it("says what to try where it finds none", async () => {
    const { code, stderr } = await zones("atlantis");
    assert.deepEqual([code, /try a large city near it/.test(stderr)], [1, true]);
  });
});

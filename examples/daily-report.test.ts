import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ShopUnderTest } from "./shop.fixture.ts";

describe("the daily report", () => {
  it("goes on after a failed attempt where that one stopped, and repeats no page", async () => {
    await using shop = new ShopUnderTest();
    await shop.node({ REPORT_FAILS_AT: "4" });
    const client = await shop.client();
    const { id, finished } = await client.trigger("daily-report");
    const end = await finished();
    assert.equal(end.state, "succeeded");

    const run = await client.runs.get(id);
    assert.deepEqual(
      run.attempts.map(({ outcome }) => outcome),
      ["failed", "succeeded"],
    );
    assert.match(run.attempts[0]?.error?.message ?? "", /page 4 cannot be had/);
    assert.deepEqual(run.progress, { done: 6, total: 6, unit: "pages" });
    assert.deepEqual(run.report, { pages: 6, orders: 72, pence: 71_130 });

    const [report = ""] = readdirSync(shop.folder).filter((name) => name.startsWith("report-"));
    const [heading, ...lines] = readFileSync(join(shop.folder, report), "utf8").trim().split("\n");
    const orders = lines.map((line) => Number(line.split(",", 1)[0]));
    assert.equal(heading, "order,item,pence");
    assert.deepEqual(
      orders,
      Array.from({ length: 72 }, (_, index) => 1001 + index),
    );
  });
});

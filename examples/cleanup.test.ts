import assert from "node:assert/strict";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ShopUnderTest } from "./shop.fixture.ts";

describe("the clean-up", () => {
  it("runs its script as a command, which removes what is old and reports it", async () => {
    await using shop = new ShopUnderTest();
    const scratch = join(shop.folder, "scratch");
    mkdirSync(scratch);
    const file = (name: string) => join(scratch, name);
    for (const name of ["old 1.tmp", "old-2.tmp", "new.tmp"]) writeFileSync(file(name), name);
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    for (const name of ["old 1.tmp", "old-2.tmp"]) utimesSync(file(name), twoDaysAgo, twoDaysAgo);

    await shop.node();
    const client = await shop.client();
    const { id, finished } = await client.trigger("cleanup");
    assert.equal((await finished()).state, "succeeded");

    const run = await client.runs.get(id);
    assert.equal(run.attempts[0]?.exitCode, 0);
    assert.deepEqual(run.report, { looked: 3, removed: 2, kept: 1 });
    assert.deepEqual(run.progress, { done: 2, total: 3, unit: "files" });
    assert.deepEqual(
      ["old 1.tmp", "old-2.tmp", "new.tmp"].filter((name) => existsSync(file(name))),
      ["new.tmp"],
    );
  });
});

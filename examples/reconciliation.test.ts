import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ShopUnderTest } from "./shop.fixture.ts";

describe("the reconciliation", () => {
  it("reports what it compared and what it found", async () => {
    await using shop = new ShopUnderTest();
    await shop.node();
    const client = await shop.client();
    const { id, finished } = await client.trigger("reconciliation");
    assert.deepEqual(await finished(), {
      state: "succeeded",
      result: { missing: [1017, 1044], different: [1058], unknown: [1999] },
    });
    const { report } = await client.runs.get(id);
    assert.deepEqual(report, {
      compared: 72,
      matched: 69,
      missing: 2,
      different: 1,
      unknown: 1,
    });
  });
});

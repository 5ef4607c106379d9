import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { owedByCustomer } from "./shop/orders.ts";
import { charges } from "./shop/payments.ts";
import { ShopUnderTest, until } from "./shop.fixture.ts";

describe("the weekly billing", () => {
  it("charges each customer once, although its node is killed half-way", async () => {
    await using shop = new ShopUnderTest();
    const client = await shop.client();
    const first = await shop.node();
    const run = await client.trigger("weekly-billing");
    await until(() => charges().length >= 3);
    await shop.kill(first);
    const before = charges().length;
    assert.ok(before < owedByCustomer().size, "it was killed too late to prove anything");

    await shop.node();
    assert.equal((await run.finished()).state, "succeeded");
    const { attempts, report } = await client.runs.get(run.id);
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
    const pence = [...owedByCustomer().values()].reduce((sum, owed) => sum + owed, 0);
    assert.deepEqual(report, { charged: owedByCustomer().size, pence });

    const made = charges();
    assert.deepEqual(
      new Map(made.map(({ customer, pence }) => [customer, pence])),
      owedByCustomer(),
    );
    assert.equal(made.length, owedByCustomer().size, "nobody is charged twice");
    const repeated = made.filter(({ asked }) => asked > 1);
    assert.ok(repeated.length <= 1, "only what was under way may be asked for again");
  });
});

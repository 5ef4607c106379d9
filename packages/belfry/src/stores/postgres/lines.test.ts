import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lines } from "./lines.ts";

describe("lines to a database that is away", () => {
  it("fail for all who want one, also for those who wait while others try", async () => {
    let tries = 0;
    const lines = new Lines(2, async () => {
      tries += 1;
      await new Promise<void>((turn) => setImmediate(turn));
      throw new Error("away");
    });
    const asked = Array.from({ length: 7 }, () => lines.use(async () => {}));
    for (const each of asked) await assert.rejects(each, /away/);
    assert.equal(tries, 7, "each tries for itself: the database may be back by then");
  });

  it("are tried by as many at once as there may be", async () => {
    let under = 0;
    let most = 0;
    const lines = new Lines(2, async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise<void>((turn) => setImmediate(turn));
      under -= 1;
      throw new Error("away");
    });
    await Promise.allSettled(Array.from({ length: 7 }, () => lines.use(async () => {})));
    assert.equal(most, 2);
  });
});

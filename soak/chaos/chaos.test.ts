import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NO_OWN_SERVER } from "../../packages/belfry/src/stores/postgres/server.fixture.ts";
import { Stage } from "./play.ts";
import { SCENARIOS } from "./scenarios/index.ts";

describe("a fleet under chaos", { skip: NO_OWN_SERVER, concurrency: SCENARIOS.length }, () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const scenario of SCENARIOS) {
    it(`keeps what it promises where ${scenario.words}`, async () => {
      const setting = { ...scenario.short, seed: "short", tell: () => {} };
      const { figures, wrong } = await stage.play(scenario, setting);
      assert.deepEqual(wrong, [], JSON.stringify(figures));
    });
  }
});

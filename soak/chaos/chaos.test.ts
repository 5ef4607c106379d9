import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NO_OWN_SERVER } from "../../packages/belfry/src/stores/postgres/server.fixture.ts";
import { Stage } from "./play.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/** As few nodes as can do without each other; three such fleets share two processors, and mostly wait. */
const SHORT = { nodes: 2, leaseMs: 4_000, rate: 10, slackMs: 5_000, seed: "short", tell: () => {} };

describe("a fleet under chaos", { skip: NO_OWN_SERVER, concurrency: 3 }, () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const scenario of SCENARIOS) {
    it(`keeps what it promises where ${scenario.words}`, async () => {
      const { figures, wrong } = await stage.play(scenario, {
        ...SHORT,
        durationMs: scenario.shortMs,
      });
      assert.deepEqual(wrong, [], JSON.stringify(figures));
    });
  }
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NO_OWN_SERVER } from "../../packages/belfry/src/stores/postgres/server.fixture.ts";
import { Stage } from "./play.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/** As few as can do without each other: the suite has others at work beside them. */
const SHORT = { nodes: 2, leaseMs: 2_000, rate: 10, seed: "short", tell: () => {} };

describe("a fleet under chaos", { skip: NO_OWN_SERVER }, () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const scenario of SCENARIOS) {
    const { words, unmended = false } = scenario;
    it(`keeps what it promises where ${words}`, { todo: unmended }, async () => {
      const { figures, wrong } = await stage.play(scenario, {
        ...SHORT,
        durationMs: scenario.shortMs,
      });
      assert.deepEqual(wrong, [], JSON.stringify(figures));
    });
  }
});

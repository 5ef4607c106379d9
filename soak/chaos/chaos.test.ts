import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NO_OWN_SERVER } from "../../packages/belfry/src/stores/postgres/server.fixture.ts";
import { Stage } from "./play.ts";
import { failoverSync } from "./scenarios/failover.ts";
import { kill } from "./scenarios/kill.ts";
import { network } from "./scenarios/network.ts";
import { outage } from "./scenarios/outage.ts";

/**
 * As few nodes as can do without each other; the fleets share the processors, and mostly wait. The
 * other scenarios are for `npm run chaos`: they take long.
 */
const SHORT = { nodes: 2, leaseMs: 2_000, rate: 10, slackMs: 5_000, seed: "short", tell: () => {} };

describe("a fleet under chaos", { skip: NO_OWN_SERVER, concurrency: 3 }, () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage[Symbol.asyncDispose]());

  for (const scenario of [network, kill, outage, failoverSync]) {
    it(`keeps what it promises where ${scenario.words}`, async () => {
      const { figures, wrong } = await stage.play(scenario, {
        ...SHORT,
        durationMs: scenario.shortMs,
      });
      assert.deepEqual(wrong, [], JSON.stringify(figures));
    });
  }
});

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "../fleet.ts";
import { startDelays } from "../ledger.ts";
import { quantile, type Scenario } from "../scenario.ts";
import { falselyLost } from "./outage.ts";

const SKEW_MS = 600_000;
const LATE_MS = 1_000;

export const clock: Scenario = {
  name: "clock",
  words: "one node's wall clock is ten minutes off, and jumps from ahead to behind and back",
  nodes: 3,
  shortMs: 6_000,
  async play(setting) {
    const { server, durationMs, leaseMs, slackMs } = setting;
    const environment = (node: number): NodeJS.ProcessEnv =>
      node === 0
        ? {
            NODE_OPTIONS: `--import=${join(import.meta.dirname, "../skewed-clock.ts")}`,
            CHAOS_SKEW_MS: String(SKEW_MS),
            CHAOS_JUMP_MS: String(Math.min(durationMs / 4, 5 * leaseMs)),
          }
        : {};
    await using fleet = await Fleet.start(setting, { url: await server.database(), environment });
    const since = Date.now() + leaseMs;
    await sleep(durationMs);
    const byNode = await fleet.runsByNode();
    const { figures, wrong } = await fleet.finish();
    const late = quantile(await startDelays(fleet.url, { since }), 0.99);
    return {
      figures: {
        ...figures,
        "late by": `${late} ms (p99)`,
        "claimed by node": [...byNode.values()].join(", "),
      },
      wrong: [
        ...wrong,
        ...(await falselyLost(fleet.url)),
        ...fleet.heardOfDeath(),
        ...(late > LATE_MS + slackMs
          ? [`runs started ${late} ms (p99) after their due instants`]
          : []),
        ...(byNode.get("n1") ? [] : ["the node with the wrong clock did nothing"]),
      ],
    };
  },
};

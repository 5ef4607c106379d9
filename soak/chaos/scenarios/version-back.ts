import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MIGRATIONS } from "../../../packages/belfry/src/stores/postgres/tables.ts";
import { asked } from "../../postgres-server.ts";
import { Fleet } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";
import { falselyLost } from "./outage.ts";

const NEXT_VERSION = join(import.meta.dirname, "../next-version.ts");

export const versionBack: Scenario = {
  name: "version-back",
  words: "a node of the next version brings the tables forward under those of this one",
  nodes: 3,
  shortMs: 4_000,
  async play(setting) {
    const { server, durationMs, nodes } = setting;
    const environment = (node: number): NodeJS.ProcessEnv =>
      node === nodes - 1 ? { NODE_OPTIONS: `--import=${NEXT_VERSION}` } : {};
    await using fleet = await Fleet.start(setting, { url: await server.database(), environment });
    await sleep(durationMs / 2);
    // Those of this version start beside it, too.
    const [first] = fleet.nodes;
    await first?.end("SIGTERM");
    first?.start();
    await fleet.rest();
    await sleep(durationMs / 2);
    const byNode = await fleet.runsByNode();
    const [meta] = await asked(fleet.url, "select schema from belfry.meta");
    const { figures, wrong } = await fleet.finish();
    return {
      figures: { ...figures, "claimed by node": [...byNode.values()].join(", ") },
      wrong: [
        ...wrong,
        ...(await falselyLost(fleet.url)),
        ...(Number(meta?.["schema"]) > MIGRATIONS.length
          ? []
          : ["the tables were not brought forward"]),
        ...[...byNode].flatMap(([name, runs]) => (runs > 0 ? [] : [`${name} did nothing`])),
      ],
    };
  },
};

import { setTimeout as sleep } from "node:timers/promises";
import { again, Fleet } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";
import { Wire } from "../wire.ts";

const EVERY_MS = 300;
/** One in so many faults is a black hole. */
const HANGS = 20;

export const network: Scenario = {
  name: "network",
  words: "lines are cut before and after their commits, and swallow all that is sent",
  nodes: 3,
  shortMs: 5_000,
  async play(setting) {
    const { folder, server, durationMs, leaseMs, dice } = setting;
    const url = await server.database();
    await using wires = new AsyncDisposableStack();
    const all: Wire[] = [];
    for (let node = 0; node < setting.nodes; node++) {
      all.push(wires.use(await Wire.start(folder, `wire${node + 1}`, url)));
    }
    const urlOf = (node: number): string => all[node]?.url ?? url;
    await using fleet = await Fleet.start(setting, { url, urlOf });
    let hangs = 0;
    const holes: Promise<void>[] = [];
    await again(durationMs, EVERY_MS, async (turn) => {
      const wire = dice.anyOf(all);
      if (wire === null) return;
      if (turn % HANGS === 3) {
        hangs += 1;
        wire.hang();
        holes.push(sleep(leaseMs * dice.next() * 1.5).then(() => wire.forget()));
      } else {
        wire.cutNextCommit(turn % 2 === 0 ? "before" : "after");
      }
    });
    await Promise.all(holes);
    const { figures, wrong } = await fleet.finish();
    const cuts = all.reduce((sum, wire) => sum + wire.cuts, 0);
    return {
      figures: { ...figures, "commits cut": cuts, "black holes": hangs },
      wrong: [...wrong, ...(cuts === 0 ? ["no commit was cut: nothing was tried"] : [])],
    };
  },
};

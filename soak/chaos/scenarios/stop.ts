import { setTimeout as sleep } from "node:timers/promises";
import { again, Fleet } from "../fleet.ts";
import { type Gone, takeovers } from "../ledger.ts";
import { type Scenario, spread } from "../scenario.ts";
import { judgeTakeovers } from "./kill.ts";

/** After this the server ends what a node that stands still holds in the middle of a transaction. */
const HELD_MS = 5_000;

export const stop: Scenario = {
  name: "stop",
  words: "one of the nodes stands still for longer than its lease, and then goes on",
  nodes: 3,
  shortMs: 5_000,
  async play(setting) {
    const { server, durationMs, leaseMs, slackMs, dice } = setting;
    await using fleet = await Fleet.start(setting, { url: await server.database() });
    const gone: Gone[] = [];
    await again(durationMs, leaseMs / 2, async () => {
      const node = dice.anyOf(fleet.nodes);
      if (node === null) return;
      const incarnation = await fleet.gone(node, () => node.signal("SIGSTOP"));
      await sleep(leaseMs * (1.7 + dice.next()));
      node.signal("SIGCONT");
      if (incarnation !== null) gone.push(incarnation);
    });
    const { figures, wrong } = await fleet.finish();
    const taken = await takeovers(fleet.url, gone);
    const heard = (event: string): number => fleet.heard(event).length;
    return {
      figures: {
        ...figures,
        stops: gone.length,
        "taken over after": spread(taken.ms),
        "declared dead": heard("declared-dead"),
        "told as stale": heard("stale"),
      },
      wrong: [
        ...wrong,
        ...judgeTakeovers(taken, Math.max(leaseMs, HELD_MS) + slackMs),
        ...(heard("declared-dead") === 0 ? ["no node was declared dead: nothing was tried"] : []),
      ],
    };
  },
};

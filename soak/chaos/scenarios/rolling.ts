import { setTimeout as sleep } from "node:timers/promises";
import { Fleet } from "../fleet.ts";
import { startDelays } from "../ledger.ts";
import { quantile, type Scenario } from "../scenario.ts";

/** So long before an instant at which many things come due a node is told to end. */
const BEFORE_MS = 50;
const SECOND_MS = 1_000;
const LATE_MS = 1_000;
/** At full length, and in so many ms a node ends, starts and settles down. */
const ENDS = 200;
const TURN_MS = 3_000;

export const rolling: Scenario = {
  name: "rolling",
  words: "one node after the other is restarted, told so just before something is due",
  nodes: 3,
  shortMs: 8_000,
  async play(setting) {
    const { server, durationMs, slackMs } = setting;
    await using fleet = await Fleet.start(setting, { url: await server.database() });
    await fleet.rest();
    const since = Date.now();
    const until = performance.now() + durationMs;
    const wrong: string[] = [];
    let ends = 0;
    while (ends < ENDS && performance.now() + TURN_MS < until) {
      const node = fleet.nodes[ends % fleet.nodes.length];
      if (node === undefined) break;
      await sleep(SECOND_MS - BEFORE_MS - (Date.now() % SECOND_MS) + SECOND_MS);
      const code = await node.end("SIGTERM");
      if (code !== 0) wrong.push(`${node.name} ended with ${code}`);
      ends += 1;
      node.start();
      await fleet.joined(fleet.nodes.length);
    }
    const played = await fleet.finish();
    const delays = await startDelays(fleet.url, { since });
    return {
      figures: { ...played.figures, ends, "while they were restarted": quantile(delays, 1) },
      wrong: [
        ...wrong,
        ...played.wrong,
        ...judgeDelays(delays, LATE_MS + slackMs),
        ...fleet.heardOfDeath(),
        ...(await fleet.gaps()),
        ...(ends === 0 ? ["no node was restarted"] : []),
      ],
    };
  },
};

/** Whoever ends hands over at once: what comes due meanwhile starts within a second. */
export function judgeDelays(
  sorted: readonly number[],
  lateMs: number = LATE_MS,
): readonly string[] {
  const late = sorted.filter((ms) => ms > lateMs);
  return late.length === 0
    ? []
    : [`${late.length} runs of ${sorted.length} started late, by up to ${late.at(-1)} ms`];
}

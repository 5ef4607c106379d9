import { again, Fleet } from "../fleet.ts";
import { type Gone, takeovers } from "../ledger.ts";
import { quantile, type Scenario, spread } from "../scenario.ts";

const EVERY_MS = 2_000;
/** What the reaper's own second and a busy machine add to the lease. */
const BEYOND_LEASE_MS = 1_000;
const FEW = 100;

export const kill: Scenario = {
  name: "kill",
  words: "every two seconds one of the nodes is killed, and started again",
  nodes: 3,
  shortMs: 5_000,
  async play(setting) {
    const { server, durationMs, leaseMs, slackMs, dice } = setting;
    await using fleet = await Fleet.start(setting, { url: await server.database() });
    const gone: Gone[] = [];
    await again(durationMs, EVERY_MS, async () => {
      const node = dice.anyOf(fleet.nodes);
      if (node === null) return;
      // With little to do it may be caught with nothing that could be taken over.
      await fleet.busy(node);
      const incarnation = await fleet.gone(node, () => node.end("SIGKILL"));
      node.start();
      if (incarnation !== null) gone.push(incarnation);
    });
    const { figures, wrong } = await fleet.finish();
    const taken = await takeovers(fleet.url, gone);
    return {
      figures: { ...figures, kills: gone.length, "taken over after": spread(taken.ms) },
      wrong: [...wrong, ...judgeTakeovers(taken, leaseMs + slackMs)],
    };
  },
};

/**
 * What a node had under way when it was gone is under way again within a lease and a second. Too few
 * to speak of a quantile say that it was, not how soon: that is how long a node takes to start here.
 */
export function judgeTakeovers(
  { ms, never }: Awaited<ReturnType<typeof takeovers>>,
  leaseMs: number,
): readonly string[] {
  const most = ms.length < FEW ? 0 : quantile(ms, 0.99);
  return [
    ...(ms.length === 0 ? ["no run was ever taken over: nothing was tried"] : []),
    ...(most > leaseMs + BEYOND_LEASE_MS ? [`runs were taken over after ${most} ms (p99)`] : []),
    ...never.slice(0, 10).map((id) => `${id} was never taken over`),
  ];
}

import { setTimeout as sleep } from "node:timers/promises";
import { asked, SoakServer } from "../../postgres-server.ts";
import { Fleet } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";

const OUTAGE_MS = 60_000;

export const outage: Scenario = {
  name: "outage",
  words: "the database is away for a minute, and commands are under way meanwhile",
  nodes: 3,
  shortMs: 6_000,
  async play(setting) {
    const { folder, durationMs, leaseMs } = setting;
    const awayMs = Math.min(OUTAGE_MS, durationMs / 2);
    await using own = await SoakServer.start(folder);
    // A command that begins before the outage is still under way when it is over.
    const environment = (): NodeJS.ProcessEnv => ({ CHAOS_CHILD_MS: String(awayMs + leaseMs) });
    await using fleet = await Fleet.start(setting, { url: await own.database(), environment });
    const before = Math.max(leaseMs, (durationMs - awayMs) / 2);
    await sleep(before);
    own.leave();
    await sleep(awayMs);
    await own.comeBack();
    await sleep(before);
    const { figures, wrong } = await fleet.finish();
    return {
      figures: { ...figures, "away for": `${awayMs / 1_000} s` },
      wrong: [...wrong, ...(await falselyLost(fleet.url)), ...fleet.heardOfDeath()],
    };
  },
};

/**
 * Nothing befell a node or a command: each run is one attempt, which succeeded; or a function asked
 * the store for something while it was away, and was tried again.
 */
export async function falselyLost(url: string): Promise<readonly string[]> {
  const rows = await asked(
    url,
    `select task, id, state, reason, attempts from belfry.history
     where state <> 'succeeded'
     or (attempts <> '' and attempts not like '%"code":"store-unavailable"%') limit 10`,
  );
  return rows.map(
    ({ task, id, state, reason, attempts }) =>
      `${task} ${id} ${state} ${reason} though nothing befell it: ${attempts}`,
  );
}

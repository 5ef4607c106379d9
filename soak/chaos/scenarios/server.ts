import { SoakServer } from "../../postgres-server.ts";
import { again, Fleet } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";

const EVERY_MS = 5_000;
/** How a kill ends for whoever was connected: told by name, so that anything else stands out. */
const EXPECTED = /terminating connection|the database system is|recovery mode|connection to client/;

export const server: Scenario = {
  name: "server",
  words: "processes of the server are killed, those at work and the one over them",
  nodes: 3,
  shortMs: 5_000,
  async play(setting) {
    const { folder, durationMs } = setting;
    await using own = await SoakServer.start(folder);
    await using fleet = await Fleet.start(setting, { url: await own.database() });
    let kills = 0;
    await again(durationMs, Math.min(EVERY_MS, durationMs / 4), async (turn) => {
      await own.kill(turn % 2 === 0 ? "back-end" : "postmaster");
      kills += 1;
    });
    const { figures, wrong } = await fleet.finish();
    const complaints = own.complaints().filter(([what]) => !EXPECTED.test(what));
    return {
      figures: { ...figures, kills },
      wrong: [
        ...wrong,
        ...complaints.map(([what, times]) => `the server said ${times} times: ${what}`),
        ...(kills === 0 ? ["nothing was killed"] : []),
      ],
    };
  },
};

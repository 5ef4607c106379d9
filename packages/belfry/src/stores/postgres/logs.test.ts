import { systemClock, systemRandom } from "../../clocks/system.ts";
import { logsContract } from "../logs.contract.ts";
import { PostgresLogs } from "./logs.ts";
import { emptyDatabase, NO_SERVER } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";

logsContract(
  "PostgresLogs",
  async () => {
    const url = await emptyDatabase();
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    await store.close();
    return new PostgresLogs({ url, clock: systemClock, deadlineMs: 10_000 });
  },
  NO_SERVER,
);

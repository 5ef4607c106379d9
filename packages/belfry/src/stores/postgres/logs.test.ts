import { systemClock } from "../../clocks/system.ts";
import { logsContract } from "../logs.contract.ts";
import { emptyStore } from "./empty-store.fixture.ts";
import { PostgresLogs } from "./logs.ts";
import { NO_SERVER } from "./server.fixture.ts";

logsContract(
  "PostgresLogs",
  async () => {
    const url = await emptyStore();
    return new PostgresLogs({ url, clock: systemClock, deadlineMs: 10_000 });
  },
  NO_SERVER,
);

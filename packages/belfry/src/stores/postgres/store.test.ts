import { systemClock, systemRandom } from "../../clocks/system.ts";
import { storeContract } from "../store.contract.ts";
import { emptyStore } from "./empty-store.fixture.ts";
import { NO_SERVER } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";

storeContract(
  "the PostgreSQL store",
  async () => {
    const url = await emptyStore();
    return await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
  },
  NO_SERVER,
);

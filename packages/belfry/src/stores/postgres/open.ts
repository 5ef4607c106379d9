import type { Clock } from "../../clock.ts";
import { createDatabaseClock, type DatabaseClock } from "../../clocks/database.ts";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import type { Logs } from "../../log.ts";
import type { Store } from "../../store.ts";
import { Connection } from "./connection.ts";
import { PostgresLogs } from "./logs.ts";
import { hasSchema } from "./schema.ts";
import { PostgresStore } from "./store.ts";
import { readTime } from "./time.ts";

export interface PostgresAddress {
  readonly url: string;
}

/** The store of a fleet, its logs, and its clock. */
export interface Postgres {
  readonly store: Store;
  readonly logs: Logs;
  readonly clock: Clock;
  /** No host can prove to another that a process is gone: the lease decides. */
  probe(node: string): Promise<"unknown">;
  close(): Promise<void>;
}

/** How long an answer may take, ms. */
const DEADLINE_MS = 15_000;
/** How often the database is asked for its time, ms. */
const TIME_EVERY_MS = 5_000;

/** Whether a store has been made there. @throws BelfryError where the database cannot be reached. */
export async function postgresExists({ url }: PostgresAddress): Promise<boolean> {
  const line = await open(url, "look");
  try {
    return await hasSchema(line);
  } finally {
    await line.close();
  }
}

/**
 * Opens a database, makes the store where there is none, and goes by the database's time.
 * @throws BelfryError as `PostgresStore.open`.
 */
export async function openPostgres({ url }: PostgresAddress): Promise<Postgres> {
  const line = await open(url, "clock");
  const { reading } = await readTime(line, systemClock);
  const clock = createDatabaseClock(systemClock, reading);
  const stopReading = keepReading(url, line, clock);
  const options = { url, clock: systemClock, random: systemRandom, deadlineMs: DEADLINE_MS };
  const store = await PostgresStore.open(options).catch(async (error: unknown) => {
    await stopReading();
    throw error;
  });
  const logs = new PostgresLogs({ url, clock: systemClock, deadlineMs: DEADLINE_MS });
  return {
    store,
    logs,
    clock,
    probe: async () => "unknown",
    async close() {
      await stopReading();
      await logs.close();
      await store.close();
    },
  };
}

function open(url: string, purpose: string): Promise<Connection> {
  return Connection.open({ url, purpose, deadlineMs: DEADLINE_MS, clock: systemClock });
}

/**
 * Asks for the time now and then, by a line of its own, where nothing else is under way. While the
 * database is away the clock goes on by the machine's.
 * @returns ends it.
 */
function keepReading(url: string, first: Connection, clock: DatabaseClock): () => Promise<void> {
  let line: Connection | null = first;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    try {
      if (line === null || line.ended !== null) line = await open(url, "clock");
      clock.read((await readTime(line, systemClock)).reading);
    } catch {
      // Whoever works with the store says that it is away.
    }
  };
  let withdraw = systemClock.schedule(systemClock.now() + TIME_EVERY_MS, again);
  function again(): void {
    reading = reading.then(read);
    withdraw = systemClock.schedule(systemClock.now() + TIME_EVERY_MS, again);
  }
  return async () => {
    withdraw();
    await reading;
    await line?.close();
  };
}

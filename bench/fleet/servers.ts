import { CONTENDERS, type ContenderName, type Place } from "./contender.ts";
import { NO_POSTGRES, startPostgres } from "./postgres.ts";
import { NO_REDIS, type RedisServer, startRedis } from "./redis.ts";

/** What all contenders of one measurement share. */
export interface Servers {
  readonly contenders: readonly ContenderName[];
  /** A place where nobody has been yet, for one of them. */
  place(name: ContenderName): Promise<Place>;
  /** The fixed costs of a place: what is dead is cleared away, and what is dirty written. */
  readonly settings: readonly string[];
}

const ONLY = process.env["BENCH_ONLY"]?.split(",");

/**
 * Starts the servers for one measurement and ends them after it. Nothing is measured where there is
 * no PostgreSQL; without Redis there is no BullMQ.
 */
export async function withServers<T>(
  which: readonly ContenderName[],
  work: (servers: Servers) => Promise<T>,
  settings: readonly string[] = [],
): Promise<T | null> {
  if (NO_POSTGRES !== null) {
    console.error(`SKIPPED: ${NO_POSTGRES}`);
    return null;
  }
  const asked = CONTENDERS.filter((name) => which.includes(name) && ONLY?.includes(name) !== false);
  const redisUser = asked.includes("bullmq");
  if (redisUser && NO_REDIS !== null) console.error(`SKIPPED: BullMQ; ${NO_REDIS}`);
  const contenders = asked.filter((name) => name !== "bullmq" || NO_REDIS === null);
  await using postgres = await startPostgres(settings);
  let redis: RedisServer | null = null;
  try {
    return await work({
      contenders,
      settings,
      async place(name) {
        if (name !== "bullmq") {
          return { postgres: await postgres.database(), redis: null, serverPid: postgres.pid };
        }
        await redis?.[Symbol.asyncDispose]();
        redis = await startRedis();
        return { postgres: await postgres.database(), redis: redis.path, serverPid: redis.pid };
      },
    });
  } finally {
    // Assigned within a function, which the compiler does not follow.
    await (redis as RedisServer | null)?.[Symbol.asyncDispose]();
  }
}

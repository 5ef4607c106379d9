import type { Connection } from "./connection.ts";
import { openLine, PACE } from "./line.fixture.ts";
import { makePartitions } from "./partitions.ts";
import { migrate } from "./schema.ts";
import { emptyDatabase } from "./server.fixture.ts";
import { SCHEMA, TABLES } from "./statement.ts";

let made: Promise<string> | null = null;

/**
 * An empty store for one test after the other, in one database: to make its tables takes a hundred
 * times as long as to empty them.
 * @returns its URL.
 */
export async function emptyStore(): Promise<string> {
  made ??= newStore();
  const url = await made;
  const line = await openLine(url);
  try {
    await line.send({ text: EMPTY, name: null });
  } finally {
    await line.close();
  }
  return url;
}

const EMPTY = [
  ...TABLES.filter((table) => table !== "meta").map((table) => `delete from ${SCHEMA}.${table}`),
  `update ${SCHEMA}.meta set fence = 0, high_at = 0, generation = 0, copied_at = null,
     down_from = null, down_until = null`,
  `alter sequence ${SCHEMA}.audit_seq_seq restart`,
  `alter sequence ${SCHEMA}.release_seq_seq restart`,
].join("; ");

async function newStore(): Promise<string> {
  const url = await emptyDatabase();
  const line: Connection = await openLine(url);
  try {
    await migrate(line, PACE);
    await makePartitions(line, PACE, Date.now());
  } finally {
    await line.close();
  }
  return url;
}

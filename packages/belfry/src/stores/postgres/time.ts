import type { Clock } from "../../clock.ts";
import type { Reading } from "../../clocks/database.ts";
import { one, type Work } from "../sql/work.ts";
import type { Connection } from "./connection.ts";
import { native } from "./statement.ts";

/** What a server says of time, in ms. */
export interface ServerTime {
  readonly reading: Reading;
  /** How long it has been up. */
  readonly upMs: number;
}

/** The clock itself, not the transaction's start. */
const TIME = native(`select extract(epoch from clock_timestamp()) * 1000 as at,
  extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000 as "upMs"`);

/** Whether the server has been up for so long. */
export function* isUpFor(ms: number): Work<boolean> {
  const row = yield* one<{ up: number }>(
    "select extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000 >= ? as up",
    ms,
  );
  return row?.up === 1;
}

/** Asks a server for its time: best on a line on which nothing else is under way. */
export async function readTime(line: Connection, machine: Clock): Promise<ServerTime> {
  const askedAt = machine.monotonic();
  const { rows } = await line.send<{ at: number; upMs: number }>(TIME);
  const answeredAt = machine.monotonic();
  const [row] = rows;
  if (row === undefined) throw new Error("the server did not say what time it is");
  return { reading: { askedAt, answeredAt, at: row.at }, upMs: row.upMs };
}

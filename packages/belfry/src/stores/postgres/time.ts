import type { Clock } from "../../clock.ts";
import type { Reading } from "../../clocks/database.ts";
import type { Connection } from "./connection.ts";
import { native } from "./statement.ts";

/** What a server says of time, in ms. */
export interface ServerTime {
  readonly reading: Reading;
  /**
   * How long it has been up. Leases that ran out while it was not say nothing: nobody is reaped
   * before whoever lives has had a full lease to renew.
   */
  readonly upMs: number;
}

/** The clock itself, not the transaction's start. */
const TIME = native(`select extract(epoch from clock_timestamp()) * 1000 as at,
  extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000 as "upMs"`);

/** Asks a server for its time: best on a line on which nothing else is under way. */
export async function readTime(line: Connection, machine: Clock): Promise<ServerTime> {
  const askedAt = machine.monotonic();
  const { rows } = await line.send<{ at: number; upMs: number }>(TIME);
  const answeredAt = machine.monotonic();
  const [row] = rows;
  if (row === undefined) throw new Error("the server did not say what time it is");
  return { reading: { askedAt, answeredAt, at: row.at }, upMs: row.upMs };
}

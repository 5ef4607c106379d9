import { systemClock, systemRandom } from "../../clocks/system.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { native } from "./statement.ts";
import type { Pace } from "./transaction.ts";

export const PACE: Pace = { clock: systemClock, random: systemRandom };

export function openLine(url: string, over: Partial<ConnectionOptions> = {}): Promise<Connection> {
  return Connection.open({ url, purpose: "test", deadlineMs: 10_000, clock: systemClock, ...over });
}

/** Opens so many lines for a test and closes them after it. */
export async function withLines(
  url: string,
  count: number,
  test: (...lines: Connection[]) => Promise<void>,
): Promise<void> {
  const lines = await Promise.all(Array.from({ length: count }, () => openLine(url)));
  try {
    await test(...lines);
  } finally {
    await Promise.all(lines.map((line) => line.close()));
  }
}

/** Sends a statement by itself; the rows as lists. */
export async function ask(
  line: Connection,
  text: string,
  values: Parameters<Connection["send"]>[1] = [],
): Promise<readonly (readonly unknown[])[]> {
  return (await line.tuples(native(text), values)).rows;
}

/** Resolves when a line waits for a lock that another holds, so that the next step may be taken. */
export async function waitsForLock(observer: Connection, purpose = "test"): Promise<void> {
  const until = systemClock.monotonic() + 10_000;
  for (;;) {
    const [row] = await ask(
      observer,
      `select count(*) from pg_stat_activity where wait_event_type = 'Lock'
       and datname = current_database() and application_name = $1`,
      [`belfry ${purpose}`],
    );
    if (row?.[0] !== 0) return;
    if (systemClock.monotonic() > until) throw new Error("nobody waits for a lock");
  }
}

/** Looks until it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const deadline = systemClock.monotonic() + withinMs;
  while (!(await holds())) {
    if (systemClock.monotonic() > deadline) {
      throw new Error(`still not so after ${withinMs} ms: ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

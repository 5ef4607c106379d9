import type { Clock } from "../../clock.ts";
import type { Renewed } from "../../lease.ts";
import { wishes } from "../sql/nodes.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { native } from "./statement.ts";

/** By the server's clock: whoever renews may have been stopped between asking for it and asking this. */
const RENEW = native(
  `update belfry.node
   set lease_until = floor(extract(epoch from clock_timestamp()) * 1000)::bigint + $2
   where id = $1 and state = 'alive' returning lease_until as "untilAt"`,
);

/**
 * Lengthens a node's lease, also one that has run out, unless the node was declared dead. For the
 * node it ends earlier by all the time that the answer took: it may have been renewed as early as
 * it was asked for.
 */
export async function renewBy(
  line: Connection,
  node: string,
  leaseMs: number,
  clock: Clock,
): Promise<Renewed> {
  const askedAt = clock.monotonic();
  const { rows } = await line.send<{ untilAt: number }>(RENEW, [node, leaseMs]);
  const tookMs = clock.monotonic() - askedAt;
  const [row] = rows;
  if (row === undefined) return { alive: false, wishes: [], untilAt: 0 };
  const untilAt = Math.floor(row.untilAt - tookMs);
  return { alive: true, untilAt, wishes: await perform(line, wishes(node)) };
}

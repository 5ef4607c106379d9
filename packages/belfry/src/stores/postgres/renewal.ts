import type { Clock } from "../../clock.ts";
import type { Renewed } from "../../lease.ts";
import { wishes } from "../sql/nodes.ts";
import type { Connection } from "./connection.ts";
import { perform } from "./drive.ts";
import { native } from "./statement.ts";

/**
 * By the server's clock, whatever the node thinks of the time. Never shortened, but where that clock
 * went back: then the lease would run on for as long as it did.
 */
const RENEW = native(
  `with time as materialized (
     select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now)
   update belfry.node n
   set lease_until = least(greatest(n.lease_until, time.now + $2), time.now + 2 * $2)
   from time where n.id = $1 and n.state = 'alive'
   returning time.now + $2 as "untilAt", n.drain_at as "drainAt"`,
);

interface Row {
  readonly untilAt: number;
  readonly drainAt: number | null;
}

/** Until when somebody is known to have lived here. Whoever comes first notes it, and nobody waits. */
const RAISE_MARK = native(
  `update belfry.meta set high_at = $1 where one in (
     select one from belfry.meta where high_at < $1 for update skip locked)`,
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
  const { rows } = await line.send<Row>(RENEW, [node, leaseMs]);
  const tookMs = clock.monotonic() - askedAt;
  const [row] = rows;
  if (row === undefined) return { alive: false, draining: false, wishes: [], untilAt: 0 };
  const [asked] = await Promise.all([
    perform(line, wishes(node)),
    line.send(RAISE_MARK, [row.untilAt - leaseMs]),
  ]);
  const untilAt = Math.floor(row.untilAt - tookMs);
  return { alive: true, draining: row.drainAt !== null, untilAt, wishes: asked };
}

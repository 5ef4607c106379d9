import type { WhyWorld } from "../core/why-world.ts";
import type { NodeRow, TaskRow } from "../records.ts";
import type { VerbContext } from "./context.ts";

type Asked = Pick<VerbContext, "store" | "clock" | "probe">;

/**
 * All nodes. One that was killed on this host is told as dead at once, although its row says so
 * only when another node has found it; nothing is written.
 */
export async function nodesNow({ store, probe }: Asked): Promise<readonly NodeRow[]> {
  const nodes = await store.nodes();
  if (probe === undefined) return nodes;
  return await Promise.all(
    nodes.map(async (node) => {
      const isGone = node.state === "alive" && (await probe(node)) === "gone";
      return isGone ? { ...node, state: "dead" as const } : node;
    }),
  );
}

/** The nodes that work now, as far as can be known: alive, and within their lease. */
export async function liveNodes(context: Asked): Promise<readonly NodeRow[]> {
  const nodes = await nodesNow(context);
  const now = context.clock.now();
  return nodes.filter(({ state, leaseUntil }) => state === "alive" && leaseUntil >= now);
}

/**
 * Whether a node that is alive has a task's code and its tags. One that has its release and not that
 * could not load it.
 */
export function codeOf(
  { carriers, unplaced, source }: Pick<TaskRow, "carriers" | "unplaced" | "source">,
  live: readonly NodeRow[],
): WhyWorld["code"] {
  if (live.some(({ id }) => carriers.includes(id))) return "carried";
  if (live.some(({ id }) => unplaced.includes(id))) return "unplaced";
  const hasSource = live.some(({ releases }) => releases.some((one) => one.source === source));
  return hasSource ? "unread" : "absent";
}

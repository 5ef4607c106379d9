import { BelfryError } from "../core/errors.ts";
import type { NodeRow } from "../records.ts";
import type { DrainWish } from "../store.ts";
import type { VerbContext } from "./context.ts";
import { nodesNow } from "./nodes.ts";

/**
 * Has a node take no new work: what it runs ends, other nodes take what comes. `off` lets it take
 * work again.
 *
 * @param name the node's id, or an unambiguous beginning of it.
 * @throws BelfryError `unknown-node`, `ambiguous-node`, `node-ended`, `already-draining`, `not-draining`.
 */
export async function drain(
  context: VerbContext,
  name: string,
  wish: DrainWish,
): Promise<{ readonly node: NodeRow; readonly others: number }> {
  const { store, clock, by } = context;
  const { id } = await findNode(context, name);
  const answer = await store.drain(id, wish, clock.now(), by);
  if (answer === "not-alive") {
    const message = `Node ${id} is not alive: it runs nothing any more.`;
    throw new BelfryError("conflict", "node-ended", message, "belfry nodes");
  }
  if (answer === "already") throw already(id, wish);
  const nodes = await nodesNow(context);
  const now = clock.now();
  const others = nodes.filter(
    (node) =>
      node.id !== id && node.state === "alive" && node.leaseUntil >= now && node.draining === null,
  );
  return { node: await findNode(context, id), others: others.length };
}

async function findNode(context: VerbContext, name: string): Promise<NodeRow> {
  const found = (await nodesNow(context)).filter(({ id }) => id.startsWith(name));
  const alive = found.filter(({ state }) => state === "alive");
  const [node, second] = alive.length > 0 ? alive : found;
  if (node === undefined || name === "") {
    const message = `There is no node ${name}.`;
    throw new BelfryError("not-found", "unknown-node", message, "`belfry nodes` lists them.");
  }
  if (second === undefined) return node;
  const message = `${name} may be node ${node.id} or ${second.id}.`;
  throw new BelfryError("usage", "ambiguous-node", message, "Write more of the id.");
}

function already(node: string, wish: DrainWish): BelfryError {
  return wish === "on"
    ? new BelfryError(
        "conflict",
        "already-draining",
        `Node ${node} drains already.`,
        `belfry nodes drain ${node} --off`,
      )
    : new BelfryError("conflict", "not-draining", `Node ${node} does not drain.`, "belfry nodes");
}

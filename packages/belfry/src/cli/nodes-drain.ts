import { BelfryError } from "../core/errors.ts";
import type { DrainWish } from "../store.ts";
import { drain } from "../verbs/drain.ts";
import { nodeView } from "../views/node.ts";
import type { Session } from "./session.ts";
import { counted } from "./words.ts";

/**
 * `belfry nodes drain NODE [--off]`.
 *
 * @param words what stands after `nodes`.
 * @throws BelfryError `bad-usage`, and as `drain`.
 */
export async function drainNode(
  session: Session,
  words: readonly string[],
  wish: DrainWish,
): Promise<number> {
  const [verb, name] = words;
  if (verb !== "drain") throw misused(`nodes has no verb ${verb}.`);
  if (name === undefined) throw misused("NODE is missing.");
  const context = await session.context();
  const { node, others } = await drain(context, name, wish);
  if (session.json) {
    session.document(nodeView(node, context.clock.now()));
    return 0;
  }
  if (wish === "off") {
    session.print(`${node.id} takes work again.`);
    return 0;
  }
  session.print(
    `${node.id} takes no new work; ${counted(node.running, "run goes", "runs go")} on to the end.`,
  );
  session.say(
    others === 0
      ? "No other live node takes work: nothing starts until one does."
      : `${counted(others, "other node takes", "other nodes take")} what comes.`,
  );
  return 0;
}

export function misused(message: string): BelfryError {
  return new BelfryError("usage", "bad-usage", message, "Try `belfry nodes drain NODE [--off]`.");
}

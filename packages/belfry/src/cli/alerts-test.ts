import { BelfryError } from "../core/errors.ts";
import { closest } from "../define/closest.ts";
import type { ChannelTest } from "../verbs/test-channel.ts";
import type { Session } from "./session.ts";
import { plain } from "./terminal/escape.ts";

/**
 * `belfry alerts test CHANNEL`. It needs no store and no node: it sends from here.
 *
 * @param words what stands after `alerts`.
 * @returns the exit code: 1 where the other side has not taken it.
 * @throws BelfryError `unknown-channel`, `bad-usage`.
 */
export async function testAlerts(session: Session, words: readonly string[]): Promise<number> {
  const [verb, name] = words;
  if (verb !== "test" || name === undefined) {
    const message = verb === "test" ? "CHANNEL is missing." : `alerts has no verb ${verb}.`;
    throw new BelfryError("usage", "bad-usage", message, "Try `belfry alerts test CHANNEL`.");
  }
  const config = await session.config();
  if (!config.channels.has(name)) throw unknownChannel(name, [...config.channels.keys()]);
  session.say(session.err.dim(`Sending a test alert to ${plain(name)} …`));
  const { tryChannel } = await import("../main.ts");
  return tell(session, name, await tryChannel(config, name));
}

function tell(session: Session, name: string, test: ChannelTest): number {
  const isTaken = test.result === "taken";
  if (session.json) {
    session.document({ channel: name, ...test });
  } else if (isTaken) {
    session.print(`${session.out.good("✓")} ${plain(`${name}: ${test.said}`)}`);
  } else {
    session.print(`${session.out.bad("✗")} ${plain(`${name}: ${test.error}`)}`);
    if (test.hint !== null) session.print(`  → ${plain(test.hint)}`);
  }
  return isTaken ? 0 : 1;
}

function unknownChannel(name: string, names: readonly string[]): BelfryError {
  const meant = closest(name, names);
  const hint =
    names.length === 0
      ? "The configuration has none: declare it under channels (docs/alerts.md)."
      : `${meant === null ? "" : `Did you mean ${meant}? `}There are: ${names.join(", ")}.`;
  return new BelfryError("not-found", "unknown-channel", `There is no channel ${name}.`, hint);
}

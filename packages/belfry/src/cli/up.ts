import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import { type Command, defineCommand } from "./command.ts";
import { type Signal, signalCode } from "./io.ts";
import type { Session } from "./session.ts";
import { JsonReporter } from "./up-json.ts";
import { PrettyReporter } from "./up-pretty.ts";
import type { LogLevel, Reporter } from "./up-reporter.ts";

export const upCommand: Command = defineCommand({
  name: "up",
  summary: "Runs a node: plans what is due and runs it, until it is told to stop",
  details: [
    "SIGTERM or Ctrl-C lets what runs end, for as long as the configuration's grace; a second one " +
      "ends it at once. Any number of nodes may share a store. Where no terminal listens, or with " +
      "BELFRY_LOG_FORMAT=json, what happens is told as JSON lines.",
  ],
  options: {},
  async run(session) {
    const config = await session.config();
    refuseNothing(config);
    const reporter = reporterOf(session, config);
    const signals = new Signals(session);
    const { startNode } = await import("../main.ts");
    try {
      const node = await startNode(config, (event) => reporter.event(event));
      reporter.up({ ...node, config, node: node.engine.node ?? "" });
      await signals.first;
      reporter.stopping(config.node.graceMs);
      const ended = await Promise.race([node.stop(config.node.graceMs), signals.second]);
      reporter.down();
      return ended === undefined ? 0 : signalCode(ended);
    } finally {
      signals.close();
      reporter.close();
    }
  },
});

/** A node in a folder that has nothing to run is a mistake about the folder. */
function refuseNothing(config: Config): void {
  const { globs, tasks, map } = config.tasks;
  if (config.file !== null || globs.length > 0 || tasks.length > 0) return;
  if (Object.keys(map).length > 0) return;
  const message = `There is no configuration in ${config.folder} or above it, so there are no tasks.`;
  const hint = "`belfry init` writes one with a first task; --config FILE names another.";
  throw new BelfryError("usage", "no-config", message, hint);
}

function reporterOf(session: Session, config: Config): Reporter {
  const format = config.log.format ?? (session.io.stdout.isTTY ? "pretty" : "json");
  const level: LogLevel = session.quiet && config.log.level !== "error" ? "warn" : config.log.level;
  return session.json || format === "json"
    ? new JsonReporter(session, level)
    : new PrettyReporter(session, level, config.timeZone);
}

/** The first signal asks to stop, the second demands it. */
class Signals {
  readonly first: Promise<Signal>;
  readonly second: Promise<Signal>;
  readonly close: () => void;

  constructor(session: Session) {
    const first = Promise.withResolvers<Signal>();
    const second = Promise.withResolvers<Signal>();
    let heard = 0;
    this.close = session.io.onSignal((signal) => {
      heard += 1;
      (heard === 1 ? first : second).resolve(signal);
    });
    this.first = first.promise;
    this.second = second.promise;
  }
}

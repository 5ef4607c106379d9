import { resolve } from "node:path";
import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import type { ModuleGraph } from "../define/module-graph.ts";
import type { Crontabs } from "../main/crontabs.ts";
import type { VerbContext } from "../verbs/context.ts";
import { modeOf, refuseBeside } from "./beside-cron.ts";
import { type Command, defineCommand } from "./command.ts";
import { signalCode } from "./io.ts";
import { observe } from "./observe.ts";
import type { Session } from "./session.ts";
import { Signals } from "./signals.ts";
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
    "A crontab runs as it is: a user's own, or a system table with its user column. Its edits are " +
      "picked up within a minute. What a living cron daemon runs too is refused, unless you only " +
      "observe it or take it over.",
    "With --watch an edit of a task file, of what it imports or of the configuration counts at " +
      "once; what is broken leaves in force what was good, and what is under way goes on with the " +
      "code it began with. It is for writing tasks: what was imported before stays in memory.",
  ],
  options: {
    crontab: { value: "PATH", presence: "several", help: "run this crontab, or all of a folder" },
    observe: { help: "run nothing: tell what would run, and whether cron ran it" },
    output: { help: "tell what runs print, too" },
    "take-over": { help: "run what a living cron daemon has too, from now on" },
    watch: { help: "load tasks and configuration again when their files change" },
  },
  examples: [
    ["belfry up --watch", "while you write tasks: each edit counts at once"],
    ["belfry up --crontab my.crontab", "your own crontab, each line a task"],
    ["belfry up --crontab /etc/cron.d --observe", "beside cron, without touching anything"],
  ],
  async run(session, call) {
    const paths = call.all("crontab").map((path) => resolve(session.io.cwd, path));
    const mode = modeOf(paths, call.has("observe"), call.has("take-over"));
    if (mode === "observe" && call.has("watch")) {
      throw new BelfryError(
        "usage",
        "bad-usage",
        "--observe runs no tasks that --watch could watch.",
      );
    }
    const graph = call.has("watch") ? await watchImports() : null;
    const config = withOutput(await session.config(), call.has("output"));
    const { startNode, readCrontabs, hasTasks } = await import("../main.ts");
    if (paths.length === 0 && !hasTasks(config)) throw nothingToRun(config);
    const crontabs = paths.length === 0 ? null : await readCrontabs(paths, config);
    if (mode === "observe" && crontabs !== null) return await observe(session, crontabs);
    if (mode === "run" && crontabs !== null) refuseBeside(crontabs.loaded);
    const reporter = reporterOf(session, config);
    const signals = new Signals(session);
    try {
      const node = await startNode(
        config,
        {
          onEvent: (event) => reporter.event(event),
          onLines: (batches) => {
            if (config.log.output === "yes") reporter.output(batches);
          },
          onReload: (reload) => reporter.reloaded(reload),
        },
        crontabs,
        graph === null ? null : { graph, readConfig: () => session.readConfig() },
      );
      if (mode === "take-over" && crontabs !== null) await auditTakeOver(node.context, crontabs);
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

/** From before the configuration is imported, so that what it imports is known too. */
async function watchImports(): Promise<ModuleGraph> {
  const { ModuleGraph } = await import("../define/module-graph.ts");
  return new ModuleGraph();
}

/** Whoever finds a line run twice, or not by cron, learns here who said so. */
async function auditTakeOver(
  { store, clock, by }: VerbContext,
  { loaded: { crontabs, daemon } }: Crontabs,
): Promise<void> {
  const subject = crontabs.map(({ file }) => file).join(" ");
  const after = JSON.stringify({ daemon: daemon === null ? "none" : daemon.name });
  const deed = { actor: by, what: "crontab.take-over", subject, task: null, before: null, after };
  await store.recordDeed(deed, clock.now());
}

function withOutput(config: Config, asked: boolean): Config {
  return asked ? { ...config, log: { ...config.log, output: "yes" } } : config;
}

/** A node in a folder that has nothing to run is a mistake about the folder. */
export function nothingToRun(config: Config): BelfryError {
  const message = `There is no configuration in ${config.folder} or above it, so there are no tasks.`;
  const hint =
    "`belfry init` writes one with a first task; --config FILE names another; --crontab FILE runs " +
    "a crontab.";
  return new BelfryError("usage", "no-config", message, hint);
}

function reporterOf(session: Session, config: Config): Reporter {
  const format = config.log.format ?? (session.io.stdout.isTTY ? "pretty" : "json");
  const level: LogLevel = session.quiet && config.log.level !== "error" ? "warn" : config.log.level;
  return session.json || format === "json"
    ? new JsonReporter(session, level)
    : new PrettyReporter(session, level, config.timeZone);
}

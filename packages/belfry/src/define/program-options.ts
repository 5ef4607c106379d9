import { type Duration, parseDuration } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import type { Config } from "./config.ts";
import { readHttpAddress } from "./http-address.ts";
import { formatProblem, type Problem } from "./problem.ts";
import type { Task } from "./task.ts";

/** What a program may say instead of a configuration file; each wins over the file. */
export interface OpenOptions {
  /** `sqlite:PATH`, relative to the working folder; absent: what the configuration file says. */
  readonly store?: string | undefined;
  readonly tasks?: readonly Task[] | undefined;
  /** The source that releases of these tasks come from. Default: package.json's name. */
  readonly name?: string | undefined;
  /** Zone of schedules that name none. */
  readonly timeZone?: string | undefined;
  /** Environment variables that hold secrets, beside those that `secret()` names. */
  readonly secrets?: readonly string[] | undefined;
  readonly node?:
    | {
        /** Attempts that may run at once. Default 50. */
        readonly concurrency?: number | undefined;
        /** How long attempts may go on after `stop()`. Default `"25s"`. */
        readonly grace?: Duration | undefined;
        /** After how much silence others take over this node's runs. Default `"30s"`. */
        readonly lease?: Duration | undefined;
        /**
         * `HOST:PORT` at which health and metrics are read, such as `"127.0.0.1:7411"`. Default:
         * none, whatever the configuration file says: it is a program that opens a port.
         */
        readonly http?: string | undefined;
      }
    | undefined;
  /** Who is said to act, for the audit. Default: `api`. */
  readonly by?: string | undefined;
  /**
   * For modules that a dev server imports anew: `globalThis`, or Vite's `import.meta.hot.data`.
   * There what is opened is kept, and found again: the same store and name give the same Belfry,
   * whose `start()` then goes on with the new tasks. All else stays as it was first opened.
   */
  readonly reuse?: object | undefined;
}

/** A program's own words win over the file's and the environment's. */
export function withOptions(config: Config, options: OpenOptions): Config {
  const { tasks, name, timeZone, secrets = [], node } = options;
  const own = tasks === undefined ? config.tasks : { ...config.tasks, globs: [], map: {}, tasks };
  return {
    ...config,
    name: name ?? config.name,
    timeZone: timeZone ?? config.timeZone,
    secrets: [...config.secrets, ...secrets],
    tasks: own,
    node: {
      ...config.node,
      concurrency: node?.concurrency ?? config.node.concurrency,
      graceMs: node?.grace === undefined ? config.node.graceMs : parseDuration(node.grace),
      leaseMs: node?.lease === undefined ? config.node.leaseMs : parseDuration(node.lease),
      http: node?.http === undefined ? null : readHttpAddress(node.http, "node.http"),
    },
  };
}

/** A program's own tasks are part of it: one that is wrong is an error, not a line to overlook. */
export function refuse(problems: readonly Problem[]): void {
  const wrong = problems.filter(({ severity }) => severity === "error");
  const [first] = wrong;
  if (first === undefined) return;
  const place = { file: first.file ?? undefined, line: first.line ?? undefined };
  throw new BelfryError(
    "usage",
    "bad-task",
    wrong.map(formatProblem).join("\n"),
    first.hint,
    place,
  );
}

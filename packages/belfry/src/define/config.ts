import { dirname, resolve } from "node:path";
import { canonicalTimeZone } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import { unknownChannels } from "./alert-channels.ts";
import type { WrittenCalendar } from "./calendars.ts";
import type { WrittenChannel } from "./channel-schema.ts";
import {
  badConfig,
  type ConfigFile,
  findConfigFile,
  projectName,
  readConfigFile,
} from "./config-file.ts";
import type { ConfigOptions, WrittenConfig } from "./config-schema.ts";
import { heartbeatTarget } from "./heartbeat.ts";
import { DEFAULT_HTTP, type HttpAddress, readHttpAddress } from "./http-address.ts";
import { orList } from "./issues.ts";
import { nodeTagsSchema } from "./node-tags.ts";
import type { WrittenPolicies } from "./policy-schema.ts";
import type { Locate } from "./problem.ts";
import { type Environment, readSecret, resolveSecret } from "./secret.ts";
import type { WrittenSmtp } from "./smtp.ts";
import { readStoreUrl, type StoreAddress, withListenUrl } from "./store-address.ts";
import type { Task } from "./task.ts";
import { timeZoneSchema } from "./time-zone.ts";

/** Everything that a node, a command or a library needs to know before it starts. */
export interface Config {
  /** What relative paths are relative to: the configuration's folder, else the working one. */
  readonly folder: string;
  /** The configuration's file, or null where there is none. */
  readonly file: string | null;
  /** The source that this code base's releases come from. */
  readonly name: string;
  readonly store: StoreAddress;
  readonly timeZone: string;
  readonly defaults: WrittenPolicies;
  readonly tasks: TaskSources;
  /** Calendars that schedules name, not yet read. */
  readonly calendars: Readonly<Record<string, WrittenCalendar>>;
  /** Ways to tell people, by name. */
  readonly channels: ReadonlyMap<string, WrittenChannel>;
  /** The server that takes mail; null: the host's own sendmail does. */
  readonly smtp: WrittenSmtp | null;
  /** The channels that hear of every task that names none. */
  readonly alerts: readonly string[];
  readonly retention: { readonly historyMs: number; readonly logsMs: number };
  readonly node: {
    readonly concurrency: number;
    /** What is special about the node, in order. */
    readonly tags: readonly string[];
    readonly graceMs: number;
    readonly leaseMs: number;
    readonly heartbeat: HeartbeatTarget | null;
    /** Where health and metrics are read; null: nowhere. */
    readonly http: HttpAddress | null;
  };
  /** Environment variables that hold secrets, beside those that tasks name. */
  readonly secrets: readonly string[];
  /** `format` null: for people where a terminal listens, else JSON. */
  readonly log: {
    readonly level: LogLevel;
    readonly format: LogFormat | null;
    /** Whether what runs say is told too. */
    readonly output: LogOutput;
  };
}

/** Where tasks are declared. */
interface TaskSources {
  readonly globs: readonly string[];
  readonly tasks: readonly Task[];
  /** Tasks that the configuration itself holds, by name, not yet checked. */
  readonly map: Readonly<Record<string, unknown>>;
  /** Where the configuration says what stands under a path. */
  readonly locate: Locate;
}

const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const LOG_FORMATS = ["json", "pretty"] as const;
const LOG_OUTPUTS = ["yes", "no"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];
type LogFormat = (typeof LOG_FORMATS)[number];
type LogOutput = (typeof LOG_OUTPUTS)[number];

/** What the command line says. It wins over the environment, which wins over the file. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly store?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logFormat?: string | undefined;
}

export interface ConfigInput {
  readonly cwd: string;
  readonly flags?: ConfigFlags | undefined;
  /** `process.env`, or what stands for it. */
  readonly environment: Environment;
}

const DAY_MS = 86_400_000;
const STORE = "sqlite:.belfry/belfry.db";

/** Types a configuration for the editor: `export default defineConfig({ … })`. */
export function defineConfig(options: ConfigOptions): ConfigOptions {
  return options;
}

/**
 * Finds, reads and checks the configuration. Precedence: flag, environment, file, default. Task
 * files are not loaded.
 *
 * The file is `belfry.config.ts`, `belfry.config.js` or `belfry.yaml`, looked for in `cwd` and
 * upward from it, unless `--config` or `BELFRY_CONFIG` names one. A relative store of the command
 * line is relative to `cwd`, any other path to the configuration's folder.
 *
 * @throws BelfryError with what is wrong in the file (all of it), the environment or a flag.
 */
export async function resolveConfig(input: ConfigInput): Promise<Config> {
  const { cwd, flags = {} } = input;
  const named = flags.config ?? variable(input, "BELFRY_CONFIG");
  const path = named === undefined ? await findConfigFile(cwd) : resolve(cwd, named);
  const file = path === null ? null : await readConfigFile(path);
  const folder = path === null ? resolve(cwd) : dirname(path);
  const written: WrittenConfig = file?.written ?? {};
  const channels = new Map(Object.entries(written.channels ?? {}));
  if (file !== null) refuseUnknown(written.alerts ?? [], channels, file);
  const heartbeat = written.node?.heartbeat;
  return {
    folder,
    file: path,
    name: written.name ?? (await projectName(folder)),
    store: withListenUrl(
      storeOf(input, written.store, folder),
      readSecret("BELFRY_LISTEN_URL", input.environment),
    ),
    timeZone: timeZoneOf(input, written.timeZone),
    defaults: written.defaults ?? {},
    tasks: taskSources(file),
    calendars: written.calendars ?? {},
    channels,
    smtp: written.smtp ?? null,
    alerts: written.alerts ?? [],
    retention: {
      historyMs: written.retention?.history ?? 90 * DAY_MS,
      logsMs: written.retention?.logs ?? 14 * DAY_MS,
    },
    node: {
      concurrency: written.node?.concurrency ?? 50,
      tags: tagsOf(input) ?? written.node?.tags ?? [],
      graceMs: written.node?.grace ?? 25_000,
      leaseMs: written.node?.lease ?? 30_000,
      heartbeat: heartbeat === undefined ? null : heartbeatTarget(heartbeat),
      http: httpOf(input, written),
    },
    secrets: written.secrets ?? [],
    log: {
      level: wordOf(input, "--log-level", flags.logLevel, "BELFRY_LOG_LEVEL", LOG_LEVELS) ?? "info",
      format: wordOf(input, "--log-format", flags.logFormat, "BELFRY_LOG_FORMAT", LOG_FORMATS),
      output: wordOf(input, "", undefined, "BELFRY_LOG_OUTPUT", LOG_OUTPUTS) ?? "no",
    },
  };
}

function refuseUnknown(
  alerts: readonly string[],
  channels: ReadonlyMap<string, WrittenChannel>,
  { locate }: ConfigFile,
): void {
  const faults = unknownChannels(alerts, [...channels.keys()]);
  if (faults.length > 0) throw badConfig(faults, locate);
}

/** An empty variable is none: container files often pass what is not set as empty text. */
function variable({ environment }: ConfigInput, name: string): string | undefined {
  return environment[name] === "" ? undefined : environment[name];
}

function storeOf(
  input: ConfigInput,
  written: WrittenConfig["store"],
  folder: string,
): StoreAddress {
  const { cwd, flags, environment } = input;
  if (flags?.store !== undefined) return readStoreUrl(flags.store, cwd);
  const url = readSecret("BELFRY_DATABASE_URL", environment);
  if (url !== null && url !== "") return readStoreUrl(url, folder);
  if (typeof written === "object") return readStoreUrl(resolveSecret(written, environment), folder);
  return readStoreUrl(written ?? STORE, folder);
}

function httpOf(input: ConfigInput, written: WrittenConfig): HttpAddress | null {
  const asked = variable(input, "BELFRY_HTTP");
  if (asked !== undefined) return readHttpAddress(asked, "BELFRY_HTTP");
  return readHttpAddress(written.node?.http ?? DEFAULT_HTTP, "node.http");
}

/** Hosts of one fleet share a file, and differ in this. */
function tagsOf(input: ConfigInput): readonly string[] | null {
  const asked = variable(input, "BELFRY_TAGS");
  if (asked === undefined) return null;
  const { data, error } = nodeTagsSchema.safeParse(
    asked.split(/[\s,]+/).filter((tag) => tag !== ""),
  );
  if (data !== undefined) return data;
  const [issue] = error.issues;
  throw new BelfryError(
    "usage",
    "bad-setting",
    `BELFRY_TAGS: ${issue?.message ?? "is no list of tags"}`,
  );
}

function timeZoneOf(input: ConfigInput, written: string | undefined): string {
  const flag = input.flags?.timeZone;
  const asked = flag ?? variable(input, "BELFRY_TIME_ZONE");
  if (asked === undefined) return written ?? "UTC";
  const proper = canonicalTimeZone(asked);
  if (proper !== null) return proper;
  const [objection] = timeZoneSchema.safeParse(asked).error?.issues ?? [];
  const [message = "", hint = null] = (objection?.message ?? "").split("\n");
  const place = flag === undefined ? "BELFRY_TIME_ZONE" : "--time-zone";
  throw new BelfryError("usage", "bad-time-zone", `${place}: ${message}`, hint);
}

function wordOf<const Word extends string>(
  input: ConfigInput,
  flagName: string,
  flag: string | undefined,
  variableName: string,
  words: readonly Word[],
): Word | null {
  const asked = flag ?? variable(input, variableName);
  if (asked === undefined) return null;
  const word = words.find((known) => known === asked);
  if (word !== undefined) return word;
  const place = flag === undefined ? variableName : flagName;
  throw new BelfryError("usage", "bad-setting", `${place}: must be ${orList(words)}`);
}

function taskSources(file: ConfigFile | null): TaskSources {
  const tasks = file?.written.tasks ?? [];
  const locate: Locate = file?.locate ?? (() => ({ file: null, line: null }));
  if (!isList(tasks)) return { globs: [], tasks: [], map: tasks, locate };
  return {
    globs: tasks.filter((entry) => typeof entry === "string"),
    tasks: tasks.filter((entry) => typeof entry !== "string"),
    map: {},
    locate,
  };
}

/** `Array.isArray` alone does not narrow a readonly list. */
function isList<Item>(value: readonly Item[] | object): value is readonly Item[] {
  return Array.isArray(value);
}

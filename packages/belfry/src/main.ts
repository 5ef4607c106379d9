import { hostname, userInfo } from "node:os";
import { dirname } from "node:path";
import { Belfry } from "./belfry.ts";
import { systemClock, systemEntropy, systemRandom } from "./clocks/system.ts";
import { type Config, resolveConfig } from "./define/config.ts";
import { heartbeatProblems } from "./define/heartbeat.ts";
import { type LoadedTask, type LoadedTasks, loadTasks } from "./define/load.ts";
import type { Problem } from "./define/problem.ts";
import { type OpenOptions, refuse, withOptions } from "./define/program-options.ts";
import { release } from "./define/release.ts";
import { TaskWatch, type WatchInput } from "./define/task-watch.ts";
import type { Duty } from "./engine/duty.ts";
import { type Carried, Engine } from "./engine/engine.ts";
import type { Listener } from "./engine/events.ts";
import { Heartbeats } from "./engine/heartbeats.ts";
import { LogWriter } from "./engine/log-writer.ts";
import type { Outlets } from "./engine/outlets.ts";
import { mailRun } from "./engine/run-mail.ts";
import type { Executor } from "./executor.ts";
import { createCommandExecutor } from "./executors/command.ts";
import { createFunctionExecutor } from "./executors/function.ts";
import { HttpHeart } from "./heartbeats/http-heart.ts";
import type { Logs } from "./log.ts";
import { hostSendmail } from "./mailers/sendmail.ts";
import { createChannels, crontabMail, type SendingHost } from "./main/create-channels.ts";
import { type Crontabs, crontabsHere, startBootRuns, withDeleted } from "./main/crontabs.ts";
import { reused } from "./reuse.ts";
import { CrontabWatch } from "./sources/crontab/watch-crontabs.ts";
import type { Store } from "./store.ts";
import { openKeeper } from "./stores/sqlite/keeper-client.ts";
import { SqliteLogs } from "./stores/sqlite/logs.ts";
import { SqliteLogsClient } from "./stores/sqlite/logs-client.ts";
import { type Proof, probe, proofsOf } from "./stores/sqlite/proof.ts";
import { SqliteStore } from "./stores/sqlite/store.ts";
import type { VerbContext } from "./verbs/context.ts";
import { type ChannelTest, testChannel, unusable } from "./verbs/test-channel.ts";
import { VERSION } from "./version.ts";

// The composition root: the only file that knows which implementation stands behind each port,
// and the only one that reads the environment.

/** A client of a store: what every verb of an operator needs. */
export interface Session {
  readonly context: VerbContext;
  close(): Promise<void>;
}

/** Opens the store of a configuration in this thread, for one command. */
export async function openSession(config: Config): Promise<Session> {
  const store = new SqliteStore(config.store.path);
  const logs = new SqliteLogs(dirname(config.store.path));
  const proofs = proofsOf(config.store.path);
  const probeHere = (node: string): Promise<Proof> => Promise.resolve(probe(proofs, node));
  return {
    context: { ...contextOf(config, store, logs, whoami()), probe: ofThisHost(probeHere) },
    async close() {
      await logs.close();
      await store.close();
    },
  };
}

/** A node at work, and what its task files had to say. */
export interface StartedNode {
  readonly engine: Engine;
  readonly context: VerbContext;
  readonly tasks: readonly LoadedTask[];
  readonly problems: readonly Problem[];
  /** @param graceMs how long attempts may go on before they are interrupted. */
  stop(graceMs: number): Promise<void>;
}

/** Sends a test alert from here through a channel of a configuration; needs no store, no node. */
export async function tryChannel(config: Config, name: string): Promise<ChannelTest> {
  const { channels, problems } = createChannels(config, sendingHost());
  const channel = channels.get(name);
  if (channel === undefined) return unusable(name, problems);
  const around = { clock: systemClock, entropy: systemEntropy, by: whoami() };
  return await testChannel(name, channel, around);
}

/** What keeps channels of a configuration from being used here. */
export function channelProblems(config: Config): readonly Problem[] {
  return createChannels(config, sendingHost()).problems;
}

function sendingHost(): SendingHost {
  return {
    clock: systemClock,
    environment: process.env,
    hostname: hostname(),
    user: userInfo().username,
    sendmail: hostSendmail(process.env["BELFRY_SENDMAIL"]),
  };
}

/**
 * Reads the crontabs of this host.
 * @param config says by which server to mail where the host has no sendmail.
 * @throws BelfryError `no-crontab`.
 */
export function readCrontabs(paths: readonly string[], config: Config): Promise<Crontabs> {
  const { unmailable } = crontabMail(config, sendingHost());
  return crontabsHere(paths, { alerts: config.alerts, unmailable });
}

/** What a node carries instead, since files were edited. */
export interface NodeReload {
  readonly tasks: readonly LoadedTask[];
  readonly problems: readonly Problem[];
  /** The task files that were edited, and what they import; none: it was crontabs. */
  readonly changed: readonly string[];
}

/**
 * Loads the task files of a configuration and starts a node that runs them, and crontabs beside.
 * @param watched follows edits of task files and configuration; null: does not.
 */
export async function startNode(
  config: Config,
  onEvent: Listener,
  crontabs: Crontabs | null = null,
  onReload: (reload: NodeReload) => void = () => {},
  watched: WatchInput | null = null,
): Promise<StartedNode> {
  const onTrouble = (service: string) => (error: unknown, retryInMs: number) =>
    onEvent({ kind: "trouble", service, error, retryInMs });
  const watching = { clock: systemClock, config, onTrouble: onTrouble("watch") };
  const taskWatch = watched === null ? null : await TaskWatch.begin({ ...watched, ...watching });
  const loaded = await loadTasks(config, { now: systemClock.now() });
  let own = { config, loaded };
  const house = await openHere(config, "serve", onEvent);
  const { engine, context } = house;
  const first = crontabs === null ? null : await withDeleted(crontabs, context);
  let lines = first === null ? null : first.loaded;
  const all = (): LoadedTask[] => [...own.loaded.tasks, ...(lines?.tasks ?? [])];
  const carry = (): Carried => {
    const { tasks, releases } = carriedOf(own.loaded, own.config);
    if (lines === null) return { tasks, releases };
    return {
      tasks: [...tasks, ...lines.tasks],
      releases: [...(hasTasks(own.config) ? releases : []), ...lines.releases],
    };
  };
  await engine.start(carry());
  const missed = first === null ? [] : await startBootRuns(first.loaded, context);
  engine.hint();
  const watch =
    first === null
      ? null
      : new CrontabWatch({
          ...first,
          clock: systemClock,
          onChange: async (read) => {
            lines = read;
            await engine.reload(carry());
            onReload({ tasks: all(), problems: read.problems, changed: [] });
          },
          onTrouble: onTrouble("crontabs"),
        });
  taskWatch?.start(loaded, async ({ problems, changed, ...read }) => {
    own = read;
    await engine.reload(carry());
    onReload({ tasks: all(), problems, changed });
  });
  return {
    engine,
    context,
    tasks: all(),
    problems: [
      ...house.problems,
      ...loaded.problems,
      ...heartbeatProblems(loaded.tasks, config, process.env),
      ...(first?.loaded.problems ?? []),
      ...missed,
    ],
    async stop(graceMs) {
      await taskWatch?.close();
      await watch?.close();
      await engine.stop(graceMs);
      await house.close();
    },
  };
}

/** Whether a configuration declares tasks, or at least is there to declare some. */
export function hasTasks({ file, tasks }: Config): boolean {
  const { globs, map } = tasks;
  return file !== null || globs.length + tasks.tasks.length + Object.keys(map).length > 0;
}

/** A node of this process for as long as the command line needs one. @throws BelfryError as the store. */
export function openHere(config: Config, duty: Duty, onEvent: Listener): Promise<House> {
  return openHouse({ config, duty, onEvent, by: whoami(), stalls: "printed" });
}

/**
 * Opens Belfry inside a program, as a client; `start()` makes it a node too.
 *
 * @throws BelfryError where the options, or the store, cannot be used.
 */
export async function openBelfry(options: OpenOptions = {}): Promise<Belfry> {
  const { store, by = "api", reuse } = options;
  const flags = store === undefined ? {} : { store };
  const found = await resolveConfig({ cwd: process.cwd(), flags, environment: process.env });
  const config = withOptions(found, options);
  let loaded: Promise<Carried> | null = null;
  const load = () => (loaded ??= loadOwn(config));
  if (reuse === undefined) return await openWith(config, by, load);
  const key = JSON.stringify([config.store.path, config.name]);
  return await reused(reuse, key, load, (current, closed) => openWith(config, by, current, closed));
}

async function openWith(
  config: Config,
  by: string,
  load: () => Promise<Carried>,
  closed: () => void = () => {},
): Promise<Belfry> {
  const house = await openHouse({ config, duty: "serve", onEvent: () => {}, by, stalls: "silent" });
  return new Belfry({
    context: house.context,
    engine: house.engine,
    graceMs: config.node.graceMs,
    timeZone: config.timeZone,
    load,
    close: async () => {
      closed();
      await house.close();
    },
  });
}

async function loadOwn(config: Config): Promise<Carried> {
  const loaded = await loadTasks(config, { now: systemClock.now() });
  refuse(loaded.problems);
  return carriedOf(loaded, config);
}

/** An engine over a store of this process. */
export interface House {
  readonly engine: Engine;
  readonly context: VerbContext;
  /** What keeps it from telling whom it should. */
  readonly problems: readonly Problem[];
  close(): Promise<void>;
}

interface HouseOptions {
  readonly config: Config;
  readonly duty: Duty;
  readonly onEvent: Listener;
  readonly by: string;
  /** Whether a loop that stands still is named on stderr: a library prints nothing. */
  readonly stalls: "printed" | "silent";
}

/** The store and the logs in threads of their own, and an engine over them. */
async function openHouse({ config, duty, onEvent, by, stalls }: HouseOptions): Promise<House> {
  const store = await openKeeper({ path: config.store.path, death: "provable", stalls });
  const dataDir = dirname(config.store.path);
  const logs = new SqliteLogsClient(dataDir);
  const writer = new LogWriter({
    clock: systemClock,
    logs,
    onTrouble: (message) =>
      onEvent({ kind: "trouble", service: "logs", error: new Error(message), retryInMs: 0 }),
  });
  const context: VerbContext = {
    ...contextOf(config, store, logs, by),
    probe: ofThisHost((node) => store.probe(node)),
  };
  const { outlets, problems } = outletsOf(config, logs);
  const heartbeats = new Heartbeats({
    clock: systemClock,
    heart: new HttpHeart({ environment: process.env, host: hostname(), version: VERSION }),
    store,
    logs,
    flush: (run) => writer.flush(run),
    node: config.node.heartbeat,
  });
  const engine = new Engine({
    store,
    logs,
    clock: systemClock,
    random: systemRandom,
    entropy: systemEntropy,
    lease: () => store,
    executors: (node) => executorsOf(node, dataDir),
    output: (run, attempt) => writer.open(run.id, attempt),
    outlets: { ...outlets, ...heartbeats.outlets() },
    settings: {
      concurrency: config.node.concurrency,
      leaseMs: config.node.leaseMs,
      renewMs: config.node.leaseMs / 3,
      retention: config.retention,
    },
    duty,
    host: hostname(),
    pid: process.pid,
    version: VERSION,
    by: context.by,
  });
  engine.events.on(onEvent);
  return {
    engine,
    context,
    problems,
    async close() {
      heartbeats.close();
      await writer.close();
      await logs.close();
      await store.close();
    },
  };
}

/** The ways out of this node for alerts and mail, and what keeps others shut. */
function outletsOf(
  config: Config,
  logs: Logs,
): {
  readonly outlets: Pick<Outlets, "channels" | "mail">;
  readonly problems: readonly Problem[];
} {
  const host = sendingHost();
  const { channels, problems } = createChannels(config, host);
  const { mailer } = crontabMail(config, host);
  const means = mailer === null ? null : { logs, mailer, clock: systemClock };
  const mail: Outlets["mail"] =
    means === null ? null : (task, run, signal) => mailRun(task, run, means, signal);
  return { outlets: { channels, mail }, problems };
}

function executorsOf(node: string, dataDir: string): ReadonlyMap<string, Executor> {
  const command = createCommandExecutor({
    node,
    dataDir,
    environment: process.env,
    clock: systemClock,
  });
  const run = createFunctionExecutor({ clock: systemClock });
  return new Map<string, Executor>([
    ["function", run],
    ["command", command],
    ["shell", command],
  ]);
}

function contextOf(config: Config, store: Store, logs: Logs, by: string): VerbContext {
  const { historyMs } = config.retention;
  return { store, logs, clock: systemClock, entropy: systemEntropy, by, retentionMs: historyMs };
}

/** What happens in the processes of other hosts nobody here can prove. */
function ofThisHost(probe: (node: string) => Promise<Proof>): NonNullable<VerbContext["probe"]> {
  const here = hostname();
  return async ({ id, host }) => (host === here ? await probe(id) : "unknown");
}

/** What a node carries that has loaded these tasks. */
export function carriedOf(loaded: LoadedTasks, config: Config): Carried {
  return { tasks: loaded.tasks, releases: [release(loaded, config.name)] };
}

function whoami(): string {
  return `${userInfo().username}@${hostname()}`;
}

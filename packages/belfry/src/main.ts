import { hostname, userInfo } from "node:os";
import { Belfry } from "./belfry.ts";
import { systemClock, systemEntropy } from "./clocks/system.ts";
import { type Config, resolveConfig } from "./define/config.ts";
import { heartbeatProblems } from "./define/heartbeat.ts";
import { type LoadedTask, type LoadedTasks, loadTasks } from "./define/load.ts";
import { exposedSecrets, taskSecrets } from "./define/node-secrets.ts";
import type { Problem } from "./define/problem.ts";
import { type OpenOptions, refuse, withOptions } from "./define/program-options.ts";
import { release } from "./define/release.ts";
import { TaskWatch, type WatchInput } from "./define/task-watch.ts";
import type { Duty } from "./engine/duty.ts";
import type { Carried, Engine } from "./engine/engine.ts";
import type { Listener } from "./engine/events.ts";
import type { LogBatch } from "./log.ts";
import { hostSendmail } from "./mailers/sendmail.ts";
import { createChannels, crontabMail, type SendingHost } from "./main/create-channels.ts";
import { type Crontabs, crontabsHere, startBootRuns, withDeleted } from "./main/crontabs.ts";
import { type House, openHouse } from "./main/house.ts";
import { openClientState } from "./main/state.ts";
import { verbContext } from "./main/verb-context.ts";
import { reused } from "./reuse.ts";
import { CrontabWatch } from "./sources/crontab/watch-crontabs.ts";
import type { VerbContext } from "./verbs/context.ts";
import { type ChannelTest, testChannel, unusable } from "./verbs/test-channel.ts";

// The composition root: the only file that knows which implementation stands behind each port,
// and the only one that reads the environment.

/** A client of a store: what every verb of an operator needs. */
export interface Session {
  readonly context: VerbContext;
  close(): Promise<void>;
}

/** Opens the store of a configuration in this thread, for one command. */
export async function openSession(config: Config): Promise<Session> {
  const state = await openClientState(config.store);
  return { context: verbContext(config, state, whoami()), close: () => state.close() };
}

/** A node at work, and what its task files had to say. */
export interface StartedNode {
  readonly engine: Engine;
  readonly context: VerbContext;
  readonly tasks: readonly LoadedTask[];
  readonly problems: readonly Problem[];
  /** `HOST:PORT` of its health and metrics, or null. */
  readonly http: string | null;
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

/** Whoever is told what happens on a node. */
export interface NodeListeners {
  readonly onEvent: Listener;
  /** What runs said, as it is written to their logs. */
  readonly onLines: (batches: readonly LogBatch[]) => void;
  /** Files were edited: what it runs now, and what is wrong with them. */
  readonly onReload: (reload: NodeReload) => void;
}

/**
 * Loads the task files of a configuration and starts a node that runs them, and crontabs beside.
 * @param watched follows edits of task files and configuration; null: does not.
 */
export async function startNode(
  config: Config,
  { onEvent, onReload, onLines }: NodeListeners,
  crontabs: Crontabs | null = null,
  watched: WatchInput | null = null,
): Promise<StartedNode> {
  const onTrouble = (service: string) => (error: unknown, retryInMs: number) =>
    onEvent({ kind: "trouble", service, error, retryInMs });
  const watching = { clock: systemClock, config, onTrouble: onTrouble("watch") };
  const taskWatch = watched === null ? null : await TaskWatch.begin({ ...watched, ...watching });
  const loaded = await loadTasks(config, { now: systemClock.now() });
  let own = { config, loaded };
  const house = await openHouse({
    config,
    host: sendingHost(),
    duty: "serve",
    onEvent,
    onLines,
    by: whoami(),
    stalls: "printed",
    http: config.node.http,
  });
  const { engine, context } = house;
  const first = crontabs === null ? null : await withDeleted(crontabs, context);
  let lines = first === null ? null : first.loaded;
  const all = (): LoadedTask[] => [...own.loaded.tasks, ...(lines?.tasks ?? [])];
  const carry = (): Carried => {
    const { tasks, releases } = carriedOf(own.loaded, own.config);
    house.secrets.learn(taskSecrets(own.loaded.tasks));
    if (lines === null) return { tasks, releases };
    return {
      tasks: [...tasks, ...lines.tasks],
      releases: [...(hasTasks(own.config) ? releases : []), ...lines.releases],
    };
  };
  await engine.start(carry());
  const missed = first === null ? [] : await startBootRuns(first.loaded, context);
  engine.hint("anything");
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
      ...exposedSecrets(loaded.tasks, house.redactor),
    ],
    http: house.http,
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
  return openHouse({
    config,
    host: sendingHost(),
    duty,
    onEvent,
    onLines: () => {},
    by: whoami(),
    stalls: "printed",
    http: null,
  });
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
  const key = JSON.stringify([config.store.shown, config.name]);
  return await reused(reuse, key, load, (current, closed) => openWith(config, by, current, closed));
}

async function openWith(
  config: Config,
  by: string,
  load: () => Promise<Carried>,
  closed: () => void = () => {},
): Promise<Belfry> {
  const house = await openHouse({
    config,
    host: sendingHost(),
    duty: "serve",
    onEvent: () => {},
    onLines: () => {},
    by,
    stalls: "silent",
    http: config.node.http,
  });
  return new Belfry({
    context: house.context,
    engine: house.engine,
    graceMs: config.node.graceMs,
    http: house.http,
    timeZone: config.timeZone,
    load: async () => {
      const carried = await load();
      house.secrets.learn(taskSecrets(carried.tasks));
      return carried;
    },
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

/** What a node carries that has loaded these tasks. */
export function carriedOf(loaded: LoadedTasks, config: Config): Carried {
  return { tasks: loaded.tasks, releases: [release(loaded, config.name)] };
}

function whoami(): string {
  return `${userInfo().username}@${hostname()}`;
}

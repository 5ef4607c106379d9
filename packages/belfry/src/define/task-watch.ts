import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import { calendarFiles } from "./calendars.ts";
import type { Config } from "./config.ts";
import { shown } from "./declared.ts";
import { fileStamp } from "./file-stamp.ts";
import { withLastGood } from "./last-good.ts";
import { findTaskFiles, type LoadedTasks, loadTasks } from "./load.ts";
import { Lookout } from "./lookout.ts";
import type { ModuleGraph } from "./module-graph.ts";
import { formatProblem, type Problem } from "./problem.ts";

/** How a project is watched: what was imported, and how to read its configuration again. */
export interface WatchInput {
  readonly graph: ModuleGraph;
  readonly readConfig: () => Promise<Config>;
}

/** What is to be carried since files were edited. */
export interface Reloaded {
  readonly config: Config;
  /** With what was good before in place of what is broken now. */
  readonly loaded: LoadedTasks;
  /** Warnings only where they are new. */
  readonly problems: readonly Problem[];
  /** The files that were edited, as people are shown them. */
  readonly changed: readonly string[];
}

export interface TaskWatchOptions extends WatchInput {
  readonly clock: Clock;
  readonly config: Config;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

type Stamps = ReadonlyMap<string, string>;

const EVERY_MS = 200;

/** What may change while a node works; all else of a configuration takes a start. */
const LIVE: ReadonlySet<string> = new Set([
  "calendars",
  "folder",
  "file",
  "tasks",
  "defaults",
  "timeZone",
]);

/**
 * Looks at task files, at what they import, and at the configuration, and loads them again when
 * they have changed and then stayed so for one look: an editor writes in several steps. Looking
 * works on every filesystem, which being told does not.
 */
export class TaskWatch {
  readonly #options: TaskWatchOptions;
  #config: Config;
  #loaded: LoadedTasks = { tasks: [], problems: [], unread: [] };
  #onReload: (reloaded: Reloaded) => Promise<void> = async () => {};
  /** Task files and configuration as they were before they were last loaded. */
  #listed: Stamps;
  #seen: Stamps = new Map();
  #owed: Reloaded | null = null;
  readonly #lookout: Lookout;

  private constructor(options: TaskWatchOptions, listed: Stamps) {
    this.#options = options;
    const { clock, onTrouble } = options;
    const look = (): Promise<void> => this.#look();
    this.#lookout = new Lookout({ clock, everyMs: EVERY_MS, look, onTrouble });
    this.#config = options.config;
    this.#listed = listed;
  }

  /** To be called before the tasks are first loaded: what is edited from now on is seen. */
  static async begin(options: TaskWatchOptions): Promise<TaskWatch> {
    return new TaskWatch(options, await listedIn(options.config));
  }

  /**
   * @param loaded what was loaded first.
   * @param onReload where it rejects it is called again at the next look.
   */
  start(loaded: LoadedTasks, onReload: (reloaded: Reloaded) => Promise<void>): void {
    this.#loaded = loaded;
    this.#onReload = onReload;
    this.#lookout.start();
  }

  /** Resolves when a look that was under way has ended. */
  close(): Promise<void> {
    return this.#lookout.close();
  }

  async #look(): Promise<void> {
    const listed = await listedIn(this.#config);
    const imported = [...this.#options.graph.stamps.keys()];
    const now = new Map([...listed, ...imported.map((file) => [file, fileStamp(file)] as const)]);
    const isQuiet = changesIn(now, this.#seen).length === 0;
    this.#seen = now;
    const changed = changesIn(now, new Map([...this.#listed, ...this.#options.graph.stamps]));
    if (isQuiet && changed.length > 0) {
      this.#listed = listed;
      this.#owed = await this.#reload(changed);
    }
    if (this.#lookout.closed || this.#owed === null) return;
    await this.#onReload(this.#owed);
    this.#owed = null;
  }

  async #reload(changed: readonly string[]): Promise<Reloaded> {
    const { graph, clock } = this.#options;
    graph.changed(changed);
    const { config, problems } = await this.#readConfig();
    const fresh = await loadTasks(config, { now: clock.now() });
    const told = new Set(this.#loaded.problems.map(formatProblem));
    const isNews = (problem: Problem): boolean =>
      problem.severity === "error" || !told.has(formatProblem(problem));
    this.#config = config;
    this.#loaded = withLastGood(fresh, this.#loaded);
    return {
      config,
      loaded: this.#loaded,
      problems: [...problems, ...fresh.problems.filter(isNews)],
      changed: changed.map((file) => shown(file, config.folder)).sort(),
    };
  }

  /** The configuration as it may be from now on; the one before where it is broken. */
  async #readConfig(): Promise<{ config: Config; problems: readonly Problem[] }> {
    const running = this.#config;
    try {
      const read = await this.#options.readConfig();
      const config = { ...running, ...live(read) };
      return { config, problems: Object.keys(read).flatMap((key) => late(key, read, running)) };
    } catch (error) {
      if (!(error instanceof BelfryError)) throw error;
      return { config: running, problems: [problemOf(error, running)] };
    }
  }
}

function live({ tasks, calendars, defaults, timeZone }: Config): Partial<Config> {
  return { tasks, calendars, defaults, timeZone };
}

/** A setting that a node cannot change while it works. */
function late(key: string, read: Config, running: Config): readonly Problem[] {
  const [now, before] = [read, running].map((config) => JSON.stringify(Reflect.get(config, key)));
  if (LIVE.has(key) || now === before) return [];
  const message = "has changed, which a node that works cannot follow";
  const hint = "start it again";
  return [{ severity: "warning", file: running.file, line: null, path: key, message, hint }];
}

function problemOf({ message, hint, file, line }: BelfryError, { folder }: Config): Problem {
  const place = file === null ? null : shown(file, folder);
  return { severity: "error", file: place, line, path: null, message, hint };
}

async function listedIn(config: Config): Promise<Stamps> {
  const { files } = await findTaskFiles(config);
  const calendars = calendarFiles(config.calendars, config.folder);
  const all = [...files, ...calendars, ...(config.file === null ? [] : [config.file])];
  return new Map(all.map((file) => [file, fileStamp(file)]));
}

function changesIn(now: Stamps, before: Stamps): string[] {
  const files = new Set([...now.keys(), ...before.keys()]);
  return [...files].filter((file) => now.get(file) !== before.get(file));
}

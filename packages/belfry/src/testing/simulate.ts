import { type Duration, parseDuration } from "@belfry/schedule";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError } from "../core/errors.ts";
import type { GapReason } from "../core/run.ts";
import type { Config } from "../define/config.ts";
import { type LoadedTasks, loadTasks } from "../define/load.ts";
import { formatProblem } from "../define/problem.ts";
import { release } from "../define/release.ts";
import { sqliteAddress } from "../define/store-address.ts";
import type { Task } from "../define/task.ts";
import type { Carried } from "../engine/engine.ts";
import type { Database } from "../stores/sqlite/database.ts";
import { openDatabase } from "../stores/sqlite/store.ts";
import { performAlone } from "../stores/sqlite/verbs.ts";
import { trigger } from "../verbs/trigger.ts";
import { iso } from "../views/instant.ts";
import { type RunDetailView, runDetailView } from "../views/run.ts";
import { Dice } from "./dice.ts";
import { Patience } from "./patient-executor.ts";
import { SimulatedNode } from "./simulated-node.ts";
import type { CommandStub } from "./stub-commands.ts";

export interface SimulateOptions {
  readonly tasks: readonly Task[];
  /** When the world begins: an instant, as Date or ISO text with its offset. */
  readonly from: Date | string;
  /** The zone of schedules that name none. Default `"UTC"`. */
  readonly timeZone?: string | undefined;
  /**
   * What becomes of commands and shell lines, which are not run: called with the arguments, it
   * gives the exit code. Without it, tasks with commands are refused.
   */
  readonly commands?: CommandStub | undefined;
  /** Attempts that may run at once. Default 50. */
  readonly concurrency?: number | undefined;
  /** What jitter and the like are drawn from: the same seed, the same world. Default 1. */
  readonly seed?: number | undefined;
  /**
   * How long real time waits for an attempt that does real work, before virtual time goes on
   * without it. Default `"250ms"`. An attempt that waits for its signal costs this once.
   */
  readonly patience?: Duration | undefined;
}

export interface WorldTriggerOptions {
  readonly payload?: unknown;
  /** When to run. Past or absent: now. */
  readonly at?: Date | string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Start although the task is paused. */
  readonly force?: boolean | undefined;
}

/** Occurrences that became no run, from the first to the last of them. */
export interface SimulatedGap {
  readonly task: string;
  /** Key of the schedule. */
  readonly schedule: string;
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly reason: GapReason;
}

/** One node of Belfry in a world of its own, whose time moves only when told. */
export interface World extends AsyncDisposable {
  /** The instant it is in the world. */
  readonly now: Date;
  /** Lets time pass: what comes due runs, in order, with real code and without real waiting. */
  advance(duration: Duration): Promise<void>;
  /** Lets time pass until an instant. One that is past changes nothing. */
  advanceTo(instant: Date | string): Promise<void>;
  /** The runs of a task, oldest first by due instant: JSON, as the command line prints them. */
  runs(task: Task | string): readonly RunDetailView[];
  /** The gaps of a task, oldest first. */
  gaps(task: Task | string): readonly SimulatedGap[];
  /** Makes a run by hand, and lets it begin. Gives its id. */
  trigger(task: Task | string, options?: WorldTriggerOptions): Promise<string>;
  /**
   * The node dies at once, as in a power cut, and nothing is alive for this long. Attempts that
   * ran are lost; what was missed is for the tasks' catch-up to decide.
   */
  down(duration: Duration): Promise<void>;
  /** The node dies at once, and another one takes its place. */
  crash(): Promise<void>;
}

/** A run is read whole: a simulated world has few enough. */
const RUNS_MAX = 1_000_000;

/**
 * Runs tasks in simulated time: to test schedules, time zones, clock changes, retries, catch-up
 * and whatever else takes days, in milliseconds and always the same way.
 *
 * A schedule counts from the beginning of the world: an occurrence at `from` itself does not run.
 *
 * @throws BelfryError where a task is declared wrong, or has a command and `commands` is not given.
 */
export async function simulate(options: SimulateOptions): Promise<World> {
  const from = instantOf(options.from);
  const loaded = await load(options, from);
  const world = new SimulatedWorld(options, carry(loaded), from);
  await world.begin();
  return world;
}

class SimulatedWorld implements World {
  readonly #clock: VirtualClock;
  readonly #db: Database = openDatabase(":memory:");
  readonly #patience: Patience;
  readonly #carried: Carried;
  readonly #options: SimulateOptions;
  readonly #dice: Dice;
  readonly #troubles: unknown[] = [];
  #stirred = true;
  #lives = 0;
  #node: SimulatedNode | null = null;

  constructor(options: SimulateOptions, carried: Carried, from: number) {
    this.#clock = new VirtualClock(from);
    this.#options = options;
    this.#carried = carried;
    this.#dice = new Dice(`world ${options.seed ?? 1}`);
    this.#patience = new Patience(parseDuration(options.patience ?? "250ms"));
  }

  get now(): Date {
    return new Date(this.#clock.now());
  }

  async begin(): Promise<void> {
    this.#lives += 1;
    const node = new SimulatedNode({
      clock: this.#clock,
      db: this.#db,
      dice: this.#dice.fork(`life ${this.#lives}`),
      patience: this.#patience,
      commands: this.#options.commands ?? null,
      concurrency: this.#options.concurrency ?? 50,
      stirred: () => {
        this.#stirred = true;
      },
      onTrouble: (error) => this.#troubles.push(error),
    });
    this.#node = node;
    await node.boot(this.#carried);
    this.#stirred = true;
    await this.#settled();
  }

  async advance(duration: Duration): Promise<void> {
    await this.#pass(this.#clock.now() + parseDuration(duration));
  }

  async advanceTo(instant: Date | string): Promise<void> {
    await this.#pass(instantOf(instant));
  }

  runs(task: Task | string): readonly RunDetailView[] {
    const filter = { task: nameOf(task), limit: RUNS_MAX };
    return performAlone(this.#db, "runs", [filter]).map(runDetailView).reverse();
  }

  gaps(task: Task | string): readonly SimulatedGap[] {
    const found = performAlone(this.#db, "gaps", [nameOf(task), 0, Number.MAX_SAFE_INTEGER]);
    return found.map(({ task: name, scheduleKey, fromAt, toAt, count, reason }) => ({
      task: name,
      schedule: scheduleKey,
      from: iso(fromAt),
      to: iso(toAt),
      count,
      reason,
    }));
  }

  async trigger(task: Task | string, options: WorldTriggerOptions = {}): Promise<string> {
    const node = this.#node;
    if (node === null) throw over();
    const { payload, at, idempotencyKey, force } = options;
    const { run } = await trigger(node.context, nameOf(task), {
      payload: payload === undefined ? null : JSON.stringify(payload),
      at: at === undefined ? null : instantOf(at),
      idempotencyKey: idempotencyKey ?? null,
      force: force ?? false,
    });
    node.hint("runs");
    await this.#pass(this.#clock.now());
    return run.id;
  }

  async down(duration: Duration): Promise<void> {
    this.#node?.kill();
    await this.#pass(this.#clock.now() + parseDuration(duration));
    await this.begin();
  }

  async crash(): Promise<void> {
    this.#node?.kill();
    await this.begin();
    await this.#pass(this.#clock.now());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#node?.kill();
    this.#node = null;
    this.#db.close();
  }

  async #pass(until: number): Promise<void> {
    // Real work may have ended since time stood still.
    this.#stirred = true;
    do await this.#settled();
    while (this.#clock.wakeNext(until));
  }

  async #settled(): Promise<void> {
    if (!this.#stirred) return;
    this.#stirred = false;
    await this.#patience.settled();
    const [trouble] = this.#troubles.splice(0);
    if (trouble !== undefined) throw trouble;
  }
}

async function load(options: SimulateOptions, now: number): Promise<LoadedTasks> {
  const loaded = await loadTasks(configOf(options), { now });
  const errors = loaded.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const message = errors.map(formatProblem).join("\n");
    throw new BelfryError("usage", "bad-tasks", message);
  }
  const command = loaded.tasks.find(({ work }) => work.kind !== "function");
  if (command === undefined || options.commands !== undefined) return loaded;
  throw new BelfryError(
    "usage",
    "commands-not-simulated",
    `The task ${command.definition.task} runs a command, and a simulation runs none.`,
    "Say how commands end: simulate({ tasks, from, commands: (argv) => 0 })",
  );
}

function carry(loaded: LoadedTasks): Carried {
  return { tasks: loaded.tasks, releases: [release(loaded, "simulation")] };
}

function configOf({ tasks, timeZone = "UTC" }: SimulateOptions): Config {
  return {
    folder: process.cwd(),
    file: null,
    name: "simulation",
    store: sqliteAddress(":memory:"),
    timeZone,
    defaults: {},
    calendars: {},
    channels: new Map(),
    smtp: null,
    alerts: [],
    tasks: { globs: [], tasks, map: {}, locate: () => ({ file: null, line: null }) },
    retention: { historyMs: 0, logsMs: 0 },
    node: { concurrency: 0, tags: [], graceMs: 0, leaseMs: 0, heartbeat: null, http: null },
    secrets: [],
    log: { level: "info", format: null, output: "no" },
  };
}

function nameOf(task: Task | string): string {
  return typeof task === "string" ? task : task.name;
}

function instantOf(written: Date | string): number {
  const at = typeof written === "string" ? Date.parse(written) : written.getTime();
  const zoned = typeof written !== "string" || /(z|[+-]\d\d:?\d\d)$/i.test(written);
  if (Number.isFinite(at) && zoned) return at;
  const hint = "Write it in UTC, such as 2026-03-28T00:00Z, or with its offset.";
  throw new BelfryError("usage", "bad-instant", `${String(written)} is not an instant.`, hint);
}

function over(): BelfryError {
  return new BelfryError("usage", "world-over", "This world has ended.", "Make another one.");
}

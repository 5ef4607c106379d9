import assert from "node:assert/strict";
import { type Duration, parseDuration } from "@belfry/schedule";
import { VirtualClock } from "../src/clocks/virtual.ts";
import { BelfryError } from "../src/core/errors.ts";
import { Redactor } from "../src/core/redactor.ts";
import type { Config } from "../src/define/config.ts";
import { type LoadedTasks, loadTasks } from "../src/define/load.ts";
import { release } from "../src/define/release.ts";
import { sqliteAddress } from "../src/define/store-address.ts";
import type { Task } from "../src/define/task.ts";
import type { Duty } from "../src/engine/duty.ts";
import { Engine } from "../src/engine/engine.ts";
import type { EngineEvent } from "../src/engine/events.ts";
import { EngineLease } from "../src/engine/lease.ts";
import { NO_OUTLETS, type Outlets } from "../src/engine/outlets.ts";
import type { Executor } from "../src/executor.ts";
import { createFunctionExecutor } from "../src/executors/function.ts";
import type { Proof } from "../src/lease.ts";
import type { GapRow, RunRow, TaskRow } from "../src/records.ts";
import type { Store } from "../src/store.ts";
import type { Database } from "../src/stores/sqlite/database.ts";
import { openDatabase } from "../src/stores/sqlite/store.ts";
import { Dice } from "../src/testing/dice.ts";
import { NO_LOGS } from "../src/testing/no-logs.ts";
import { ProcessStore } from "../src/testing/process-store.ts";
import { VirtualProcess } from "../src/testing/virtual-process.ts";
import { cancel } from "../src/verbs/cancel.ts";
import type { VerbContext } from "../src/verbs/context.ts";
import { type DidOptions, did } from "../src/verbs/did.ts";
import { pause, resume } from "../src/verbs/pause.ts";
import { replay, trigger } from "../src/verbs/trigger.ts";

// A world of several nodes, deploys, deaths and operators under one virtual clock, for the tests
// of the rules: everything in it is the product's own, but time and death.

export interface BootOptions {
  /** The source of the release. Default `"app"`. */
  readonly source?: string;
  /** Deaths are provable to nodes of the same host. Default `"here"`. */
  readonly host?: string;
  readonly concurrency?: number;
  readonly timeZone?: string;
  readonly historyMs?: number;
  /**
   * `relaxed` looks around once a minute and holds a long lease, so that virtual days cost little;
   * `exact` has the product's own pace and lease. Default `"relaxed"`.
   */
  readonly pace?: "relaxed" | "exact";
  /** Default: tells nobody. Tasks may name the channels `ops` and `team`. */
  readonly outlets?: Outlets;
  readonly duty?: Duty;
}

interface Triggering {
  readonly payload?: unknown;
  readonly at?: string;
  readonly key?: string;
  readonly force?: boolean;
}

const PACES = {
  relaxed: { pace: 60, leaseMs: 3_600_000, renewMs: 1_200_000 },
  exact: { pace: 1, leaseMs: 30_000, renewMs: 10_000 },
} as const;

const RETENTION_MS = 90 * 86_400_000;
const ALL = 1_000_000;

export class VirtualWorld implements AsyncDisposable {
  readonly store: Store;
  readonly events: EngineEvent[] = [];
  readonly context: VerbContext;
  readonly #db: Database = openDatabase(":memory:");
  readonly #base: VirtualClock;
  readonly #operator: VirtualProcess;
  readonly #dice = new Dice("semantics");
  readonly #nodes: VirtualNode[] = [];
  readonly #incarnations = new Map<string, VirtualProcess>();
  #jumpedMs = 0;

  /** @param from the instant at which it begins. */
  constructor(from: string) {
    this.#base = new VirtualClock(instant(from));
    this.#operator = this.#process("operator", "desk");
    this.store = new ProcessStore(this.#db, this.#operator);
    this.context = {
      store: this.store,
      logs: NO_LOGS,
      clock: this.#operator.clock,
      entropy: this.#dice.fork("operator").entropy,
      by: "ann",
      retentionMs: RETENTION_MS,
    };
  }

  get now(): number {
    return this.context.clock.now();
  }

  // ── Nodes ──────────────────────────────────────────────────────────────────────────────────

  /** Starts a node with these tasks, as a deploy does. */
  async boot(tasks: readonly Task[], options: BootOptions = {}): Promise<VirtualNode> {
    const { source = "app", timeZone = "UTC" } = options;
    const loaded = await load(tasks, this.now, timeZone);
    const number = this.#nodes.length + 1;
    const { host = "here" } = options;
    const process = this.#process(`node ${number}`, host);
    const engine = this.#engine(process, this.#dice.fork(process.name), options);
    const node = new VirtualNode(process, engine, loaded);
    this.#nodes.push(node);
    await engine.start({ tasks: loaded.tasks, releases: [release(loaded, source)] });
    await this.#pass(this.#base.now());
    return node;
  }

  /** Starts another node with the same code after the last one died or was stopped. */
  async down(node: VirtualNode, duration: Duration, again: readonly Task[]): Promise<VirtualNode> {
    node.kill();
    await this.pass(duration);
    return await this.boot(again);
  }

  /** Ends a node in order, as SIGTERM does. */
  async stop(node: VirtualNode, grace: Duration): Promise<void> {
    await this.#passUntil(node.engine.stop(parseDuration(grace)));
  }

  /** One tick with these tasks, from its start to its end, however long that takes. */
  async tick(tasks: readonly Task[], options: BootOptions = {}): Promise<void> {
    const { process, engine } = await this.boot(tasks, { ...options, duty: "tick" });
    await this.#passUntil(engine.round());
    await this.#passUntil(engine.stop(0));
    process.kill();
  }

  async #passUntil(done: Promise<unknown>): Promise<void> {
    let state: "waiting" | "done" = "waiting";
    const settled = done.finally(() => {
      state = "done";
    });
    await this.settle();
    while (state === "waiting") {
      this.#base.wakeNext(this.#base.nextAt() ?? this.#base.now());
      await this.settle();
    }
    await settled;
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────

  async pass(duration: Duration): Promise<void> {
    await this.#pass(this.#base.now() + parseDuration(duration));
  }

  /** Lets time pass until an instant by the wall clock. */
  async until(at: string): Promise<void> {
    await this.#pass(this.#base.now() + instant(at) - this.now);
  }

  /** Every wall clock jumps, that of nodes at an exact pace in earnest; monotonic time does not. */
  jump(ms: number): void {
    this.#jumpedMs += ms;
    this.#operator.jump(ms);
    for (const { process } of this.#nodes) process.jump(ms);
  }

  /** For functions: resolves after this much virtual time, whoever dies meanwhile. */
  sleep(duration: Duration): Promise<void> {
    const at = this.#base.now() + parseDuration(duration);
    return new Promise((wake) => this.#base.schedule(at, wake));
  }

  /** Resolves when every promise has settled that can. */
  async settle(): Promise<void> {
    await new Promise<void>((turn) => setImmediate(turn));
    for (const event of this.events) if (event.kind === "trouble") throw event.error;
  }

  async #pass(until: number): Promise<void> {
    do await this.settle();
    while (this.#base.wakeNext(until));
    await this.settle();
  }

  // ── Operators ──────────────────────────────────────────────────────────────────────────────

  /** @returns the run's id. */
  async trigger(task: string, options: Triggering = {}): Promise<string> {
    const { payload, at, key, force } = options;
    const { run } = await trigger(this.context, task, {
      payload: payload === undefined ? null : JSON.stringify(payload),
      at: at === undefined ? null : instant(at),
      idempotencyKey: key ?? null,
      force: force ?? false,
    });
    await this.#hint();
    return run.id;
  }

  async replay(run: string, options: { readonly fresh: boolean }): Promise<string> {
    const { id } = await replay(this.context, run, options);
    await this.#hint();
    return id;
  }

  async cancel(run: string): Promise<"cancelled" | "asked"> {
    const { answer } = await cancel(this.context, run);
    await this.#hint();
    return answer;
  }

  async pause(task: string, until: string | null = null): Promise<void> {
    const untilAt = until === null ? null : instant(until);
    await pause(this.context, task, { untilAt, reason: null });
    await this.#hint();
  }

  async resume(task: string): Promise<void> {
    await resume(this.context, task);
    await this.#hint();
  }

  did(
    task: string,
    from: string,
    until: string,
    over: Partial<DidOptions> = {},
  ): ReturnType<typeof did> {
    const range = { from: instant(from), until: instant(until), timeZone: null, strict: false };
    return did(this.context, task, { ...range, ...over });
  }

  async #hint(): Promise<void> {
    for (const { engine, process } of this.#nodes) process.enter(() => engine.hint("anything"));
    await this.#pass(this.#base.now());
  }

  // ── What became of it ──────────────────────────────────────────────────────────────────────

  async run(id: string): Promise<RunRow> {
    const run = await this.store.run(id);
    assert.ok(run, `no run ${id}`);
    return run;
  }

  /** The runs of a task, oldest first by due instant. */
  async runs(task: string): Promise<readonly RunRow[]> {
    return (await this.store.runs({ task, limit: ALL })).toReversed();
  }

  /** The runs of a task as `09:00 succeeded`, `09:00 failed deadline`; oldest first. */
  async ran(task: string): Promise<readonly string[]> {
    return (await this.runs(task)).map(
      ({ dueAt, state, reason }) =>
        `${clockTime(dueAt)} ${state}${reason === null ? "" : ` ${reason}`}`,
    );
  }

  gapRows(task: string): Promise<readonly GapRow[]> {
    return this.store.gaps(task, 0, Number.MAX_SAFE_INTEGER);
  }

  /** The gaps of a task as `down 09:00–11:00 ×3`, oldest first. */
  async gaps(task: string): Promise<readonly string[]> {
    return (await this.gapRows(task)).map(({ reason, fromAt, toAt, count }) => {
      const until = fromAt === toAt ? "" : `–${clockTime(toAt)}`;
      return `${reason} ${clockTime(fromAt)}${until} ×${count}`;
    });
  }

  async task(name: string): Promise<TaskRow> {
    const [task] = await this.store.tasks(name);
    assert.ok(task, `no task ${name}`);
    return task;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) node.kill();
    this.#db.close();
  }

  #process(name: string, host: string): VirtualProcess {
    const offsetMs = this.#jumpedMs;
    return new VirtualProcess({ name, host, base: this.#base, offsetMs, stirred() {} });
  }

  #engine(process: VirtualProcess, dice: Dice, options: BootOptions): Engine {
    const { clock, host } = process;
    const store = new ProcessStore(this.#db, process);
    const { concurrency = 50, historyMs = RETENTION_MS, pace = "relaxed" } = options;
    const { outlets = NO_OUTLETS } = options;
    const engine = new Engine({
      store,
      logs: NO_LOGS,
      clock,
      random: dice.fork("random").next,
      entropy: dice.fork("entropy").entropy,
      lease: () => new ProvingLease(store, clock, (node) => this.#proofOf(node)),
      executors: () =>
        new Map<string, Executor>([
          ["function", createFunctionExecutor({ clock, secret: (name) => name })],
        ]),
      duty: options.duty ?? "serve",
      output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
      outlets,
      redactor: new Redactor(),
      settings: {
        ...PACES[pace],
        concurrency,
        tags: [],
        retention: { historyMs, logsMs: historyMs },
      },
      host,
      pid: 1,
      version: "0",
      http: null,
      by: process.name,
    });
    engine.events.on((event) => {
      if (event.kind === "started") this.#incarnations.set(event.node, process);
      this.events.push(event);
    });
    return engine;
  }

  #proofOf(node: string): Proof {
    const process = this.#incarnations.get(node);
    if (process === undefined) return "unknown";
    return process.state === "dead" ? "gone" : "alive";
  }
}

/** One process of Belfry. */
export class VirtualNode {
  readonly process: VirtualProcess;
  readonly engine: Engine;
  readonly loaded: LoadedTasks;

  constructor(process: VirtualProcess, engine: Engine, loaded: LoadedTasks) {
    this.process = process;
    this.engine = engine;
    this.loaded = loaded;
  }

  /** All of it is gone at once, as in a power cut. */
  kill(): void {
    this.process.kill();
  }
}

class ProvingLease extends EngineLease {
  readonly #proofOf: (node: string) => Proof;

  constructor(store: Store, clock: VirtualProcess["clock"], proofOf: (node: string) => Proof) {
    super(store, clock);
    this.#proofOf = proofOf;
  }

  override async probe(node?: string): Promise<Proof> {
    return node === undefined ? "unknown" : this.#proofOf(node);
  }
}

/** Checks and compiles tasks as a node does. */
export async function load(
  tasks: readonly Task[],
  now: number,
  timeZone = "UTC",
): Promise<LoadedTasks> {
  const config: Config = {
    folder: process.cwd(),
    file: null,
    name: "app",
    store: sqliteAddress(":memory:"),
    timeZone,
    defaults: {},
    calendars: {},
    channels: new Map([
      ["ops", { command: ["true"] }],
      ["team", { command: ["true"] }],
    ]),
    smtp: null,
    alerts: [],
    tasks: { globs: [], tasks, map: {}, locate: () => ({ file: null, line: null }) },
    retention: { historyMs: 0, logsMs: 0 },
    node: { concurrency: 0, tags: [], graceMs: 0, leaseMs: 0, heartbeat: null, http: null },
    secrets: [],
    log: { level: "info", format: null, output: "no" },
  };
  return await loadTasks(config, { now });
}

export function instant(text: string): number {
  const at = Date.parse(text);
  assert.ok(Number.isFinite(at), `${text} is no instant`);
  return at;
}

/** `09:00`, with seconds where there are any. */
export function clockTime(at: number): string {
  const text = new Date(at).toISOString();
  return text.slice(17, 23) === "00.000" ? text.slice(11, 16) : text.slice(11, 19);
}

/** Fails unless it is refused as a conflict, which the command line says with exit code 5. */
export async function conflicts(call: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof BelfryError);
    assert.deepEqual([error.kind, error.code], ["conflict", code]);
    return true;
  });
}

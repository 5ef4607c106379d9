import type { VirtualClock } from "../../clocks/virtual.ts";
import { BelfryError } from "../../core/errors.ts";
import { Redactor } from "../../core/redactor.ts";
import { Engine } from "../../engine/engine.ts";
import type { EngineEvent } from "../../engine/events.ts";
import { EngineLease } from "../../engine/lease.ts";
import type { Proof } from "../../engine/reaper.ts";
import type { Dice } from "../dice.ts";
import { NO_LOGS } from "../no-logs.ts";
import { VirtualProcess } from "../virtual-process.ts";
import { carriedBy, type Version } from "./declared.ts";
import type { Effects } from "./effects.ts";
import { FaultyStore, type Surroundings } from "./faulty-store.ts";
import { type Letterbox, REFUSED } from "./letterbox.ts";
import type { Machine, Scenario } from "./scenario.ts";
import { type Script, ScriptedExecutor } from "./scripted-executor.ts";

/** What a site needs of the world around it. */
export interface SiteWorld extends Surroundings {
  readonly scenario: Scenario;
  readonly effects: Effects;
  /** The other side of every channel. */
  readonly letterbox: Letterbox;
  /** How far the fleet's wall clock has jumped, ms. */
  readonly jumpedMs: () => number;
  readonly stirred: () => void;
  readonly script: (run: string, fence: number) => Script;
  /** A node has come to life. */
  readonly settled: (node: string, home: Home) => void;
  readonly probe: (node: string) => Proof;
  /** Ends the children that a node left on this host. */
  readonly reclaim: (node: string, host: string) => number;
  readonly heard: (event: EngineEvent, site: Site) => void;
}

/** Where a node lives. It is remembered long after the node is gone: the engine must not hang on it. */
export interface Home {
  readonly process: VirtualProcess;
  /** The tasks it has code for. */
  readonly code: ReadonlySet<string>;
  readonly executor: ScriptedExecutor;
}

/** One process of Belfry on one machine, from its boot to its end. */
export class Site {
  readonly machine: Machine;
  readonly versions: readonly Version[];
  readonly process: VirtualProcess;
  readonly store: FaultyStore;
  readonly engine: Engine;
  /** The tasks it has code for. */
  readonly code: ReadonlySet<string>;
  readonly #world: SiteWorld;
  readonly #executors: ScriptedExecutor[] = [];

  constructor(
    name: string,
    machine: Machine,
    versions: readonly Version[],
    world: SiteWorld,
    dice: Dice,
  ) {
    const { scenario, base } = world;
    this.machine = machine;
    this.versions = versions;
    this.#world = world;
    const offsetMs = machine.skewMs + world.jumpedMs();
    const { stirred } = world;
    const { host } = machine;
    this.process = new VirtualProcess({ name, host, base, offsetMs, stirred });
    this.store = new FaultyStore(this.process, world, dice.fork("store"));
    this.code = new Set(versions.flatMap(({ tasks }) => tasks.map((task) => task.definition.task)));
    const own = dice.fork("engine");
    this.engine = new Engine({
      store: this.store,
      logs: NO_LOGS,
      clock: this.process.clock,
      random: own.next,
      entropy: own.entropy,
      lease: () => new SimulatedLease(this.store, this.process.clock, world.probe),
      executors: (node) => this.#executor(node, base),
      duty: "serve",
      output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
      outlets: world.letterbox.outletsOf(this.process),
      redactor: new Redactor(),
      settings: {
        ...scenario.lease,
        pace: scenario.pace,
        concurrency: machine.concurrency,
        retention: { historyMs: scenario.retentionMs, logsMs: scenario.retentionMs },
      },
      host: machine.host,
      pid: 1,
      version: "0",
      http: null,
      by: name,
    });
    this.engine.events.on((event) => world.heard(event, this));
  }

  /** Starts the engine; a process that cannot start ends. */
  boot(failed: (error: unknown) => void): void {
    this.process.enter(() => {
      this.engine.start(carriedBy(this.versions)).catch(failed);
    });
  }

  /** Ends in order, as after SIGTERM. */
  leave(graceMs: number, ended: () => void): void {
    this.process.enter(() => {
      this.engine.stop(graceMs).then(ended, ended);
    });
  }

  /** All of the process is gone at once; children may stay. */
  crash(): void {
    this.process.kill();
    if (this.#world.scenario.executor !== "function") return;
    for (const executor of this.#executors) executor.die();
  }

  #executor(node: string, base: VirtualClock): ReadonlyMap<string, ScriptedExecutor> {
    const { effects, scenario, script, reclaim, settled } = this.#world;
    const { process, code } = this;
    const executor = new ScriptedExecutor({
      node,
      clock: scenario.executor === "function" ? process.clock : base,
      worldClock: base,
      enter: (told) => process.enter(told),
      effects,
      script: (context) => script(context.run, context.fence),
      reclaim: (gone) => reclaim(gone, process.host),
    });
    this.#executors.push(executor);
    settled(node, { process, code, executor });
    return new Map([["scripted", executor]]);
  }
}

/** A lease whose host may prove deaths. */
class SimulatedLease extends EngineLease {
  readonly #probe: (node: string) => Proof;

  constructor(store: FaultyStore, clock: VirtualProcess["clock"], probe: (node: string) => Proof) {
    super(store, clock);
    this.#probe = probe;
  }

  override async probe(node?: string): Promise<Proof> {
    return node === undefined ? "unknown" : this.#probe(node);
  }
}

/** Whether an error is one that faults explain. */
export function isExplained(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Who does not answer in time is broken off.
  if (!(error instanceof BelfryError))
    return /^(no answer in|the node was stopped)/.test(error.message);
  return error.code === "store-unavailable" || error.code === REFUSED;
}

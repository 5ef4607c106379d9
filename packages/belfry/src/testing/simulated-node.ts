import type { VirtualClock } from "../clocks/virtual.ts";
import { Redactor } from "../core/redactor.ts";
import { type Carried, Engine } from "../engine/engine.ts";
import { EngineLease } from "../engine/lease.ts";
import { NO_OUTLETS } from "../engine/outlets.ts";
import type { Executor } from "../executor.ts";
import { createFunctionExecutor } from "../executors/function.ts";
import type { Proof } from "../lease.ts";
import type { Change } from "../store.ts";
import type { Database } from "../stores/sqlite/database.ts";
import type { VerbContext } from "../verbs/context.ts";
import type { Dice } from "./dice.ts";
import { NO_LOGS } from "./no-logs.ts";
import { type Patience, PatientExecutor } from "./patient-executor.ts";
import { ProcessStore } from "./process-store.ts";
import { type CommandStub, StubCommands } from "./stub-commands.ts";
import { VirtualProcess } from "./virtual-process.ts";

export interface SimulatedNodeOptions {
  readonly clock: VirtualClock;
  readonly db: Database;
  readonly dice: Dice;
  readonly patience: Patience;
  readonly commands: CommandStub | null;
  readonly concurrency: number;
  /** Code of the node was entered: promises may follow. */
  readonly stirred: () => void;
  readonly onTrouble: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
const RETENTION_MS = 365 * 100 * DAY_MS;
/** Nobody else writes to this store but who says so: no need to look around every second. */
const PACE = 600;

/** One life of a node's process, over a store that outlives it. */
export class SimulatedNode {
  readonly context: VerbContext;
  readonly #process: VirtualProcess;
  readonly #engine: Engine;
  readonly #executors: PatientExecutor[] = [];

  constructor(options: SimulatedNodeOptions) {
    const { clock, db, dice } = options;
    this.#process = new VirtualProcess({
      name: "node",
      host: "world",
      base: clock,
      offsetMs: 0,
      stirred: options.stirred,
    });
    const process = this.#process;
    const store = new ProcessStore(db, process);
    this.context = {
      store,
      logs: NO_LOGS,
      clock: process.clock,
      entropy: dice.fork("trigger").entropy,
      by: "test",
      retentionMs: RETENTION_MS,
    };
    this.#engine = new Engine({
      store,
      logs: NO_LOGS,
      clock: process.clock,
      random: dice.fork("random").next,
      entropy: dice.fork("node").entropy,
      lease: () => new LonelyLease(store, process.clock),
      executors: () => this.#makeExecutors(options),
      outlets: NO_OUTLETS,
      duty: "serve",
      output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
      redactor: new Redactor(),
      settings: {
        leaseMs: 30 * DAY_MS,
        renewMs: DAY_MS,
        concurrency: options.concurrency,
        tags: [],
        retention: { historyMs: RETENTION_MS, logsMs: RETENTION_MS },
        pace: PACE,
      },
      host: "world",
      pid: 1,
      version: "simulated",
      http: null,
      by: "test",
    });
    this.#engine.events.on((event) => {
      if (event.kind === "trouble") options.onTrouble(event.error);
    });
  }

  boot(carried: Carried): Promise<void> {
    return this.#engine.start(carried);
  }

  hint(what: Change): void {
    this.#engine.hint(what);
  }

  /** The process is gone; functions, which cannot be killed, are told so, and nobody listens. */
  kill(): void {
    this.#process.kill();
    for (const executor of this.#executors) executor.abandon();
  }

  #makeExecutors({ patience, commands }: SimulatedNodeOptions): ReadonlyMap<string, Executor> {
    const run = new PatientExecutor(
      createFunctionExecutor({
        clock: this.#process.clock,
        // Days that pass at once need no passwords.
        secret: (name) => `secret(${name})`,
      }),
      patience,
    );
    this.#executors.push(run);
    const executors = new Map<string, Executor>([["function", run]]);
    if (commands === null) return executors;
    const stub = new PatientExecutor(new StubCommands(commands), patience);
    this.#executors.push(stub);
    return executors.set("command", stub).set("shell", stub);
  }
}

/** Where one process follows the other, the one before is known to be gone. */
class LonelyLease extends EngineLease {
  override async probe(): Promise<Proof> {
    return "gone";
  }
}

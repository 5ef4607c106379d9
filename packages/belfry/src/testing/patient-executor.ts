import { systemClock } from "../clocks/system.ts";
import type { AttemptContext, Execution, Executor, Work } from "../executor.ts";

/** How long real time must pass between two looks at whether real work has ended, ms. */
const LOOK_EVERY_MS = 1;

/** Watches attempts that do real work, for which virtual time has to wait a little. */
export class Patience {
  readonly #patienceMs: number;
  /** Attempts under way, and until when by the machine's clock virtual time waits for each. */
  readonly #until = new Map<Execution, number>();

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  watch(execution: Execution): Execution {
    this.#until.set(execution, systemClock.monotonic() + this.#patienceMs);
    void execution.ended.then(() => this.#until.delete(execution));
    return execution;
  }

  /**
   * Resolves when every promise has settled that can, and every attempt has ended or used up the
   * patience with it: what is left waits for its signal, or for virtual time.
   */
  async settled(): Promise<void> {
    await turn(0);
    while (this.#awaited()) await turn(LOOK_EVERY_MS);
  }

  #awaited(): boolean {
    const now = systemClock.monotonic();
    for (const until of this.#until.values()) if (until > now) return true;
    return false;
  }
}

/** An executor whose attempts are watched. */
export class PatientExecutor implements Executor {
  readonly kind: string;
  readonly #executor: Executor;
  readonly #patience: Patience;
  readonly #running = new Set<Execution>();

  constructor(executor: Executor, patience: Patience) {
    this.kind = executor.kind;
    this.#executor = executor;
    this.#patience = patience;
  }

  execute(work: Work, context: AttemptContext): Execution {
    const execution = this.#patience.watch(this.#executor.execute(work, context));
    this.#running.add(execution);
    void execution.ended.then(() => this.#running.delete(execution));
    return execution;
  }

  /** Tells what runs that it is lost: its process has died. */
  abandon(): void {
    for (const execution of this.#running) execution.stop("lost");
  }

  reclaim(node: string): Promise<number> {
    return this.#executor.reclaim(node);
  }

  close(): Promise<void> {
    return this.#executor.close();
  }
}

function turn(ms: number): Promise<void> {
  return new Promise((wake) => systemClock.schedule(systemClock.now() + ms, wake));
}

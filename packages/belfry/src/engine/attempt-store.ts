import type { Clock } from "../clock.ts";
import { BelfryError } from "../core/errors.ts";
import type { ClaimedRun } from "../records.ts";
import type { Store } from "../store.ts";
import { isAway } from "./one-by-one.ts";

export interface AttemptStoreOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly run: ClaimedRun;
}

const WAIT_MS = 100;
const WAIT_MAX_MS = 2_000;

/**
 * What an attempt keeps in the store while it works. Where the store is away it waits, for as long as
 * the attempt may go on: an outage fails no work that is under way. Each call may be made again
 * after an answer that was lost.
 */
export class AttemptStore {
  readonly #options: AttemptStoreOptions;
  readonly #stop = Promise.withResolvers<void>();
  #stopped = false;

  constructor(options: AttemptStoreOptions) {
    this.#options = options;
  }

  /** Who waits for the store waits no longer. */
  stop(): void {
    this.#stopped = true;
    this.#stop.resolve();
  }

  loadCheckpoint(): Promise<string | null> {
    const { store, run } = this.#options;
    return this.#patiently(() => store.checkpoint(run.id));
  }

  async saveCheckpoint(json: string): Promise<void> {
    const { store, clock, run } = this.#options;
    const save = () => store.saveCheckpoint(run.id, run.fence, json, clock.now());
    if ((await this.#patiently(save)) === "stale") throw noLongerOurs(run);
  }

  loadEffect(key: string): Promise<string | null> {
    const { store } = this.#options;
    return this.#patiently(() => store.effect(this.#scope(), key));
  }

  async saveEffect(key: string, result: string): Promise<void> {
    const { store, clock, run } = this.#options;
    const effect = { run: run.id, fence: run.fence, scope: this.#scope(), key, result };
    const save = () => store.recordEffect(effect, clock.now());
    if ((await this.#patiently(save)) === "stale") throw noLongerOurs(run);
  }

  /** Effects belong to what the run does, so a replay that keeps its key finds them again. */
  #scope(): string {
    const { task, idempotencyKey, id } = this.#options.run;
    return `${task}\n${idempotencyKey ?? id}`;
  }

  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let waitMs = WAIT_MS; ; waitMs = Math.min(2 * waitMs, WAIT_MAX_MS)) {
      try {
        return await ask();
      } catch (error) {
        if (this.#stopped || !isAway(error)) throw error;
        await this.#pause(waitMs);
        if (this.#stopped) throw error;
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    const over = Promise.withResolvers<void>();
    const withdraw = clock.schedule(clock.now() + ms, over.resolve);
    await Promise.race([over.promise, this.#stop.promise]);
    withdraw();
  }
}

function noLongerOurs(run: ClaimedRun): BelfryError {
  return new BelfryError(
    "conflict",
    "stale-fence",
    `Run ${run.id} is no longer this attempt's: its node was declared dead or it was settled.`,
  );
}

import type { Clock } from "../clock.ts";
import type { NodeHeartbeat } from "../records.ts";
import type { Store } from "../store.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";

export interface SignOfLifeOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly events: Events;
  readonly node: string;
  /** Tells the service; throws where it has not heard. */
  readonly ping: (signal: AbortSignal) => Promise<void>;
  /** What keeps the node from working, in words; null: nothing does. */
  readonly hindrance: () => string | null;
}

const EVERY_MS = 60_000;
/** After a ping that was not heard, or that the node had no right to. */
const AGAIN_MS = 15_000;
const PATIENCE_MS = 10_000;

/**
 * Gives an outside service a sign of life each minute while the node works. It is silent where the
 * node only seems to live, so that the service misses it: a process that runs nothing is as bad as
 * none.
 */
export class SignOfLife implements Service {
  readonly name = "sign of life";
  readonly precision = "rough";
  readonly #options: SignOfLifeOptions;
  readonly #closing = new AbortController();
  #heardAt: number | null = null;

  constructor(options: SignOfLifeOptions) {
    this.#options = options;
  }

  async step(now: number): Promise<number> {
    const error = this.#options.hindrance() ?? (await this.#ping());
    if (this.#closing.signal.aborted) return now + EVERY_MS;
    if (error === null) this.#heardAt = this.#options.clock.now();
    else this.#tell(error);
    // Not awaited: where the store is what does not answer, the next ping must not wait for it.
    void this.#note(now, error).catch(() => {});
    return now + (error === null ? EVERY_MS : AGAIN_MS);
  }

  /** The ping that is on its way is given up, so that a node that stops need not wait for it. */
  close(): void {
    this.#closing.abort();
  }

  async #ping(): Promise<string | null> {
    const { clock, ping } = this.#options;
    const patience = new AbortController();
    const withdraw = clock.schedule(clock.now() + PATIENCE_MS, () => patience.abort());
    try {
      await ping(AbortSignal.any([patience.signal, this.#closing.signal]));
      return null;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    } finally {
      withdraw();
    }
  }

  #tell(error: string): void {
    const { events } = this.#options;
    events.emit({ kind: "trouble", service: this.name, error, retryInMs: AGAIN_MS });
  }

  async #note(now: number, error: string | null): Promise<void> {
    const { store, node, clock } = this.#options;
    const heartbeat: NodeHeartbeat = {
      heardAt: this.#heardAt,
      failedAt: error === null ? null : now,
      error,
    };
    await store.noteHeartbeat(node, heartbeat, clock.now());
  }
}

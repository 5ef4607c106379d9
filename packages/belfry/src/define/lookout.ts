import type { Clock } from "../clock.ts";

export interface LookoutOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  /** What it rejects with is told, and it is called again as ever. */
  readonly look: () => Promise<void>;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

/** Looks again and again, a pause after each look has ended, until it is closed. */
export class Lookout {
  readonly #options: LookoutOptions;
  #withdraw: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  start(): void {
    if (this.#closed) return;
    const { clock, everyMs } = this.#options;
    this.#withdraw = clock.schedule(clock.now() + everyMs, () => {
      this.#looking = this.#look().finally(() => this.start());
    });
  }

  /** Resolves when a look that was under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#withdraw();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { look, onTrouble, everyMs } = this.#options;
    try {
      await look();
    } catch (error) {
      onTrouble(error, everyMs);
    }
  }
}

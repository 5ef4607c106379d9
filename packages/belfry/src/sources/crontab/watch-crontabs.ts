import type { Clock } from "../../clock.ts";
import { type CrontabHost, type LoadedCrontabs, loadCrontabs } from "./load-crontabs.ts";

/** cron looks once a minute. */
const EVERY_MS = 5_000;

export interface CrontabWatchOptions {
  readonly paths: readonly string[];
  readonly host: CrontabHost;
  readonly clock: Clock;
  /** What was read first. */
  readonly loaded: LoadedCrontabs;
  /** Where it rejects it is called again at the next look. */
  readonly onChange: (loaded: LoadedCrontabs) => Promise<void>;
  readonly onTrouble: (error: unknown, retryInMs: number) => void;
}

/** Reads crontabs again and again, and tells when something about them has changed. */
export class CrontabWatch {
  readonly #options: CrontabWatchOptions;
  #loaded: LoadedCrontabs;
  #withdraw: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CrontabWatchOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    this.#wait();
  }

  /** Resolves when a look that was under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#withdraw();
    await this.#looking;
  }

  #wait(): void {
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#withdraw = clock.schedule(clock.now() + EVERY_MS, () => {
      this.#looking = this.#look().finally(() => this.#wait());
    });
  }

  async #look(): Promise<void> {
    const { paths, host, onChange, onTrouble } = this.#options;
    try {
      const loaded = await loadCrontabs(paths, host, this.#loaded.crontabs);
      if (this.#closed || loaded.fingerprint === this.#loaded.fingerprint) return;
      await onChange(loaded);
      this.#loaded = loaded;
    } catch (error) {
      onTrouble(error, EVERY_MS);
    }
  }
}

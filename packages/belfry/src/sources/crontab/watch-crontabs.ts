import type { Clock } from "../../clock.ts";
import { Lookout } from "../../define/lookout.ts";
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
  readonly #lookout: Lookout;
  #loaded: LoadedCrontabs;

  constructor(options: CrontabWatchOptions) {
    this.#options = options;
    this.#loaded = options.loaded;
    const { clock, onTrouble } = options;
    const look = (): Promise<void> => this.#look();
    this.#lookout = new Lookout({ clock, everyMs: EVERY_MS, look, onTrouble });
    this.#lookout.start();
  }

  /** Resolves when a look that was under way has ended. */
  close(): Promise<void> {
    return this.#lookout.close();
  }

  async #look(): Promise<void> {
    const { paths, host, onChange } = this.#options;
    const loaded = await loadCrontabs(paths, host, this.#loaded.crontabs);
    if (this.#lookout.closed || loaded.fingerprint === this.#loaded.fingerprint) return;
    await onChange(loaded);
    this.#loaded = loaded;
  }
}

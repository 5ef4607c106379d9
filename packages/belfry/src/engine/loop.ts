import type { Clock, Precision, Random } from "../clock.ts";

/** A part of the engine with one verb, stepped by a loop. */
export interface Service {
  readonly name: string;
  /** How exact its waking must be. */
  readonly precision: Precision;
  /**
   * Does what there is to do now.
   * @returns when to be called again: an instant, `"now"` where more is known to wait, or null to
   * sleep until woken.
   */
  step(now: number): Promise<number | "now" | null>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How many times longer than it says a service of rough precision sleeps. */
  readonly pace: number;
  /** Told of each failed step; the loop goes on by itself. */
  readonly onError: (service: string, error: unknown, retryInMs: number) => void;
}

const BACKOFF_MS_MIN = 100;
const BACKOFF_MS_MAX = 10_000;

/** Owns a service's sleeping, waking, backing off and ending: the service itself only steps. */
export class Loop {
  readonly #service: Service;
  readonly #options: LoopOptions;
  #failures = 0;
  /** By the monotonic clock, until when it is known to have got on. */
  #wellAt = 0;
  #stepping: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #withdraw: (() => void) | null = null;

  constructor(service: Service, options: LoopOptions) {
    this.#service = service;
    this.#options = options;
  }

  get name(): string {
    return this.#service.name;
  }

  /** Steps as soon as can be: at once, or right after the step that is under way. */
  wake(): void {
    if (this.#stopped) return;
    // While backing off, hints do not hammer on what just failed.
    if (this.#failures > 0 && this.#withdraw !== null) return;
    if (this.#stepping !== null) {
      this.#again = true;
      return;
    }
    this.#sleepless();
    if (this.#failures === 0) this.#wellAt = this.#options.clock.monotonic();
    this.#stepping = this.#step().finally(() => {
      this.#stepping = null;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** For how long steps fail or do not come back; 0 for one that sleeps because it may. */
  get stuckMs(): number {
    if (this.#stepping === null && this.#failures === 0) return 0;
    return this.#options.clock.monotonic() - this.#wellAt;
  }

  /** Takes no further step; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#sleepless();
    await this.#stepping;
  }

  async #step(): Promise<void> {
    const { clock, pace } = this.#options;
    try {
      const now = clock.now();
      const next = await this.#service.step(now);
      this.#failures = 0;
      this.#wellAt = clock.monotonic();
      const stretch = this.#service.precision === "rough" ? pace : 1;
      if (next === "now") this.#again = true;
      else if (next !== null) this.#sleepUntil(now + (next - now) * stretch);
    } catch (error) {
      this.#backOff(error);
    }
  }

  #backOff(error: unknown): void {
    const { clock, random, onError } = this.#options;
    const full = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** this.#failures);
    const wait = Math.round(full * (0.5 + random() / 2));
    this.#failures += 1;
    this.#again = false;
    onError(this.#service.name, error, wait);
    this.#sleepUntil(clock.now() + wait);
  }

  #sleepUntil(at: number): void {
    if (this.#stopped) return;
    this.#sleepless();
    const wake = (): void => {
      this.#withdraw = null;
      this.wake();
    };
    this.#withdraw = this.#options.clock.schedule(at, wake, this.#service.precision);
  }

  #sleepless(): void {
    this.#withdraw?.();
    this.#withdraw = null;
  }
}

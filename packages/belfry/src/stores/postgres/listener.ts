import type { Random } from "../../clock.ts";
import type { Change } from "../../store.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { native } from "./statement.ts";
import { heardOf, LISTEN } from "./wake-ups.ts";

export interface ListenerOptions
  extends Pick<ConnectionOptions, "url" | "password" | "deadlineMs" | "clock"> {
  readonly random: Random;
  /** Who is not woken by what it did itself. */
  readonly self: string;
  readonly wake: (what: Change) => void;
}

/** Hints that come within this after one are one more: nobody looks for each of many, ms. */
const GATHER_MS = 5;
/** A line on which nothing comes may be dead: it is asked for a sign of life, ms. */
const PROBE_EVERY_MS = 20_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 10_000;
const PROBE = native("select 1");

/**
 * Hears by a line of its own that others have changed something. Hints only: while the line is away
 * they are lost, and through a pooler none come. Whoever waits looks by itself now and then.
 */
export class Listener {
  readonly #options: ListenerOptions;
  #line: Connection | null = null;
  #withdraw: () => void = () => {};
  #gathered: (() => void) | null = null;
  #what: Change = "runs";
  /** By the monotonic clock, when somebody was last woken. */
  #wokeAt = -Infinity;
  #failures = 0;
  #stepping: Promise<void>;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#stepping = this.#step();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#withdraw();
    this.#gathered?.();
    await this.#stepping;
    await this.#line?.close();
  }

  async #step(): Promise<void> {
    try {
      if (!(await this.#listens())) return;
      this.#failures = 0;
      this.#again(PROBE_EVERY_MS);
    } catch {
      // Whoever works with the store says that it is away.
      const full = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures);
      this.#failures += 1;
      this.#again(full * (0.5 + this.#options.random() / 2));
    }
  }

  /** @returns false where nothing can be heard, ever. */
  async #listens(): Promise<boolean> {
    if (this.#line !== null && this.#line.ended === null) {
      await this.#line.send(PROBE);
      return true;
    }
    const isFirst = this.#line === null && this.#failures === 0;
    this.#line = await Connection.open({
      ...this.#options,
      purpose: "listen",
      hear: (said) => this.#hear(said),
      onEnd: () => this.#again(0),
    });
    if (this.#line.link === "pooled") {
      this.#closed = true;
      await this.#line.close();
      return false;
    }
    await this.#line.send(LISTEN);
    // What was said meanwhile is lost.
    if (!isFirst) this.#wake("anything");
    return true;
  }

  #hear(said: string): void {
    const { from, what } = heardOf(said);
    if (from !== this.#options.self) this.#wake(what);
  }

  #wake(what: Change): void {
    if (what === "anything") this.#what = what;
    if (this.#closed || this.#gathered !== null) return;
    const { clock } = this.#options;
    const restMs = this.#wokeAt + GATHER_MS - clock.monotonic();
    if (restMs <= 0) this.#wakeNow();
    else this.#gathered = clock.schedule(clock.now() + restMs, () => this.#wakeNow());
  }

  #wakeNow(): void {
    const what = this.#what;
    this.#gathered = null;
    this.#what = "runs";
    this.#wokeAt = this.#options.clock.monotonic();
    this.#options.wake(what);
  }

  #again(inMs: number): void {
    this.#withdraw();
    if (this.#closed) return;
    const { clock } = this.#options;
    this.#withdraw = clock.schedule(clock.now() + inMs, () => {
      this.#stepping = this.#stepping.then(() => this.#step());
    });
  }
}

import type { Store } from "../store.ts";
import { BEHIND_MS_MAX, type ClockGuard } from "./clock-guard.ts";
import type { Service } from "./loop.ts";

const EVERY_MS = 10_000;

/**
 * Compares the clock with the latest instant the store has seen. A little behind it at the start:
 * wait a minute, then work on. Hours behind: one of the two is wrong, and planning waits until an
 * operator says which (`belfry doctor --accept-clock`), or the clock is right again.
 */
export class ClockWatch implements Service {
  readonly name = "clock watch";
  readonly precision = "rough";
  readonly #store: Store;
  readonly #guard: ClockGuard;

  constructor(store: Store, guard: ClockGuard) {
    this.#store = store;
    this.#guard = guard;
  }

  /** Before the first plan. */
  async start(): Promise<void> {
    this.#guard.behind((await this.#store.mark()).highAt);
  }

  async step(now: number): Promise<number> {
    const { highAt } = await this.#store.mark();
    if (highAt - now > BEHIND_MS_MAX) this.#guard.behind(highAt);
    return now + EVERY_MS;
  }
}

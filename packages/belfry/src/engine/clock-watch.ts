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
  readonly #where: { readonly node: string; readonly host: string };

  constructor(store: Store, guard: ClockGuard, where: { node: string; host: string }) {
    this.#store = store;
    this.#guard = guard;
    this.#where = where;
  }

  /** Before the first plan. */
  async start(): Promise<void> {
    this.#guard.behind((await this.#store.mark()).highAt);
  }

  async step(now: number): Promise<number> {
    for (const jumpMs of this.#guard.takeJumps()) await this.#writeDown(jumpMs, now);
    const { highAt } = await this.#store.mark();
    if (highAt - now > BEHIND_MS_MAX) this.#guard.behind(highAt);
    return now + EVERY_MS;
  }

  /** Who wonders later why planning waited, or something came late, finds it in the audit. */
  async #writeDown(jumpMs: number, now: number): Promise<void> {
    const { node, host } = this.#where;
    const deed = { actor: `node ${node}`, what: "clock.jump", subject: host, task: null };
    await this.#store.recordDeed({ ...deed, before: null, after: JSON.stringify({ jumpMs }) }, now);
  }
}

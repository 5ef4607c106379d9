import type { Clock } from "../clock.ts";
import { type MarkedProcess, markedProcessesInSlices } from "./processes.ts";
import { wait } from "./wait.ts";

/** Sweeps may take this share of the time at most: hosts can be large. */
const SHARE_MAX = 0.25;

/**
 * Looks for what descends from a node's commands. Attempts that end at about the same time share
 * one look at /proc, and looks keep a distance that grows with what one costs: on a quiet node
 * there is no wait at all, on a busy one they take a quarter of the time at most.
 */
export class Sweep {
  readonly #node: string;
  readonly #clock: Clock;
  #coming: Promise<readonly MarkedProcess[]> | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #restedAt = Number.NEGATIVE_INFINITY;

  constructor(node: string, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  /** Every marked process that lives at some instant after the call. */
  look(): Promise<readonly MarkedProcess[]> {
    if (this.#coming === null) {
      this.#coming = this.#last.then(() => this.#look());
      this.#last = this.#coming;
    }
    return this.#coming;
  }

  async #look(): Promise<readonly MarkedProcess[]> {
    await wait(this.#clock, Math.max(0, this.#restedAt - this.#clock.monotonic()));
    this.#coming = null;
    const startedAt = this.#clock.monotonic();
    const found = await markedProcessesInSlices(this.#node, () => wait(this.#clock, 0));
    const endedAt = this.#clock.monotonic();
    this.#restedAt = endedAt + (endedAt - startedAt) * (1 / SHARE_MAX - 1);
    return found;
  }
}

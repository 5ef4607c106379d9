/** How often something may happen, for each key by itself: a few at once, then one at a time. */
export class Pace {
  readonly #most: number;
  readonly #everyMs: number;
  /** By key, the instant up to which all time is spent: each one costs `everyMs` of it. */
  readonly #spentTo = new Map<string, number>();

  constructor(most: number, everyMs: number) {
    this.#most = most;
    this.#everyMs = everyMs;
  }

  /**
   * Takes one where, beside it, `spare` would be left.
   * @param now by the monotonic clock.
   * @returns 0 where one was taken, else how long it takes until one can be, ms.
   */
  take(key: string, now: number, spare = 0): number {
    const oldest = now - this.#most * this.#everyMs;
    const spentTo = Math.max(this.#spentTo.get(key) ?? oldest, oldest);
    const waitMs = spentTo + (1 + spare) * this.#everyMs - now;
    if (waitMs > 0) return waitMs;
    this.#spentTo.set(key, spentTo + this.#everyMs);
    return 0;
  }
}

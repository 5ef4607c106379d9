/** Numbers and choices that a seed decides (mulberry32), so that each run can be had again. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return low + (((mixed ^ (mixed >>> 14)) >>> 0) % (high - low + 1));
  }

  one<Item>(items: readonly Item[]): Item {
    const item = items[this.whole(0, items.length - 1)];
    if (item === undefined) throw new RangeError("there is nothing to choose from");
    return item;
  }

  some<Item>(items: readonly Item[], most: number): Item[] {
    return Array.from({ length: this.whole(1, most) }, () => this.one(items));
  }

  /** True once in so many times. */
  in(times: number): boolean {
    return this.whole(1, times) === 1;
  }
}

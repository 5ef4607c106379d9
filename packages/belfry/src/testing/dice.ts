import { hash } from "node:crypto";

/**
 * Seeded chance (Mulberry32). Whatever draws on its own account gets dice of its own by `fork`, so
 * that one more draw in one place changes nothing in the others.
 */
export class Dice {
  readonly #seed: string;
  #state: number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = Number.parseInt(hash("sha256", seed).slice(0, 8), 16);
  }

  fork(name: string): Dice {
    return new Dice(`${this.#seed}/${name}`);
  }

  /** In [0, 1). */
  readonly next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };

  /** 32 hexadecimal digits. */
  readonly entropy = (): string => {
    let digits = "";
    for (let part = 0; part < 4; part++) {
      digits += Math.floor(this.next() * 0x100000000)
        .toString(16)
        .padStart(8, "0");
    }
    return digits;
  };

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<const T>(items: readonly [T, ...(readonly T[])]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** One of a list that may be empty. */
  anyOf<T>(items: readonly T[]): T | null {
    return items[Math.floor(this.next() * items.length)] ?? null;
  }

  /** How long until the next of events that come every `meanMs` on average, ms. */
  wait(meanMs: number): number {
    return Math.max(1, Math.round(-Math.log(1 - this.next()) * meanMs));
  }
}

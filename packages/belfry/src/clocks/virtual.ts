import type { Clock } from "../clock.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

/**
 * A clock that stands still until told to move. Sleepers wake in order of their instants, those of
 * one instant in the order in which they lay down, so the same program always runs the same way.
 */
export class VirtualClock implements Clock {
  #now: number;
  #monotonic = 0;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  schedule(at: number, wake: () => void): () => void {
    const sleeper = { at, order: this.#order++, wake };
    this.#sleepers.add(sleeper);
    return () => this.#sleepers.delete(sleeper);
  }

  /** The instant at which the next sleeper wakes, or null where nobody sleeps. */
  nextAt(): number | null {
    return this.#next()?.at ?? null;
  }

  /** Moves to the next sleeper's instant and wakes it, unless that is after `until`. */
  wakeNext(until: number): boolean {
    const next = this.#next();
    if (next === null || next.at > until) {
      this.#advanceTo(Math.max(until, this.#now));
      return false;
    }
    this.#advanceTo(Math.max(next.at, this.#now));
    this.#sleepers.delete(next);
    next.wake();
    return true;
  }

  /** The wall clock jumps; monotonic time does not pass. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #advanceTo(at: number): void {
    this.#monotonic += at - this.#now;
    this.#now = at;
  }

  #next(): Sleeper | null {
    let first: Sleeper | null = null;
    for (const sleeper of this.#sleepers) {
      if (
        first === null ||
        sleeper.at < first.at ||
        (sleeper.at === first.at && sleeper.order < first.order)
      ) {
        first = sleeper;
      }
    }
    return first;
  }
}

import type { Clock } from "../clock.ts";
import type { Lease, LeaseTerms, Proof, Renewed } from "../lease.ts";
import type { Store } from "../store.ts";

/** Renews from the engine's own loop: for stores without a thread of their own. */
export class EngineLease implements Lease {
  readonly #store: Store;
  readonly #clock: Clock;
  #withdraw: (() => void) | null = null;
  #released = false;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async prove(): Promise<void> {}

  hold(node: string, terms: LeaseTerms, onRenewed: (renewed: Renewed) => void): void {
    const renew = async (): Promise<void> => {
      const now = this.#clock.now();
      const untilAt = now + terms.leaseMs;
      let wait = terms.renewMs;
      try {
        onRenewed({ ...(await this.#store.renew(node, untilAt, now)), untilAt });
      } catch {
        // The store is away: the lease runs on until its end, and is tried again well before.
        wait = terms.renewMs / 4;
      }
      if (!this.#released) this.#withdraw = this.#clock.schedule(this.#clock.now() + wait, start);
    };
    const start = (): void => void renew();
    this.#withdraw = this.#clock.schedule(this.#clock.now() + terms.renewMs, start);
  }

  async release(): Promise<void> {
    this.#released = true;
    this.#withdraw?.();
  }

  async probe(): Promise<Proof> {
    return "unknown";
  }

  working(): void {}
}

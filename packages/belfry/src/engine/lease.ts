import type { Clock } from "../clock.ts";
import type { Renewal, Store } from "../store.ts";
import type { Proof } from "./reaper.ts";

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly renewMs: number;
}

/** A renewal's answer, and until when it holds, counted from before it was sent. */
export interface Renewed extends Renewal {
  readonly untilAt: number;
}

/** A node's time-limited right to work, renewed for as long as it is held. */
export interface Lease {
  /** Makes the death of this process provable; before the node's row is written. */
  prove(node: string): Promise<void>;
  hold(node: string, terms: LeaseTerms, onRenewed: (renewed: Renewed) => void): void;
  /** Stops renewing and withdraws the proof. */
  release(): Promise<void>;
  probe(node: string): Promise<Proof>;
  /** The tasks whose functions run in this process: one of them blocks it if it stands still. */
  working(tasks: readonly string[]): void;
}

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

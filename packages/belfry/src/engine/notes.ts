import type { Clock } from "../clock.ts";
import type { Store } from "../store.ts";
import type { Attempt } from "./attempt.ts";

const EVERY_MS = 1_000;

/** Keeps what attempts tell of their progress, once a second; for good it is when the run is settled. */
export class Notes {
  readonly #options: { readonly clock: Clock; readonly store: Store };
  readonly #noted = new Set<Attempt>();

  constructor(options: { readonly clock: Clock; readonly store: Store }) {
    this.#options = options;
  }

  /** It has something new to tell. */
  add(attempt: Attempt): void {
    this.#noted.add(attempt);
    if (this.#noted.size > 1) return;
    const { clock } = this.#options;
    clock.schedule(clock.now() + EVERY_MS, () => this.#keep());
  }

  /** It has ended: what it told goes with its outcome. */
  delete(attempt: Attempt): void {
    this.#noted.delete(attempt);
  }

  #keep(): void {
    const { clock, store } = this.#options;
    const notes = Array.from(this.#noted, (attempt) => attempt.note());
    this.#noted.clear();
    if (notes.length > 0) void store.observe(notes, clock.now()).catch(() => {});
  }
}

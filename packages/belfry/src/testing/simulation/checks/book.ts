import type { GapReason } from "../../../core/run.ts";

/** What became of a due instant. */
export type Entry = { readonly run: string } | { readonly gap: GapReason };

/**
 * What became of each due instant of one schedule. Up to the instant where the book is closed all
 * that is final is forgotten, and counts as entered: nothing may be entered there a second time.
 */
export class Book {
  readonly #entries = new Map<number, Entry>();
  /** Below the closing, what was withdrawn and has to be entered anew. */
  readonly #vacant = new Set<number>();
  #closedAt = Number.NEGATIVE_INFINITY;

  has(at: number): boolean {
    return this.#entries.has(at) || (at <= this.#closedAt && !this.#vacant.has(at));
  }

  /** Undefined where nothing was entered, or what was is forgotten. */
  get(at: number): Entry | undefined {
    return this.#entries.get(at);
  }

  enter(at: number, entry: Entry): void {
    this.#entries.set(at, entry);
    this.#vacant.delete(at);
  }

  withdraw(at: number): void {
    this.#entries.delete(at);
    if (at <= this.#closedAt) this.#vacant.add(at);
  }

  /**
   * Forgets what is final up to an instant that the cursor has passed.
   * @param isOpen whether a run has not ended yet: then it stays, as it may be withdrawn.
   */
  close(at: number, isOpen: (run: string) => boolean): void {
    this.#closedAt = Math.max(this.#closedAt, at);
    for (const [dueAt, entry] of this.#entries) {
      if (dueAt > at || ("run" in entry && isOpen(entry.run))) continue;
      this.#entries.delete(dueAt);
    }
  }
}

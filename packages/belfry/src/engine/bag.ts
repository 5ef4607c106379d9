/** Something that can be in a bag, one at a time. */
export interface Placed {
  /** Where it lies, the bag's own note; null: nowhere. */
  place: number | null;
}

/**
 * Things that come and go by the thousand each second, in no order. A `Map` or a `Set` leaves its
 * table behind whenever it makes another; once such a table has grown old, V8 keeps all that was in
 * it and in every table after it until the next full collection, and each small collection, which
 * stops the program, copies thousands of runs that were over long ago.
 */
export class Bag<T extends Placed> implements Iterable<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** What is not in it is left alone. */
  delete(item: T): void {
    if (item.place === null || this.#items[item.place] !== item) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.place] = last;
      last.place = item.place;
    }
    item.place = null;
  }

  /** As they are now: whatever comes or goes meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return [...this.#items][Symbol.iterator]();
  }
}

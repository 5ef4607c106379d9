/**
 * Room for bytes that are dropped in the order in which they came. A flood goes through the same
 * memory over and over and leaves nothing to the garbage collector, which frees the chunks of a
 * pipe too late: a flood would cost hundreds of megabytes.
 */
export class ByteRing {
  readonly #room: Buffer;
  #next = 0;

  /**
   * @param kept the most bytes that are still needed when others are added.
   * @param largest the most bytes that are added at once.
   */
  constructor(kept: number, largest: number) {
    // Pieces are not split, so at the end of the room less than the largest stays unused.
    this.#room = Buffer.allocUnsafeSlow(kept + 2 * largest);
  }

  /** Copies bytes into the room. What is returned is good for as long as it is one of those kept. */
  add(bytes: Buffer): Buffer {
    if (this.#next + bytes.length > this.#room.length) this.#next = 0;
    const start = this.#next;
    this.#next += bytes.copy(this.#room, start);
    return this.#room.subarray(start, this.#next);
  }

  /** Nothing is kept any more: begins at the start, so that a trickle touches little memory. */
  clear(): void {
    this.#next = 0;
  }
}

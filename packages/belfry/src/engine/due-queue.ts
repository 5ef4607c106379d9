/** A binary heap of things by the instant at which each is due. */
export class DueQueue<T extends { readonly nextAt: number | null }> {
  #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get firstAt(): number | null {
    return this.#heap[0]?.nextAt ?? null;
  }

  clear(): void {
    this.#heap = [];
  }

  push(item: T): void {
    const heap = this.#heap;
    heap.push(item);
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(heap, index, parent)) break;
      swap(heap, index, parent);
      index = parent;
    }
  }

  /** Takes up to `most` that are due by `now`, the earliest first. */
  takeDue(now: number, most: number): T[] {
    const due: T[] = [];
    while (due.length < most) {
      const first = this.#heap[0];
      if (first === undefined || (first.nextAt ?? Infinity) > now) break;
      due.push(first);
      this.#pop();
    }
    return due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && before(heap, left, least)) least = left;
      if (right < heap.length && before(heap, right, least)) least = right;
      if (least === index) return;
      swap(heap, index, least);
      index = least;
    }
  }
}

type Heap = { readonly nextAt: number | null }[];

function before(heap: Heap, a: number, b: number): boolean {
  return (heap[a]?.nextAt ?? Infinity) < (heap[b]?.nextAt ?? Infinity);
}

function swap<T>(heap: T[], a: number, b: number): void {
  const left = heap[a];
  const right = heap[b];
  if (left === undefined || right === undefined) return;
  heap[a] = right;
  heap[b] = left;
}

/** How often the keeper asks the program's event loop for a sign of life, ms. */
export const BEAT_MS = 250;

const HEAD_BYTES = 8;
const TEXT_BYTES = 4_096;
const ENCODER = new TextEncoder();

/**
 * What the keeper can see of a program whose event loop stands still: how often it has answered,
 * and the tasks it was at. Shared memory, since a loop that stands still sends no messages.
 */
export class Pulse {
  /** Give it to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #head: Int32Array;
  readonly #text: Uint8Array;
  #working = "";

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + TEXT_BYTES)) {
    this.memory = memory;
    this.#head = new Int32Array(memory, 0, 2);
    this.#text = new Uint8Array(memory, HEAD_BYTES);
  }

  beat(): void {
    Atomics.add(this.#head, 0, 1);
  }

  get beats(): number {
    return Atomics.load(this.#head, 0);
  }

  /** Names the tasks that may block the loop; those that do not fit are left out. */
  work(tasks: readonly string[]): void {
    const list = tasks.join("\n");
    // As a rule one task follows itself, thousands of times a second.
    if (list === this.#working) return;
    this.#working = list;
    let text = ENCODER.encode("[]");
    for (let count = tasks.length; count > 0; count = Math.floor(count / 2)) {
      const whole = ENCODER.encode(JSON.stringify(tasks.slice(0, count)));
      if (whole.length > TEXT_BYTES) continue;
      text = whole;
      break;
    }
    this.#text.set(text);
    Atomics.store(this.#head, 1, text.length);
  }

  /** To be read only while the loop stands still: then nobody writes. */
  get tasks(): readonly string[] {
    const length = Atomics.load(this.#head, 1);
    if (length === 0) return [];
    return JSON.parse(new TextDecoder().decode(this.#text.slice(0, length)));
  }
}

export type StallChange =
  | { readonly kind: "stalled"; readonly forMs: number }
  | { readonly kind: "moves"; readonly forMs: number };

/**
 * Tells from the beats when a loop begins to stand still and when it moves again. It counts its
 * own ticks and asks no clock, so a process that was stopped as a whole is not taken for stalled.
 */
export class StallWatch {
  readonly #afterMs: number;
  #beats = 0;
  #quietMs = 0;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** To be called every BEAT_MS. */
  tick(beats: number): StallChange | null {
    const quietMs = this.#quietMs;
    const wasStalled = quietMs >= this.#afterMs;
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#quietMs = 0;
      return wasStalled ? { kind: "moves", forMs: quietMs } : null;
    }
    this.#quietMs = quietMs + BEAT_MS;
    const isStalled = this.#quietMs >= this.#afterMs;
    return isStalled && !wasStalled ? { kind: "stalled", forMs: this.#quietMs } : null;
  }
}

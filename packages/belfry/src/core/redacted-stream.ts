import { addSpan, type Redactor, type Span, visible } from "./redactor.ts";

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Takes secrets out of a stream of bytes, whatever the borders of its chunks: it holds back the end
 * of a chunk for as long as that may be the beginning of a secret, and nothing else.
 */
export class RedactedStream {
  readonly #redactor: Redactor;
  readonly #take: (chunk: Uint8Array) => void;
  #held: Buffer = EMPTY;
  /** So many bytes of what is held belong to a secret that began before and is hidden already. */
  #hidden = 0;

  /** @param take is given what may be shown; good during the call only. */
  constructor(redactor: Redactor, take: (chunk: Uint8Array) => void) {
    this.#redactor = redactor;
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    if (this.#held.length === 0 && this.#redactor.isEmpty) {
      this.#take(chunk);
      return;
    }
    const data = this.#held.length === 0 ? bufferOf(chunk) : Buffer.concat([this.#held, chunk]);
    this.#pass(data, "goes on");
  }

  /** No more will come, or not soon: what is held is no secret, only the beginning of one. */
  end(): void {
    if (this.#held.length > 0) this.#pass(this.#held, "ends");
  }

  #pass(data: Buffer, stream: "goes on" | "ends"): void {
    const found = this.#redactor.find(data);
    const until = stream === "ends" ? data.length : found.openFrom;
    const spans: Span[] = this.#hidden === 0 ? [] : [{ start: 0, end: this.#hidden, label: null }];
    for (const span of found.spans) addSpan(spans, span);
    const shown = spans.filter(({ start }) => start < until);
    const hidden = Math.max(this.#hidden, shown.at(-1)?.end ?? 0);
    this.#hidden = Math.max(0, hidden - until);
    // A copy: a few bytes must not keep a whole chunk.
    this.#held = until === data.length ? EMPTY : Buffer.from(data.subarray(until));
    const clipped = shown.map((span) => ({ ...span, end: Math.min(span.end, until) }));
    for (const piece of visible(data.subarray(0, until), clipped)) this.#take(piece);
  }
}

function bufferOf(chunk: Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

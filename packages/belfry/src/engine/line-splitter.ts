const LF = 10;
const CR = 13;

/** A line ends here at the latest, in bytes. */
export const LINE_MAX: number = 16 * 1024;
/** A stretch ends after the line with which it reaches one of these. */
const STRETCH_BYTES = 32 * 1024;
const STRETCH_LINES = 1024;
/** So no stretch has more bytes than this. */
export const STRETCH_MAX: number = STRETCH_BYTES + LINE_MAX + 1;

/**
 * Takes `count` whole lines, each ended by a line feed, but for a single one that was cut or left
 * open. The bytes are good during the call only.
 */
export type TakeLines = (bytes: Buffer, count: number) => void;

/**
 * Cuts one stream of bytes into stretches of whole lines without decoding them, so that what will
 * be dropped costs a look at each byte and no more. LF, CR LF and a lone CR end a line; a CR at
 * the start of a line says nothing, so that a progress bar gives one line a step.
 */
export class LineSplitter {
  readonly #take: TakeLines;
  #open: Buffer = Buffer.alloc(0);
  /** A line feed that comes next belongs to a line that has ended already. */
  #ended = false;

  constructor(take: TakeLines) {
    this.#take = take;
  }

  /** Whether a line has begun and not ended. */
  get open(): boolean {
    return this.#open.length > 0;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    let bytes = this.#withoutReturns(bufferOf(chunk));
    if (this.#open.length > 0) {
      const end = bytes.indexOf(LF) + 1;
      const first = Buffer.concat([this.#open, end === 0 ? bytes : bytes.subarray(0, end)]);
      this.#open = first.subarray(0, 0);
      this.#split(first);
      if (end === 0) return;
      bytes = bytes.subarray(end);
    }
    this.#split(bytes);
  }

  /** Ends the open line here, but for a character of which a part is still to come. */
  flush(): void {
    const whole = this.#open.length - unfinished(this.#open);
    if (whole === 0) return;
    const line = this.#open.subarray(0, whole);
    this.#open = this.#open.subarray(whole);
    this.#ended = this.#open.length === 0;
    this.#take(line, 1);
  }

  end(): void {
    const line = this.#open;
    this.#open = line.subarray(0, 0);
    if (line.length > 0) this.#take(line, 1);
  }

  #split(bytes: Buffer): void {
    const { length } = bytes;
    let from = 0;
    let start = 0;
    let count = 0;
    for (let index = 0; index < length; index += 1) {
      if (bytes[index] !== LF) continue;
      if (index - start > LINE_MAX) {
        if (count > 0) this.#take(bytes.subarray(from, start), count);
        from = this.#cut(bytes, start, index);
        count = 0;
      }
      count += 1;
      start = index + 1;
      if (count === STRETCH_LINES || start - from >= STRETCH_BYTES) {
        this.#take(bytes.subarray(from, start), count);
        from = start;
        count = 0;
      }
    }
    if (count > 0) this.#take(bytes.subarray(from, start), count);
    const rest = this.#cut(bytes, start, length);
    // A copy: a few bytes must not keep a whole chunk.
    if (rest < length) this.#open = Buffer.from(bytes.subarray(rest));
  }

  /** Takes full lines off one that is too long. @returns where what is left of it begins. */
  #cut(bytes: Buffer, start: number, end: number): number {
    while (end - start > LINE_MAX) {
      const cut = characterStart(bytes, start + LINE_MAX);
      this.#take(bytes.subarray(start, cut), 1);
      start = cut;
    }
    return start;
  }

  /** The chunk with line feeds as its only line ends. */
  #withoutReturns(chunk: Buffer): Buffer {
    if (!chunk.includes(CR)) {
      const skip = this.#ended && chunk[0] === LF ? 1 : 0;
      this.#ended = false;
      return skip === 0 ? chunk : chunk.subarray(skip);
    }
    const plain = Buffer.allocUnsafe(chunk.length);
    let length = 0;
    let open = this.#open.length > 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (byte === CR) {
        if (!open) continue;
        plain[length++] = LF;
        open = false;
        this.#ended = true;
      } else if (byte === LF && this.#ended) {
        this.#ended = false;
      } else {
        plain[length++] = byte;
        open = byte !== LF;
        this.#ended = false;
      }
    }
    return plain.subarray(0, length);
  }
}

function bufferOf(chunk: Uint8Array): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}

/** The start of the character that the byte at `index` belongs to; `index` where there is none. */
function characterStart(bytes: Buffer, index: number): number {
  for (let start = index; start > index - 4 && start >= 0; start -= 1) {
    if (!isContinuation(bytes[start] ?? 0)) return start;
  }
  return index;
}

/** How many bytes at the end are the beginning of a UTF-8 character that has not arrived whole. */
function unfinished(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  const start = characterStart(bytes, bytes.length - 1);
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const arrived = bytes.length - start;
  return arrived < length ? arrived : 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

import type { Clock } from "../clock.ts";
import type { LogBatch, LogLine } from "../log.ts";
import { ByteRing } from "./byte-ring.ts";
import { LINE_MAX, LineSplitter, STRETCH_MAX } from "./line-splitter.ts";
import { droppedFieldsText, droppedText, type RawLines, readLines } from "./log-text.ts";

export interface CaptureLimits {
  /** What is kept of an attempt's output from its beginning and from its end, in bytes at most. */
  readonly headBytes: number;
  readonly tailBytes: number;
  /** A line whose stream has been silent for so long is shown although it has not ended. */
  readonly silenceMs: number;
}

export const CAPTURE_LIMITS: CaptureLimits = {
  headBytes: 256 * 1024,
  tailBytes: 1024 * 1024,
  silenceMs: 1_000,
};

/** Says that a capture has something to be written: `now` where no more will come. */
export type OnWaiting = (capture: LogCapture, urgency: "soon" | "now") => void;

/** How often what is left of a flood is shown, ms. */
const FLOOD_EVERY_MS = 5_000;
/** A line counts for so many bytes at least: a million empty lines take room too. */
const LINE_COST = 32;
/** A batch has no more, unless a single piece has. */
const BATCH_COST = 32 * 1024;

/** Lines that follow each other. */
interface Stretch {
  readonly first: number;
  readonly count: number;
  readonly bytes: number;
  readonly cost: number;
}

interface Piece extends Stretch {
  readonly raw: RawLines;
}

interface Stream {
  readonly splitter: LineSplitter;
  /** By the monotonic clock. */
  heardAt: number;
}

/**
 * What one attempt says: cut into lines and numbered in order of arrival, kept until the writer
 * takes it. Of a long output the head and the tail stay, and a marker line between them. Memory is
 * bounded by those two, however much comes and however rarely somebody takes.
 */
export class LogCapture {
  readonly run: string;
  readonly attempt: number;
  readonly #clock: Clock;
  readonly #limits: CaptureLimits;
  readonly #onWaiting: OnWaiting;
  readonly #streams: Partial<Record<"stdout" | "stderr", Stream>> = {};
  #state: "open" | "ended" = "open";
  #announced = false;
  #bytes = 0;
  #nextLine = 0;

  /** What the head still takes; it is full for good once a piece found no room. */
  #headLeft: number;
  #head: Piece[] = [];
  /** The tail, oldest first: what the writer has, then what waits for it. */
  readonly #written: Stretch[] = [];
  #tail: Piece[] = [];
  #tailCost = 0;
  /** The bytes of what waits in the tail. */
  #ring: ByteRing | null = null;

  /** Between head and tail, and whether it grew since the last take. */
  #hole: { readonly from: number; to: number } | null = null;
  #holeGrew = false;
  #takenAt = 0;
  #dropped = 0;

  constructor(
    run: string,
    attempt: number,
    clock: Clock,
    onWaiting: OnWaiting,
    limits: CaptureLimits = CAPTURE_LIMITS,
  ) {
    this.run = run;
    this.attempt = attempt;
    this.#clock = clock;
    this.#onWaiting = onWaiting;
    this.#limits = limits;
    this.#headLeft = limits.headBytes;
  }

  /** What waits to be taken, in bytes, short lines counted for more. */
  get waitingCost(): number {
    return sum(this.#head, "cost") + sum(this.#tail, "cost");
  }

  write(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    if (this.#state === "ended") return;
    this.#bytes += chunk.length;
    this.#hear(stream).push(chunk);
    this.#announce();
  }

  /** A text of several lines stays several lines, the fields with the first. */
  log(line: Omit<LogLine, "at" | "attempt">): void {
    if (this.#state === "ended") return;
    const at = this.#clock.now();
    const { stream, level } = line;
    let { text, fields } = line;
    if (fields !== null && fields.length > LINE_MAX) {
      const size = Buffer.byteLength(fields);
      text = `${text} ${droppedFieldsText(size)}`;
      fields = null;
      this.#bytes += size;
      this.#dropped += size;
    }
    const splitter = new LineSplitter((bytes, count) => {
      const size = bytes.length + (fields === null ? 0 : Buffer.byteLength(fields));
      this.#bytes += size;
      this.#add({ at, stream, level, fields, bytes }, count, size);
      fields = null;
    });
    splitter.push(Buffer.from(text === "" ? "\n" : text));
    splitter.end();
    this.#announce();
  }

  /** No more will come. @returns what was said, and what of it is not kept, in bytes. */
  end(): { readonly bytes: number; readonly dropped: number } {
    if (this.#state === "open") {
      for (const { splitter } of this.#heard()) splitter.end();
      this.#state = "ended";
      if (this.#announced) this.#onWaiting(this, "now");
    }
    return { bytes: this.#bytes, dropped: this.#dropped };
  }

  /**
   * Whether it is worth taking what waits: of a flood each take decodes a whole tail, most of which
   * the next one throws away again, so it is shown less often.
   */
  get ripe(): boolean {
    return !this.#holeGrew || this.#clock.monotonic() >= this.#takenAt + FLOOD_EVERY_MS;
  }

  /** What is to be written now. A later `forget` begins and ends where one of the batches does. */
  take(): LogBatch[] {
    this.#takenAt = this.#clock.monotonic();
    this.#flushSilent();
    const batches = packed(this.#head).map((pieces) => this.#batch(pieces));
    if (this.#hole !== null && this.#holeGrew) batches.push(this.#marker(this.#hole));
    for (const pieces of packed(this.#tail)) {
      batches.push(this.#batch(pieces));
      remember(this.#written, joined(pieces));
    }
    this.#head = [];
    this.#tail = [];
    this.#ring?.clear();
    this.#holeGrew = false;
    this.#announced = false;
    if (this.#heard().some(({ splitter }) => splitter.open)) this.#announce();
    return batches;
  }

  #hear(name: "stdout" | "stderr"): LineSplitter {
    const heardAt = this.#clock.monotonic();
    let stream = this.#streams[name];
    if (stream === undefined) {
      const splitter = new LineSplitter((bytes, count) => {
        const at = this.#clock.now();
        this.#add({ at, stream: name, level: null, fields: null, bytes }, count, bytes.length);
      });
      stream = { splitter, heardAt };
      this.#streams[name] = stream;
    }
    stream.heardAt = heardAt;
    return stream.splitter;
  }

  #heard(): readonly Stream[] {
    return Object.values(this.#streams);
  }

  #flushSilent(): void {
    const before = this.#clock.monotonic() - this.#limits.silenceMs;
    for (const { splitter, heardAt } of this.#heard()) {
      if (heardAt <= before) splitter.flush();
    }
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#onWaiting(this, "soon");
  }

  #add(raw: RawLines, count: number, bytes: number): void {
    const cost = Math.max(bytes, count * LINE_COST);
    const piece = { first: this.#nextLine, count, bytes, cost };
    this.#nextLine += count;
    if (cost <= this.#headLeft) {
      this.#headLeft -= cost;
      this.#head.push({ ...piece, raw: { ...raw, bytes: Buffer.from(raw.bytes) } });
      return;
    }
    const { tailBytes } = this.#limits;
    this.#headLeft = 0;
    this.#ring ??= new ByteRing(tailBytes, STRETCH_MAX);
    this.#tail.push({ ...piece, raw: { ...raw, bytes: this.#ring.add(raw.bytes) } });
    this.#tailCost += cost;
    while (this.#tailCost > tailBytes) this.#dropOldest();
  }

  #dropOldest(): void {
    const oldest = this.#written.shift() ?? this.#tail.shift();
    if (oldest === undefined) return;
    this.#tailCost -= oldest.cost;
    this.#dropped += oldest.bytes;
    this.#hole ??= { from: oldest.first, to: oldest.first };
    this.#hole.to = oldest.first + oldest.count;
    this.#holeGrew = true;
  }

  /** In the place of the last line that was dropped, so that the next marker replaces it. */
  #marker({ from, to }: { readonly from: number; readonly to: number }): LogBatch {
    const { run, attempt } = this;
    const at = this.#clock.now();
    const text = droppedText(this.#dropped, to - from);
    const line: LogLine = { at, attempt, stream: "log", level: "warn", text, fields: null };
    return { run, attempt, firstLine: to - 1, lines: [line], forget: { from, to } };
  }

  #batch(pieces: readonly Piece[]): LogBatch {
    const { run, attempt } = this;
    const lines = pieces.flatMap((piece) => readLines(piece.raw, attempt));
    return { run, attempt, firstLine: joined(pieces).first, lines, forget: null };
  }
}

/** Pieces in groups that are each large enough for a write and small enough for a read. */
function packed(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = [];
  let room = 0;
  for (const piece of pieces) {
    const group = groups.at(-1);
    if (group === undefined || piece.cost > room) {
      groups.push([piece]);
      room = BATCH_COST - piece.cost;
    } else {
      group.push(piece);
      room -= piece.cost;
    }
  }
  return groups;
}

/** Joins a short stretch to the one before, so that a trickle of lines is no long list. */
function remember(stretches: Stretch[], stretch: Stretch): void {
  const last = stretches.at(-1);
  if (last === undefined || last.cost + stretch.cost > BATCH_COST) stretches.push(stretch);
  else stretches[stretches.length - 1] = joined([last, stretch]);
}

function joined(stretches: readonly Stretch[]): Stretch {
  return {
    first: stretches[0]?.first ?? 0,
    count: sum(stretches, "count"),
    bytes: sum(stretches, "bytes"),
    cost: sum(stretches, "cost"),
  };
}

function sum(stretches: readonly Stretch[], figure: "count" | "bytes" | "cost"): number {
  return stretches.reduce((total, stretch) => total + stretch[figure], 0);
}

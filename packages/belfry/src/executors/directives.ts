const PREFIX = "::belfry ";
const PREFIX_BYTES: Buffer = Buffer.from(PREFIX);
const NEWLINE = 0x0a;

/** A longer line is output that happens to begin like a directive. */
export const DIRECTIVE_BYTES_MAX: number = 16 * 1024;

/** What a line `::belfry …` on a command's stdout says to us. */
export type Directive =
  | { readonly kind: "report"; readonly figures: Readonly<Record<string, string | number>> }
  | {
      readonly kind: "progress";
      readonly done: number;
      readonly total: number | null;
      readonly unit: string | null;
    }
  | { readonly kind: "unknown"; readonly text: string };

export interface DirectiveSink {
  /** Output that is none of ours; valid only during the call. */
  output(chunk: Uint8Array): void;
  directive(directive: Directive): void;
}

/**
 * Takes directives out of a stream of output, in order, whatever the borders of its chunks. Holds
 * back nothing but the beginning of a line that may become a directive, 16 KiB at most.
 */
export class DirectiveFilter {
  readonly #sink: DirectiveSink;
  #held: Buffer = Buffer.alloc(0);
  #atLineStart = true;

  constructor(sink: DirectiveSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    let from = 0;
    while (from < data.length) {
      const candidate = this.#candidate(data, from);
      this.#forward(
        from === 0 && candidate === data.length ? data : data.subarray(from, candidate),
      );
      if (candidate === data.length) return;
      const end = data.indexOf(NEWLINE, candidate);
      if (end === -1) {
        this.#hold(data.subarray(candidate));
        return;
      }
      if (end - candidate > DIRECTIVE_BYTES_MAX) this.#forward(data.subarray(candidate, end + 1));
      else this.#take(data.subarray(candidate, end));
      from = end + 1;
    }
  }

  /** The stream is over: what was held is a directive without its newline, or output. */
  end(): void {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    if (held.length >= PREFIX_BYTES.length) this.#take(held);
    else this.#forward(held);
  }

  /** Where the next line starts that is, or as far as it goes may be, a directive. */
  #candidate(data: Buffer, from: number): number {
    if (this.#atLineStart && mayBeDirective(data, from)) return from;
    let found = data.indexOf(PREFIX_BYTES, from + 1);
    while (found !== -1 && data[found - 1] !== NEWLINE) {
      found = data.indexOf(PREFIX_BYTES, found + 1);
    }
    if (found !== -1) return found;
    const lastLine = data.lastIndexOf(NEWLINE) + 1;
    return lastLine > from && mayBeDirective(data, lastLine) ? lastLine : data.length;
  }

  #forward(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#atLineStart = chunk[chunk.length - 1] === NEWLINE;
    this.#sink.output(chunk);
  }

  #hold(beginning: Buffer): void {
    if (beginning.length > DIRECTIVE_BYTES_MAX) this.#forward(beginning);
    else this.#held = Buffer.from(beginning);
  }

  #take(line: Buffer): void {
    this.#atLineStart = true;
    this.#sink.directive(parseDirective(line.toString("utf8", PREFIX_BYTES.length)));
  }
}

function mayBeDirective(data: Buffer, from: number): boolean {
  const length = Math.min(PREFIX_BYTES.length, data.length - from);
  return data.compare(PREFIX_BYTES, 0, length, from, from + length) === 0;
}

/** @param text what stands after `::belfry `. */
export function parseDirective(text: string): Directive {
  const [, verb, rest = ""] = /^(\S*)\s*(.*?)\s*$/s.exec(text) ?? [];
  if (verb === "report") return parseReport(rest) ?? { kind: "unknown", text };
  if (verb === "progress") return parseProgress(rest) ?? { kind: "unknown", text };
  return { kind: "unknown", text: text.trimEnd() };
}

/** `rows=1234 file="a b.csv"`: numbers where they are numbers, else text. */
function parseReport(text: string): Directive | null {
  const figures = Array.from(
    text.matchAll(/([^\s=]+)=("[^"]*"|\S*)/g),
    ([, name = "", value = ""]): [string, string | number] => [name, figure(value)],
  );
  return figures.length === 0 ? null : { kind: "report", figures: Object.fromEntries(figures) };
}

function figure(text: string): string | number {
  if (/^".*"$/s.test(text)) return text.slice(1, -1);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

/** `30/100 files`, `30 files`, `30`. */
function parseProgress(text: string): Directive | null {
  const match = /^(\d+(?:\.\d+)?)(?:\/(\d+(?:\.\d+)?))?(?:\s+(.+))?$/.exec(text);
  if (match === null) return null;
  const [, done, total, unit] = match;
  return {
    kind: "progress",
    done: Number(done),
    total: total === undefined ? null : Number(total),
    unit: unit ?? null,
  };
}

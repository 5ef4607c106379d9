import type { ErrorRecord } from "./errors.ts";
import { formsOf, SECRET_LENGTH_MIN } from "./secret-forms.ts";

/** Bytes to hide, `end` exclusive. `label` null: what hides them was printed before. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly label: string | null;
}

export interface Found {
  /** In order, none touching another. */
  readonly spans: readonly Span[];
  /** From here on it may be the beginning of a secret; the length where it is not. */
  readonly openFrom: number;
}

interface Form {
  readonly bytes: Buffer;
  readonly label: string;
}

/** So many bytes at the beginning of a form are looked up at once. */
const WORD = 4;

/**
 * Knows the values of secrets, and takes them out of whatever is kept or shown: by value, wherever
 * they come from. Whatever enters is given to it once, where it enters, so that nothing behind that
 * has to know. Where no secret is known it costs a look at a field.
 */
export class Redactor {
  readonly #known = new Set<string>();
  /** Forms by their first four bytes. */
  readonly #forms = new Map<number, Form[]>();
  /** By a hash of four bytes, whether any form may begin so: nearly all text is passed over by it. */
  readonly #filter = new Uint8Array(1 << 16);
  /** What a form begins with, shorter than four bytes. */
  readonly #beginnings = new Set<string>();

  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  /** Hides this value from now on; `short`: it cannot, as ordinary text would be hidden too. */
  know(name: string, value: string): "hidden" | "short" {
    if (value.trim().length < SECRET_LENGTH_MIN) return "short";
    if (this.#known.has(value)) return "hidden";
    this.#known.add(value);
    const label = /^[\w.-]+$/.test(name) ? `[secret ${name}]` : "[secret]";
    for (const form of formsOf(value)) this.#add({ bytes: Buffer.from(form), label });
    return "hidden";
  }

  text(text: string): string {
    if (this.isEmpty) return text;
    const bytes = Buffer.from(text);
    const { spans } = this.find(bytes);
    if (spans.length === 0) return text;
    return Buffer.concat(visible(bytes, spans)).toString();
  }

  /** JSON text that stays JSON: a secret is hidden in its texts, keys and numbers. */
  json(json: string): string {
    if (this.text(json) === json) return json;
    return JSON.stringify(this.#value(JSON.parse(json)));
  }

  error({ message, code, stack }: ErrorRecord): ErrorRecord {
    return {
      message: this.text(message),
      code: code === null ? null : this.text(code),
      stack: stack === null ? null : this.text(stack),
    };
  }

  /** What was thrown; another error in its place where it would give something away. */
  thrown(thrown: unknown): unknown {
    if (this.isEmpty) return thrown;
    if (!(thrown instanceof Error)) {
      const said = String(thrown);
      const text = this.text(said);
      return text === said ? thrown : text;
    }
    const message = this.text(thrown.message);
    const stack = this.text(thrown.stack ?? "");
    if (message === thrown.message && stack === (thrown.stack ?? "")) return thrown;
    return Object.assign(new Error(message), { stack });
  }

  /** Every occurrence of every form, those that overlap as one. */
  find(data: Buffer): Found {
    const { length } = data;
    const spans: Span[] = [];
    let openFrom = length;
    let word = 0;
    for (let index = 0; index < length; index += 1) {
      word = (word << 8) | (data[index] ?? 0);
      const start = index - WORD + 1;
      if (start < 0 || this.#filter[slotOf(word)] === 0) continue;
      for (const { bytes, label } of this.#forms.get(word) ?? []) {
        const end = start + bytes.length;
        const there = Math.min(end, length);
        if (data.compare(bytes, 0, there - start, start, there) !== 0) continue;
        if (end <= length) addSpan(spans, { start, end, label });
        else openFrom = Math.min(openFrom, start);
      }
    }
    for (let start = Math.max(0, length - WORD + 1); start < openFrom; start += 1) {
      if (this.#beginnings.has(data.toString("latin1", start))) openFrom = start;
    }
    return { spans, openFrom };
  }

  #add(form: Form): void {
    const { bytes } = form;
    const word = bytes.readInt32BE(0);
    const forms = this.#forms.get(word);
    if (forms === undefined) this.#forms.set(word, [form]);
    else forms.push(form);
    this.#filter[slotOf(word)] = 1;
    for (let end = 1; end < WORD; end += 1) {
      this.#beginnings.add(bytes.toString("latin1", 0, end));
    }
  }

  #value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") {
      const text = String(value);
      const shown = this.text(text);
      return shown === text ? value : shown;
    }
    if (Array.isArray(value)) return value.map((item) => this.#value(item));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [this.text(key), this.#value(item)]));
  }
}

/** What may be shown of some bytes, a label in the place of each span. */
export function visible(data: Buffer, spans: readonly Span[]): Buffer[] {
  const pieces: Buffer[] = [];
  let shown = 0;
  for (const { start, end, label } of spans) {
    if (start > shown) pieces.push(data.subarray(shown, start));
    if (label !== null) pieces.push(Buffer.from(label));
    shown = end;
  }
  if (shown < data.length) pieces.push(data.subarray(shown));
  return pieces;
}

/** Spans come in the order of their starts. */
export function addSpan(spans: Span[], span: Span): void {
  const last = spans.at(-1);
  if (last === undefined || span.start >= last.end) spans.push(span);
  else if (span.end > last.end) spans[spans.length - 1] = { ...last, end: span.end };
}

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 16;
}

import { RedactedStream } from "../core/redacted-stream.ts";
import type { Redactor } from "../core/redactor.ts";
import type { LogLine } from "../log.ts";

/** Where an attempt's output goes. */
export interface Output {
  write(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  log(line: Omit<LogLine, "at" | "attempt">): void;
  /** No more will come: what was said and what of it was not kept, in bytes. */
  end(): { readonly bytes: number; readonly dropped: number };
}

/** How much of the end of stderr is kept for the message of a failure. */
const ERROR_TAIL_BYTES = 4 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * What an attempt says, on its way to where it is kept. Secrets are taken out here, before anything
 * is cut: what is cut through the middle of a secret would show half of it.
 */
export class AttemptOutput implements Output {
  readonly #output: Output;
  readonly #redactor: Redactor;
  readonly #streams: Partial<Record<"stdout" | "stderr", RedactedStream>> = {};
  #errorTail: Buffer = NOTHING;

  constructor(output: Output, redactor: Redactor) {
    this.#output = output;
    this.#redactor = redactor;
  }

  write(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    this.#streams[stream] ??= new RedactedStream(this.#redactor, (shown) =>
      this.#pass(stream, shown),
    );
    this.#streams[stream].push(chunk);
  }

  log(line: Omit<LogLine, "at" | "attempt">): void {
    const { text, fields } = line;
    this.#output.log({
      ...line,
      text: this.#redactor.text(text),
      fields: fields === null ? null : this.#redactor.json(fields),
    });
  }

  end(): { readonly bytes: number; readonly dropped: number } {
    this.#streams.stdout?.end();
    this.#streams.stderr?.end();
    return this.#output.end();
  }

  /** The last of what was written to stderr. */
  errorTail(): string {
    this.#streams.stderr?.end();
    return this.#errorTail.toString();
  }

  #pass(stream: "stdout" | "stderr", shown: Uint8Array): void {
    this.#output.write(stream, shown);
    if (stream === "stdout") return;
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    const kept = shown.length >= ERROR_TAIL_BYTES ? [shown] : [this.#errorTail, shown];
    this.#errorTail = Buffer.from(Buffer.concat(kept).subarray(-ERROR_TAIL_BYTES));
  }
}

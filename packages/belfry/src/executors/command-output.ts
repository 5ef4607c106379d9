import type { AttemptServices } from "../executor.ts";
import { type Directive, DirectiveFilter } from "./directives.ts";
import { warnOf } from "./function-context.ts";

/** How much of the end of stderr is kept for the message of a failure. */
const ERROR_TAIL_BYTES = 4 * 1024;

/** The output of one command on its way to the run's log, its directives carried out. */
export class CommandOutput {
  readonly #services: AttemptServices;
  readonly #filter: DirectiveFilter;
  #errorTail: Buffer = Buffer.alloc(0);

  constructor(services: AttemptServices) {
    this.#services = services;
    this.#filter = new DirectiveFilter({
      output: (chunk) => services.output("stdout", chunk),
      directive: (directive) => this.#obey(directive),
    });
  }

  write(stream: "stdout" | "stderr", chunk: Buffer): void {
    if (stream === "stdout") {
      this.#filter.push(chunk);
      return;
    }
    this.#services.output("stderr", chunk);
    // A copy, so that a few bytes do not keep a whole chunk in memory.
    const kept = chunk.length >= ERROR_TAIL_BYTES ? [chunk] : [this.#errorTail, chunk];
    this.#errorTail = Buffer.from(Buffer.concat(kept).subarray(-ERROR_TAIL_BYTES));
  }

  end(): void {
    this.#filter.end();
  }

  /** The last of what was written to stderr. */
  get errorTail(): string {
    return this.#errorTail.toString();
  }

  #obey(directive: Directive): void {
    switch (directive.kind) {
      case "report":
        this.#services.report(directive.figures);
        return;
      case "progress":
        this.#services.progress(directive.done, directive.total, directive.unit);
        return;
      case "unknown":
        warnOf(this.#services, `not understood: ::belfry ${directive.text}`);
    }
  }
}

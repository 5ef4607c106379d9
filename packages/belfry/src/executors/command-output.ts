import type { AttemptServices } from "../executor.ts";
import { type Directive, DirectiveFilter } from "./directives.ts";
import { warnOf } from "./function-context.ts";

/** The output of one command on its way to the run's log, its directives carried out. */
export class CommandOutput {
  readonly #services: AttemptServices;
  readonly #filter: DirectiveFilter;

  constructor(services: AttemptServices) {
    this.#services = services;
    this.#filter = new DirectiveFilter({
      output: (chunk) => services.output("stdout", chunk),
      directive: (directive) => this.#obey(directive),
    });
  }

  write(stream: "stdout" | "stderr", chunk: Buffer): void {
    if (stream === "stdout") this.#filter.push(chunk);
    else this.#services.output("stderr", chunk);
  }

  end(): void {
    this.#filter.end();
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

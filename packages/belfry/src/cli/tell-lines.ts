import type { LogLine } from "../log.ts";
import { jsonValue } from "../views/json-text.ts";
import type { Output } from "./io.ts";
import type { Session } from "./session.ts";
import { plainOutput } from "./terminal/escape.ts";
import type { Style } from "./terminal/style.ts";

/** Writes a run's output as it was: its stdout and its log to stdout, its stderr to stderr. */
export class LineTeller {
  readonly #session: Session;
  readonly #allToStderr: boolean;
  #attempt: number | null = null;

  /** @param allToStderr where stdout is for something else. */
  constructor(session: Session, allToStderr = false) {
    this.#session = session;
    this.#allToStderr = allToStderr;
  }

  tell(lines: readonly LogLine[]): void {
    for (const line of lines) this.#tellLine(line);
  }

  #tellLine(line: LogLine): void {
    const { io, out, err } = this.#session;
    if (this.#attempt !== null && this.#attempt !== line.attempt) {
      this.#session.say(err.dim(`── attempt ${line.attempt} ──`));
    }
    this.#attempt = line.attempt;
    const toStderr = this.#allToStderr || line.stream === "stderr";
    const style = toStderr ? err : out;
    const output = toStderr ? io.stderr : io.stdout;
    output.write(
      `${line.stream === "log" ? logText(line, output, style) : shown(line.text, output, style)}\n`,
    );
  }
}

function logText(line: LogLine, output: Output, style: Style): string {
  const level = (line.level ?? "info").padEnd(5);
  const head = line.level === "error" ? style.bad(level) : style.dim(level);
  const text = `${head} ${shown(line.text, output, style)}`;
  const fields = fieldsText(jsonValue(line.fields));
  return fields === "" ? text : `${text} ${style.dim(shown(fields, output, style))}`;
}

function fieldsText(fields: unknown): string {
  if (typeof fields !== "object" || fields === null) return "";
  return Object.entries(fields)
    .map(([name, value]: [string, unknown]) => {
      const bare = typeof value === "string" && /^[\w.:/@+-]+$/.test(value);
      return `${name}=${bare ? value : JSON.stringify(value)}`;
    })
    .join(" ");
}

/** Bytes go to files and programs as they came; a terminal gets nothing that it would obey. */
function shown(text: string, output: Output, style: Style): string {
  return output.isTTY ? plainOutput(text, style.colours) : text;
}

import type { Config } from "../define/config.ts";
import type { VerbContext } from "../verbs/context.ts";
import type { Given } from "./command.ts";
import type { Io } from "./io.ts";
import { plain } from "./terminal/escape.ts";
import { Style, wantsColours } from "./terminal/style.ts";
import { type Column, formatTable, type Row } from "./terminal/table.ts";

/**
 * What a verb works with: how to answer and to talk, and, opened when first asked for, the
 * configuration and the state. Task files are loaded by nothing here.
 */
export class Session {
  readonly io: Io;
  readonly json: boolean;
  readonly quiet: boolean;
  /** For what goes to stdout. */
  readonly out: Style;
  /** For what goes to stderr. */
  readonly err: Style;
  readonly #values: Given["values"];
  #config: Promise<Config> | null = null;
  #opened: Promise<{ context: VerbContext; close(): Promise<void> }> | null = null;

  constructor(io: Io, values: Given["values"]) {
    this.io = io;
    this.#values = values;
    this.json = values["json"] === true;
    this.quiet = values["quiet"] === true;
    const refused = values["no-color"] === true;
    this.out = new Style(wantsColours({ isTTY: io.stdout.isTTY, env: io.env, refused }));
    this.err = new Style(wantsColours({ isTTY: io.stderr.isTTY, env: io.env, refused }));
  }

  /** @throws BelfryError with all that is wrong with it. */
  config(): Promise<Config> {
    this.#config ??= this.readConfig();
    return this.#config;
  }

  /** As it is written now, where it may have been edited. @throws BelfryError as `config`. */
  async readConfig(): Promise<Config> {
    const { resolveConfig } = await import("../define/config.ts");
    const { io } = this;
    return await resolveConfig({
      cwd: io.cwd,
      environment: io.env,
      flags: { config: this.#text("config"), store: this.#text("store") },
    });
  }

  /** The state, as operators change and read it. @throws BelfryError `no-store`, or as the store. */
  async context(): Promise<VerbContext> {
    this.#opened ??= this.#open();
    return (await this.#opened).context;
  }

  async close(): Promise<void> {
    try {
      await (await this.#opened)?.close();
    } catch {
      // What could not be opened was told before, and needs no closing.
    }
  }

  /** One line, or several, of the answer. */
  print(...lines: readonly string[]): void {
    for (const line of lines) this.io.stdout.write(`${line}\n`);
  }

  /** The answer as one JSON document. */
  document(value: unknown): void {
    this.print(this.jsonText(value, 2));
  }

  /** JSON that is harmless at a terminal too: C1 controls are escaped as C0 ones always are. */
  jsonText(value: unknown, indent?: number): string {
    return JSON.stringify(value, null, indent).replace(
      /[\u007f-\u009f]/g,
      (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
    );
  }

  /** Talk beside the answer, unless it was asked to be quiet. */
  say(...lines: readonly string[]): void {
    if (this.quiet) return;
    for (const line of lines) this.io.stderr.write(`${line}\n`);
  }

  table(columns: readonly Column[], rows: readonly Row[]): void {
    const width = this.io.stdout.isTTY ? this.io.stdout.columns : null;
    this.print(...formatTable(columns, rows, this.out, width));
  }

  /** Names and values under each other; what has no value is left out. */
  fields(fields: readonly (readonly [name: string, value: string | null])[]): void {
    const told = fields.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
    const room = Math.max(...told.map(({ name }) => name.length));
    for (const { name, value } of told) {
      this.print(`${this.out.dim(plain(name).padEnd(room))}  ${plain(value)}`);
    }
  }

  #text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  async #open(): Promise<{ context: VerbContext; close(): Promise<void> }> {
    const config = await this.config();
    const { openSession } = await import("../main.ts");
    return await openSession(config);
  }
}

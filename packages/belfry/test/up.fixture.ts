import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./program.fixture.ts";

export const BELFRY: string = join(ROOT, "packages/belfry/bin/belfry.js");

/** A line that `belfry up --json` printed. */
export interface UpLine {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

const WITHIN_MS = 20_000;

/** `belfry up --json` as a process, and all that it tells. */
export class Up implements AsyncDisposable {
  readonly lines: UpLine[] = [];
  readonly stderr: string[] = [];
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  #wake: () => void = () => {};
  /** Lines that were waited for: the next wait begins after them. */
  #read = 0;

  constructor(
    folder: string,
    args: readonly string[] = [],
    how: { readonly env?: NodeJS.ProcessEnv; readonly flags?: readonly string[] } = {},
  ) {
    const { env = {}, flags = [] } = how;
    this.#process = spawn(process.execPath, [...flags, BELFRY, "up", "--json", ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#closed = once(this.#process, "close");
    const { stdout, stderr } = this.#process;
    if (stdout === null || stderr === null) throw new Error("it has no output");
    createInterface({ input: stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line));
      this.#wake();
    });
    stderr.on("data", (chunk) => this.stderr.push(String(chunk)));
    void this.#closed.then(() => this.#wake());
  }

  /** The next line, after those that were waited for before, that is so. */
  async next(isSo: (line: UpLine) => boolean): Promise<UpLine> {
    const deadline = Date.now() + WITHIN_MS;
    for (;;) {
      const index = this.lines.findIndex((line, at) => at >= this.#read && isSo(line));
      const found = this.lines[index];
      if (found !== undefined) {
        this.#read = index + 1;
        return found;
      }
      const leftMs = deadline - Date.now();
      if (leftMs <= 0 || this.#process.exitCode !== null) {
        const said = this.lines.slice(this.#read).map((line) => JSON.stringify(line));
        throw new Error([`not told: ${isSo}`, ...said, ...this.stderr].join("\n"));
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Asks it to stop. @returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) this.#process.kill("SIGTERM");
    await this.#closed;
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) this.#process.kill("SIGKILL");
    await this.#closed;
  }
}

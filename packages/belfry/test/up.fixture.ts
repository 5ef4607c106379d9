import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "./program.fixture.ts";
import { until } from "./world.ts";

export const BELFRY: string = join(ROOT, "packages/belfry/bin/belfry.js");

/** A line that `belfry up --json` printed. */
export interface UpLine {
  readonly at: string;
  readonly level: string;
  readonly event: string;
  readonly task?: string;
  readonly tasks?: readonly string[];
  readonly state?: string;
  readonly line?: number | null;
  readonly message?: string;
  readonly [field: string]: unknown;
}

const WITHIN_MS = 20_000;

/**
 * `belfry up --json` as a process, and all that it tells. It opens no port and mails nobody unless
 * told: the one may be taken, and a host may have a sendmail.
 */
export class Up implements AsyncDisposable {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown>;
  /** Lines that were waited for by `next`: its next wait begins after them. */
  #read = 0;

  constructor(
    folder: string,
    args: readonly string[] = [],
    how: { readonly env?: NodeJS.ProcessEnv; readonly flags?: readonly string[] } = {},
  ) {
    const { env = {}, flags = [] } = how;
    this.child = spawn(process.execPath, [...flags, BELFRY, "up", "--json", ...args], {
      cwd: folder,
      env: { ...process.env, BELFRY_HTTP: "off", BELFRY_SENDMAIL: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#closed = once(this.child, "close");
    this.child.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
  }

  /** All that it said, on both. */
  told(): string {
    return this.stdout + this.stderr;
  }

  get lines(): UpLine[] {
    const whole = this.stdout.split("\n").slice(0, -1);
    return whole.map((line) => JSON.parse(line));
  }

  /** The first line that is so, told already or to come. */
  said(isSo: (line: UpLine) => boolean): Promise<UpLine> {
    return this.#find(0, isSo);
  }

  /** The next line that is so, after those that `next` has found before. */
  async next(isSo: (line: UpLine) => boolean): Promise<UpLine> {
    const found = await this.#find(this.#read, isSo);
    this.#read = this.lines.findIndex((line, at) => at >= this.#read && isSo(line)) + 1;
    return found;
  }

  /** What GET of a path of its port answers. */
  async get(path: string, accept = "*/*"): Promise<{ status: number; body: string }> {
    const { http } = await this.said(({ event }) => event === "up");
    const answer = await fetch(`http://${http}${path}`, { headers: { accept } });
    return { status: answer.status, body: await answer.text() };
  }

  /** Asks it to stop. @returns its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) this.child.kill("SIGTERM");
    await this.#closed;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) this.child.kill("SIGKILL");
    await this.#closed;
  }

  async #find(from: number, isSo: (line: UpLine) => boolean): Promise<UpLine> {
    const find = (): UpLine | undefined => this.lines.slice(from).find(isSo);
    const hasEnded = (): boolean => find() !== undefined || this.child.exitCode !== null;
    // What it told instead says more than that it took too long.
    await until(hasEnded, WITHIN_MS).catch(() => {});
    const found = find();
    assert.ok(found !== undefined, `not told: ${isSo}\n${this.told()}`);
    return found;
  }
}

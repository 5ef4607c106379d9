import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { until } from "./world.ts";

const BELFRY = join(import.meta.dirname, "../bin/belfry.js");

/** A line of `up --json`. */
export interface UpLine {
  readonly at: string;
  readonly level: string;
  readonly event: string;
  readonly [key: string]: unknown;
}

/** `belfry up --json` in a folder, as a process. */
export class UpProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(folder: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [BELFRY, "up", "--json", ...args], {
      cwd: folder,
      env: { ...process.env, ...env },
    });
    this.child.stdout?.on("data", (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
  }

  lines(): UpLine[] {
    const whole = this.stdout.split("\n").slice(0, -1);
    return whole.map((line) => JSON.parse(line));
  }

  /** Resolves with the first line that fits. */
  async said(fits: (line: UpLine) => boolean): Promise<UpLine> {
    await until(() => this.lines().some(fits) || this.child.exitCode !== null, 15_000);
    const found = this.lines().find(fits);
    assert.ok(found !== undefined, this.stdout + this.stderr);
    return found;
  }

  /** What GET of a path of its port answers. */
  async get(path: string, accept = "*/*"): Promise<{ status: number; body: string }> {
    const { http } = await this.said(({ event }) => event === "up");
    const answer = await fetch(`http://${http}${path}`, { headers: { accept } });
    return { status: answer.status, body: await answer.text() };
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode === null) {
      this.child.kill("SIGTERM");
      await once(this.child, "exit");
    }
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How a node ends whose store is away when it starts. */
const UNAVAILABLE = 69;

/** One `belfry up` of a soak, whose events are counted. */
export class SoakNode {
  readonly name: string;
  readonly counts: Map<string, number> = new Map();
  readonly troubles: Map<string, number> = new Map();
  readonly #environment: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;

  constructor(name: string, environment: NodeJS.ProcessEnv) {
    this.name = name;
    this.#environment = environment;
  }

  start(): void {
    const root = join(import.meta.dirname, "..");
    const words = ["up", "--config", join(import.meta.dirname, "belfry.config.ts")];
    const child = spawn(process.execPath, [join(root, "packages/belfry/bin/belfry.js"), ...words], {
      env: { ...process.env, ...this.#environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    // As whoever supervises it does: it does not start while its store is away.
    child.once("exit", (code) => {
      if (code === UNAVAILABLE && this.#child === child) this.start();
    });
    if (child.stdout !== null) {
      createInterface(child.stdout).on("line", (line) => this.#hear(JSON.parse(line)));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends the process, and says how it ended. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  /** The process ended although nobody ended it. */
  get fell(): boolean {
    const child = this.#child;
    return child !== null && (child.exitCode !== null || child.signalCode !== null);
  }

  /** Resident memory, MiB, or null where it does not run. */
  memory(): number | null {
    try {
      const status = readFileSync(`/proc/${this.#child?.pid}/status`, "utf8");
      const kib = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
      return kib === undefined ? null : Number(kib) / 1_024;
    } catch {
      return null;
    }
  }

  #hear({ event, state, service }: Readonly<Record<string, string | undefined>>): void {
    const what = event === "ended" ? `ended ${state}` : (event ?? "?");
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    if (event === "trouble" && service !== undefined) {
      this.troubles.set(service, (this.troubles.get(service) ?? 0) + 1);
    }
  }
}

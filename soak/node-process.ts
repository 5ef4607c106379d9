import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How a node ends whose store is away when it starts. */
const UNAVAILABLE = 69;

/** What a node tells, one line of it. */
export type Told = Readonly<Record<string, unknown>>;

/** One `belfry up` of a soak, whose events are counted. */
export class SoakNode {
  readonly name: string;
  readonly counts: Map<string, number> = new Map();
  readonly troubles: Map<string, number> = new Map();
  readonly #environment: NodeJS.ProcessEnv;
  readonly #config: string;
  readonly #hear: (told: Told) => void;
  #child: ChildProcess | null = null;

  /**
   * @param config its path within this folder.
   * @param hear told of each line.
   */
  constructor(
    name: string,
    environment: NodeJS.ProcessEnv,
    config = "belfry.config.ts",
    hear: (told: Told) => void = () => {},
  ) {
    this.name = name;
    this.#environment = environment;
    this.#config = config;
    this.#hear = hear;
  }

  /** Null: it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    const root = join(import.meta.dirname, "..");
    const words = ["up", "--config", join(import.meta.dirname, this.#config)];
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
      createInterface(child.stdout).on("line", (line) => this.#count(JSON.parse(line)));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Ends the process, and says how it ended. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
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

  #count(told: Readonly<Record<string, string | undefined>>): void {
    this.#hear(told);
    const { event, state, service } = told;
    const what = event === "ended" ? `ended ${state}` : (event ?? "?");
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    if (event === "trouble" && service !== undefined) {
      this.troubles.set(service, (this.troubles.get(service) ?? 0) + 1);
    }
  }
}

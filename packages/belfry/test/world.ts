import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock, systemEntropy } from "../src/clocks/system.ts";
import type { RunFilter, RunRow } from "../src/records.ts";
import { SqliteLogs } from "../src/stores/sqlite/logs.ts";
import { SqliteStore } from "../src/stores/sqlite/store.ts";
import type { VerbContext } from "../src/verbs/context.ts";
import { trigger } from "../src/verbs/trigger.ts";
import type { NodeArguments } from "./node.fixture.ts";

/** A line of a fixture node: an event of the engine. */
export interface Said {
  readonly at: number;
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A folder with one store, an effects file, and any number of nodes as processes. */
export class World implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "belfry-"));
  readonly store: string = join(this.folder, "belfry.db");
  readonly effectsFile: string = join(this.folder, "effects");
  readonly #nodes: NodeProcess[] = [];

  constructor() {
    writeFileSync(this.effectsFile, "");
  }

  /** Starts a node; resolves when it works. */
  async node(
    scene: NodeArguments["scene"],
    more: Partial<NodeArguments> = {},
  ): Promise<NodeProcess> {
    const { store, effectsFile: effects } = this;
    const node = new NodeProcess({ store, effects, scene, ...more });
    this.#nodes.push(node);
    await node.said((event) => event.kind === "started");
    return node;
  }

  /** Opens the store beside the nodes, as an operator does, for one piece of work. */
  async operate<T>(work: (context: VerbContext) => Promise<T>): Promise<T> {
    const store = new SqliteStore(this.store);
    const logs = new SqliteLogs(this.folder);
    const context = { store, logs, clock: systemClock, entropy: systemEntropy, by: "test" };
    try {
      return await work({ ...context, retentionMs: 86_400_000 });
    } finally {
      await logs.close();
      await store.close();
    }
  }

  /** Makes runs by hand. @returns their ids. */
  trigger(task: string, times = 1): Promise<string[]> {
    const options = { payload: null, at: null, idempotencyKey: null, force: false };
    return this.operate(async (context) => {
      const ids: string[] = [];
      for (let made = 0; made < times; made++) {
        ids.push((await trigger(context, task, options)).run.id);
      }
      return ids;
    });
  }

  runs(filter: Partial<RunFilter> = {}): Promise<readonly RunRow[]> {
    return this.operate(({ store }) => store.runs({ limit: 1_000_000, ...filter }));
  }

  /** What the tasks witnessed themselves, line by line, as words. */
  effects(): string[][] {
    const lines = readFileSync(this.effectsFile, "utf8").split("\n");
    return lines.filter((line) => line !== "").map((line) => line.split(" "));
  }

  /** Processes of this machine that carry a mark of this world's runs in their environment. */
  survivors(): number[] {
    const mark = `EFFECTS=${this.effectsFile}`;
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => environmentOf(pid).split("\0").includes(mark))
      .map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.kill()));
    await until(() => this.survivors().length === 0, 10_000);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class NodeProcess {
  readonly child: ChildProcess;
  readonly events: Said[] = [];
  readonly errors: string[] = [];
  readonly #exited: Promise<number | null>;
  #listeners: (() => void)[] = [];

  constructor(args: NodeArguments) {
    const file = join(import.meta.dirname, "node.fixture.ts");
    this.child = spawn(process.execPath, [file, JSON.stringify(args)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = new Promise((resolve) => this.child.once("exit", (code) => resolve(code)));
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error("a node has pipes");
    createInterface(stdout).on("line", (line) => {
      this.events.push(JSON.parse(line));
      for (const look of this.#listeners.splice(0)) look();
    });
    createInterface(stderr).on("line", (line) => this.errors.push(line));
  }

  /** Resolves with the first event that fits, past or to come. */
  async said(fits: (event: Said) => boolean, withinMs = 20_000): Promise<Said> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0 || this.child.exitCode !== null) {
        throw new Error(`the node never said it; on stderr: ${this.errors.join("\n")}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 500));
        this.#listeners.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#exited;
  }

  /** Asks it to end in order. */
  async stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return await this.#exited;
  }
}

/** Looks until it holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Belfry, openBelfry } from "belfry";

const CONFIG = join(import.meta.dirname, "belfry.config.ts");
const BELFRY = join(import.meta.dirname, "../packages/belfry/bin/belfry.js");

/** The examples with a store and a folder of their own, run by real nodes: processes of `belfry up`. */
export class ShopUnderTest implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "belfry-shop-"));
  readonly #nodes: ChildProcess[] = [];
  #client: Belfry | null = null;

  constructor() {
    process.env["SHOP_FOLDER"] = this.folder;
  }

  get #store(): string {
    return `sqlite:${join(this.folder, "belfry.db")}`;
  }

  /** Starts a node; resolves when the tasks are known to the store. */
  async node(environment: Record<string, string> = {}): Promise<ChildProcess> {
    const args = [BELFRY, "up", "--config", CONFIG, "--store", this.#store];
    const node = spawn(process.execPath, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...environment, BELFRY_LOG_LEVEL: "error" },
    });
    this.#nodes.push(node);
    const client = await this.client();
    await until(async () => (await client.tasks.list()).length > 0);
    return node;
  }

  /** A client of the store, which runs nothing itself. */
  async client(): Promise<Belfry> {
    this.#client ??= await openBelfry({ store: this.#store });
    return this.#client;
  }

  /** Ends a node as a power cut would. */
  async kill(node: ChildProcess): Promise<void> {
    const gone = once(node, "exit");
    node.kill("SIGKILL");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const alive = this.#nodes.filter(
      ({ exitCode, signalCode }) => (exitCode ?? signalCode) === null,
    );
    await Promise.all(alive.map((node) => this.kill(node)));
    await this.#client?.[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Looks until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 20_000) {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${holds}`);
    await sleep(20);
  }
}

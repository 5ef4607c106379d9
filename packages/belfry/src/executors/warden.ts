import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { beside } from "../beside.ts";
import type { ProcessGroup } from "./processes.ts";

/** A heap this small is enough for it, and there is one for each node. */
const FLAGS: readonly string[] = ["--max-old-space-size=32", "--max-semi-space-size=1"];

/**
 * A process that outlives the node to end what the node's commands leave when it is killed. It
 * watches a pipe: when that closes without a farewell, the node is gone. It is started with the
 * first command, and again with the next one should it ever die itself.
 */
export class Warden {
  readonly #node: string;
  readonly #watched = new Map<number, ProcessGroup>();
  #process: ChildProcess | null = null;

  constructor(node: string) {
    this.#node = node;
  }

  /** To be called before the first command starts, so that none is without a warden. */
  start(): void {
    if (this.#process !== null) return;
    // In a session of its own, and with none of the node's files or variables: it must neither die
    // with the node, nor hold its output open, nor bear the marker of an outer node.
    const program = fileURLToPath(beside(import.meta.url, "warden-process"));
    const child = spawn(process.execPath, [...FLAGS, program, this.#node], {
      cwd: "/",
      detached: true,
      env: {},
      stdio: ["pipe", "ignore", "ignore"],
    });
    const gone = (): void => {
      if (this.#process === child) this.#process = null;
    };
    child.on("exit", gone).on("error", gone);
    child.stdin?.on("error", gone);
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    this.#process = child;
    for (const group of this.#watched.values()) this.#tell(`+${group.id} ${group.startTime ?? ""}`);
  }

  watch(group: ProcessGroup): void {
    this.#watched.set(group.id, group);
    this.#tell(`+${group.id} ${group.startTime ?? ""}`);
  }

  release(group: ProcessGroup): void {
    this.#watched.delete(group.id);
    this.#tell(`-${group.id}`);
  }

  /** Sends it home. While a command still runs it says no farewell, and the warden ends that. */
  async close(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve).once("error", resolve));
    child.ref();
    child.stdin?.end(this.#watched.size === 0 ? "quit\n" : "");
    await ended;
  }

  #tell(line: string): void {
    this.#process?.stdin?.write(`${line}\n`);
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../clock.ts";

export interface ProgramCall {
  /** The program, then its arguments. No shell reads them. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What it wrote, stdout and stderr as they came; of much, the end. */
  readonly output: string;
}

const OUTPUT_BYTES_MAX = 8 * 1024;
/** What a program left behind in the background may hold its output open for so long, ms. */
const DRAIN_MS = 500;

/**
 * Runs a program to its end. When `signal` aborts, it is killed with all of its process group.
 *
 * @throws the system's error where it cannot be started, `signal.reason` where it was killed.
 */
export async function runProgram(
  call: ProgramCall,
  signal: AbortSignal,
  clock: Clock,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = launch(call);
  const output = new Tail();
  child.stdout?.on("data", (chunk: Buffer) => output.add(chunk));
  child.stderr?.on("data", (chunk: Buffer) => output.add(chunk));
  const kill = (): void => killGroup(child);
  signal.addEventListener("abort", kill, { once: true });
  try {
    const end = await ending(child, call.stdin, clock);
    signal.throwIfAborted();
    return { ...end, output: output.text() };
  } finally {
    signal.removeEventListener("abort", kill);
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }
}

function launch({ argv, cwd, env }: ProgramCall): ChildProcess {
  const [file = "", ...parameters] = argv;
  return spawn(file, parameters, { cwd, env, detached: true, stdio: "pipe" });
}

function ending(
  child: ChildProcess,
  stdin: string,
  clock: Clock,
): Promise<Omit<ProgramEnd, "output">> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode, signal) => {
      const withdraw = clock.schedule(clock.now() + DRAIN_MS, () => resolve({ exitCode, signal }));
      child.once("close", () => {
        withdraw();
        resolve({ exitCode, signal });
      });
    });
    // A program need not read what it is given.
    child.stdin?.on("error", () => {}).end(stdin);
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** The last bytes of what came. */
class Tail {
  #kept: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    const all = Buffer.concat([this.#kept, chunk]);
    this.#kept = all.subarray(Math.max(0, all.length - OUTPUT_BYTES_MAX));
  }

  text(): string {
    return this.#kept.toString("utf8");
  }
}

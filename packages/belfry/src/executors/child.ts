import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Clock } from "../clock.ts";
import type { Exit, Program } from "./command-outcome.ts";
import { type Ending, endSurvivors } from "./ending.ts";
import type { OutputPipe, OutputPipes } from "./pipes.ts";
import {
  identify,
  type ProcessGroup,
  type ProcessIdentity,
  sessionMembers,
  signalGroup,
} from "./processes.ts";
import { wait, waitAtMost } from "./wait.ts";

/** However much a survivor writes, the output of a command that has exited ends after this. */
const DRAIN_MAX_MS = 5_000;
/** What survives a command is asked to end, and has this long to heed it. */
const POLITE_MS = 300;
const ENDING_MAX_MS = 5_000;
/** After its last writer was ended, what is left in a pipe takes no longer than this to read. */
const LAST_WORDS_MS = 200;
const ROUND_MS = 50;

export interface ChildOptions {
  readonly program: Program;
  /** For its output; null: Node's own. */
  readonly pipes: OutputPipes | null;
  readonly clock: Clock;
  readonly killGraceMs: number;
  readonly drainGraceMs: number;
  readonly onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Descendants of this very attempt, wherever they have gone. */
  readonly descendants: () => Promise<readonly ProcessIdentity[]>;
}

/**
 * A program in a session of its own, and all that descends from it, until nothing is left of it.
 *
 * It has ended when the program itself has exited: what it started and left behind is given
 * `drainGraceMs` after each piece of output to finish speaking, and is then ended too.
 */
export class Child {
  readonly group: ProcessGroup;
  readonly #options: ChildOptions;
  readonly #process: ChildProcess;
  readonly #output: readonly [Readable | null, Readable | null];
  readonly #exit: Promise<Exit>;
  readonly #silence: Promise<void>;
  #spokeAt: number;
  #killAt: number | null = null;
  #withdrawKill: (() => void) | null = null;

  private constructor(options: ChildOptions, process: ChildProcess, pid: number) {
    this.#options = options;
    this.#process = process;
    const [stdout, stderr] = options.pipes ?? [];
    this.#output = [stdout?.reader ?? process.stdout, stderr?.reader ?? process.stderr];
    this.#spokeAt = options.clock.monotonic();
    // Its exit is not yet reaped, so this is still it.
    this.group = { id: pid, startTime: identify(pid)?.startTime ?? null };
    this.#exit = new Promise((resolve) => {
      process.once("exit", (code, signal) => {
        resolve(signal === null ? { kind: "exited", code: code ?? 0 } : { kind: "killed", signal });
      });
    });
    this.#silence = Promise.all([
      this.#listen("stdout", this.#output[0], stdout),
      this.#listen("stderr", this.#output[1], stderr),
    ]).then(() => {});
  }

  /** @throws the system's error where the program cannot be started. */
  static async start(options: ChildOptions): Promise<Child> {
    const process = launch(options);
    if (process.pid === undefined) {
      for (const pipe of options.pipes ?? []) pipe.reader.destroy();
      throw await new Promise<Error>((resolve) => process.once("error", resolve));
    }
    process.on("error", () => {});
    // A program need not read what it is given.
    process.stdin?.on("error", () => {}).end(options.program.stdin);
    return new Child(options, process, process.pid);
  }

  /** How the program itself ended; the rest may still be under way. */
  get exit(): Promise<Exit> {
    return this.#exit;
  }

  /** Asks all of it to end, and kills what has not after the grace. */
  stop(): void {
    if (this.#killAt !== null) return;
    const { clock, killGraceMs } = this.#options;
    this.#killAt = clock.monotonic() + killGraceMs;
    signalGroup(this.group, "SIGTERM");
    this.#withdrawKill = clock.schedule(clock.now() + killGraceMs, () => {
      signalGroup(this.group, "SIGKILL");
    });
  }

  /** After its exit: reads what is left to read and ends whatever survives. */
  async finish(): Promise<Ending> {
    await this.#drain();
    await this.#heed();
    const ending = await this.#endSurvivors();
    if (ending.found > 0) await waitAtMost(this.#options.clock, LAST_WORDS_MS, this.#silence);
    this.#withdrawKill?.();
    for (const stream of [this.#process.stdin, ...this.#output]) stream?.destroy();
    return ending;
  }

  #listen(
    name: "stdout" | "stderr",
    stream: Readable | null,
    pipe: OutputPipe | undefined,
  ): Promise<void> {
    const hear = (chunk: Buffer): void => {
      this.#spokeAt = this.#options.clock.monotonic();
      this.#options.onOutput(name, chunk);
    };
    pipe?.hear(hear);
    return new Promise((resolve) => {
      // A pipe of ours tells no data here, but ends only where somebody listens.
      stream?.on("data", hear);
      stream?.on("error", () => {});
      stream?.once("close", resolve);
    });
  }

  /** Until all output is closed, or nothing was said for the grace. */
  async #drain(): Promise<void> {
    const { clock, drainGraceMs } = this.#options;
    const exitedAt = clock.monotonic();
    let open = true;
    const silence = this.#silence.then(() => {
      open = false;
    });
    while (open) {
      const quietAt = Math.max(exitedAt, this.#spokeAt) + drainGraceMs;
      const left = Math.min(quietAt, exitedAt + DRAIN_MAX_MS) - clock.monotonic();
      if (left <= 0) return;
      await waitAtMost(clock, left, silence);
      // A loop that was blocked may have output to read that came in time.
      await wait(clock, 0);
    }
  }

  /** One that was told to end leaves its group the whole grace: a shell ends before its program. */
  async #heed(): Promise<void> {
    const { clock } = this.#options;
    while (this.#killAt !== null && clock.monotonic() < this.#killAt) {
      if (sessionMembers(this.group).length === 0) return;
      await wait(clock, ROUND_MS);
    }
  }

  #endSurvivors(): Promise<Ending> {
    const { clock, descendants } = this.#options;
    return endSurvivors({
      groups: () => [this.group],
      find: descendants,
      politeMs: POLITE_MS,
      limitMs: ENDING_MAX_MS,
      wait: (ms) => wait(clock, ms),
      monotonic: () => clock.monotonic(),
    });
  }
}

function launch({ program, pipes }: ChildOptions): ChildProcess {
  const { argv, cwd, env, stdin } = program;
  const [file = "", ...parameters] = argv;
  const [stdout = "pipe", stderr = "pipe"] = pipes?.map((pipe) => pipe.writer) ?? [];
  try {
    return spawn(file, parameters, {
      cwd,
      env,
      detached: true,
      stdio: [stdin === null ? "ignore" : "pipe", stdout, stderr],
    });
  } catch (error) {
    for (const pipe of pipes ?? []) pipe.reader.destroy();
    throw error;
  } finally {
    for (const pipe of pipes ?? []) closeSync(pipe.writer);
  }
}

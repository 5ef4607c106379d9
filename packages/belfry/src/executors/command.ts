import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Clock } from "../clock.ts";
import type { Environment } from "../core/inherited-environment.ts";
import type { Outcome } from "../core/verdict.ts";
import type {
  AttemptContext,
  Ended,
  Execution,
  Executor,
  ReadSecret,
  SecretName,
  StopReason,
  Work,
} from "../executor.ts";
import { CheckpointFile } from "./checkpoint-file.ts";
import { Child } from "./child.ts";
import { commandEnvironment, PAYLOAD_VARIABLE_BYTES_MAX } from "./command-environment.ts";
import { failed, outcomeOfExit, outcomeOfSpawnError, type Program } from "./command-outcome.ts";
import { CommandOutput } from "./command-output.ts";
import { type Ending, endSurvivors } from "./ending.ts";
import { errorRecord } from "./error-record.ts";
import { warnOf } from "./function-context.ts";
import { PipePool } from "./pipes.ts";
import { markedProcesses, type ProcessIdentity } from "./processes.ts";
import { stopOutcome } from "./stop-outcome.ts";
import { Sweep } from "./sweep.ts";
import { wait } from "./wait.ts";
import { Warden } from "./warden.ts";

const RECLAIM_MAX_MS = 5_000;

/** A program to be run in a process of its own; a shell line is `[shell, "-c", line]`. */
export interface CommandWork extends Work {
  readonly kind: "command" | "shell";
  /** The program, then its arguments. */
  readonly argv: readonly string[];
  /** An absolute path. */
  readonly cwd: string;
  /** What the task's variables are laid over; absent: the node's environment. */
  readonly base?: Environment;
  /** The task's own variables. */
  readonly env: Readonly<Record<string, string | SecretName>>;
  /** What the program reads on its standard input; null: nothing. */
  readonly stdin: string | SecretName | null;
}

export interface CommandExecutorOptions {
  /** The incarnation id of the node: all that descends from its commands is marked with it. */
  readonly node: string;
  /** The environment that commands inherit, less what is Belfry's own. */
  readonly environment: Environment;
  readonly secret: ReadSecret;
  /** A folder of this host where attempts have their files. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** From SIGTERM to SIGKILL. */
  readonly killGraceMs?: number;
  /** How long what a command left behind may still write after its exit, from its last output. */
  readonly drainGraceMs?: number;
}

/**
 * Runs programs. One executor serves both kinds, `command` and `shell`; a registry by kind enters
 * it twice: `[executor, { ...executor, kind: "shell" }]`. Closing it twice is closing it once.
 */
export function createCommandExecutor(options: CommandExecutorOptions): Executor<CommandWork> {
  const host = new CommandHost(options);
  return {
    kind: "command",
    execute: (work, attempt) => new CommandExecution(host, work, attempt),
    reclaim: (node) => host.reclaim(node),
    close: () => host.close(),
  };
}

/** What the commands of one node share. */
class CommandHost {
  readonly options: CommandExecutorOptions;
  readonly warden: Warden;
  readonly pipes: PipePool;
  readonly #sweep: Sweep;

  constructor(options: CommandExecutorOptions) {
    this.options = options;
    this.warden = new Warden(options.node);
    this.pipes = new PipePool(join(this.folder(options.node), "pipes"));
    this.#sweep = new Sweep(options.node, options.clock);
  }

  async descendants(attempt: AttemptContext): Promise<readonly ProcessIdentity[]> {
    const number = String(attempt.number);
    const all = await this.#sweep.look();
    return all.filter((one) => one.run === attempt.run && one.attempt === number);
  }

  folder(node: string): string {
    return resolve(this.options.dataDir, "attempts", node);
  }

  async reclaim(node: string): Promise<number> {
    const { clock } = this.options;
    const { found } = await endSurvivors({
      groups: () => [],
      find: () => markedProcesses(node),
      politeMs: 0,
      limitMs: RECLAIM_MAX_MS,
      wait: (ms) => wait(clock, ms),
      monotonic: () => clock.monotonic(),
    });
    await rm(this.folder(node), { recursive: true, force: true });
    return found;
  }

  async close(): Promise<void> {
    await this.warden.close();
    await rm(this.folder(this.options.node), { recursive: true, force: true });
  }
}

class CommandExecution implements Execution {
  readonly ended: Promise<Ended>;
  /** Whatever a command leaves behind is ended before it is settled. */
  readonly lingering: null = null;
  readonly #host: CommandHost;
  readonly #work: CommandWork;
  readonly #attempt: AttemptContext;
  #child: Child | null = null;
  #stopped: StopReason | null = null;
  #exited = false;

  constructor(host: CommandHost, work: CommandWork, attempt: AttemptContext) {
    this.#host = host;
    this.#work = work;
    this.#attempt = attempt;
    this.ended = this.#perform();
  }

  stop(reason: StopReason): void {
    if (this.#stopped !== null || this.#exited) return;
    this.#stopped = reason;
    this.#child?.stop();
  }

  async #perform(): Promise<Ended> {
    const { node, clock } = this.#host.options;
    const { run, number, services } = this.#attempt;
    const folder = join(this.#host.folder(node), `${run}-${number}`);
    const checkpoint = new CheckpointFile(join(folder, "checkpoint"), services, clock);
    try {
      const program = await this.#prepare(folder, checkpoint);
      return "kind" in program ? unstarted(program) : await this.#run(program, checkpoint);
    } catch (thrown) {
      return unstarted({
        kind: "failed",
        error: errorRecord(thrown),
        permanent: null,
        retryAt: null,
      });
    } finally {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }

  /** What to run, its files written; or the outcome where that is decided already. */
  async #prepare(folder: string, checkpoint: CheckpointFile): Promise<Program | Outcome> {
    // Groups, sessions, signals, /proc: nothing that commands rest on exists there.
    if (process.platform === "win32") {
      return failed("commands do not run on Windows: run this task on another node", null, true);
    }
    const { node, environment } = this.#host.options;
    const { argv, cwd } = this.#work;
    let given: Pick<Program, "env" | "stdin">;
    try {
      given = this.#readSecrets();
    } catch (thrown) {
      return { kind: "failed", error: errorRecord(thrown), permanent: "permanent", retryAt: null };
    }
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await checkpoint.write();
    const payloadFile = await writePayload(folder, this.#attempt.payload);
    if (this.#stopped !== null) return stopOutcome(this.#stopped);
    const env = commandEnvironment({
      node,
      base: this.#work.base ?? environment,
      task: given.env,
      attempt: this.#attempt,
      checkpointFile: checkpoint.path,
      payloadFile,
    });
    return { argv, cwd, env, stdin: given.stdin };
  }

  /** @throws where a secret is missing, naming it. */
  #readSecrets(): Pick<Program, "env" | "stdin"> {
    const { secret } = this.#host.options;
    const { env, stdin } = this.#work;
    const read = (value: string | SecretName): string =>
      typeof value === "string" ? value : secret(value.secret);
    const variables = Object.entries(env).map(([name, value]) => [name, read(value)] as const);
    return { env: Object.fromEntries(variables), stdin: stdin === null ? null : read(stdin) };
  }

  async #run(program: Program, checkpoint: CheckpointFile): Promise<Ended> {
    const { warden } = this.#host;
    const output = new CommandOutput(this.#attempt.services);
    warden.start();
    const child = await this.#start(program, output);
    if ("kind" in child) return unstarted(child);
    warden.watch(child.group);
    checkpoint.watch();
    const exit = await child.exit;
    this.#exited = true;
    const ending = await child.finish();
    warden.release(child.group);
    output.end();
    this.#tell(ending);
    await checkpoint.close();
    const stopped = this.#stopped;
    return {
      outcome:
        stopped === null
          ? outcomeOfExit(exit, this.#attempt.services.errorTail())
          : stopOutcome(stopped),
      exitCode: exit.kind === "exited" ? exit.code : null,
      signal: exit.kind === "killed" ? exit.signal : null,
    };
  }

  async #start(program: Program, output: CommandOutput): Promise<Child | Outcome> {
    const { clock, killGraceMs = 10_000, drainGraceMs = 1_000 } = this.#host.options;
    try {
      this.#child = await Child.start({
        program,
        pipes: await this.#host.pipes.take(),
        clock,
        killGraceMs,
        drainGraceMs,
        onOutput: (stream, chunk) => output.write(stream, chunk),
        descendants: () => this.#host.descendants(this.#attempt),
      });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return this.#stopped === null
        ? outcomeOfSpawnError(error, program)
        : stopOutcome(this.#stopped);
    }
    if (this.#stopped !== null) this.#child.stop();
    return this.#child;
  }

  #tell({ found, left }: Ending): void {
    if (found === 0) return;
    const what = found === 1 ? "1 process" : `${found} processes`;
    const end = left === 0 ? "ended" : `ended, ${left} of them in vain`;
    warnOf(this.#attempt.services, `${what} outlived the command and had to be ${end}`);
  }
}

/** Writes a payload that is too large for a variable; null where there is none such. */
async function writePayload(folder: string, payload: string | null): Promise<string | null> {
  if (payload === null || Buffer.byteLength(payload) <= PAYLOAD_VARIABLE_BYTES_MAX) return null;
  const file = join(folder, "payload.json");
  await writeFile(file, payload, { mode: 0o600 });
  return file;
}

function unstarted(outcome: Outcome): Ended {
  return { outcome, exitCode: null, signal: null };
}

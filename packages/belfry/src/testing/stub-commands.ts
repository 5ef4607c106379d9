import type { AttemptContext, Ended, Execution, Executor, StopReason } from "../executor.ts";
import type { CommandWork } from "../executors/command.ts";
import { outcomeOfExit } from "../executors/command-outcome.ts";
import { errorRecord } from "../executors/error-record.ts";
import { stopOutcome } from "../executors/stop-outcome.ts";

/** What the stand-in for a command is told of the attempt. */
export interface CommandCall {
  readonly task: string;
  readonly run: string;
  /** 1-based, counts every start. */
  readonly attempt: number;
  readonly dueAt: Date;
  readonly idempotencyKey: string;
  readonly payload: unknown;
  /** Aborts when the command would be told to end. */
  readonly signal: AbortSignal;
}

/** Stands for every command: is given its arguments, and gives its exit code. */
export type CommandStub = (argv: readonly string[], call: CommandCall) => number | Promise<number>;

/** Runs no program: asks the stand-in how it would have ended. */
export class StubCommands implements Executor<CommandWork> {
  readonly kind = "command";
  readonly #stub: CommandStub;

  constructor(stub: CommandStub) {
    this.#stub = stub;
  }

  execute(work: CommandWork, context: AttemptContext): Execution {
    const stopping = new AbortController();
    const stopped = Promise.withResolvers<Ended>();
    const ended = Promise.race([this.#call(work, context, stopping.signal), stopped.promise]);
    return {
      ended,
      lingering: null,
      stop: (reason: StopReason) => {
        stopping.abort();
        stopped.resolve({ outcome: stopOutcome(reason), exitCode: null, signal: "SIGTERM" });
      },
    };
  }

  async reclaim(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {}

  async #call(work: CommandWork, context: AttemptContext, signal: AbortSignal): Promise<Ended> {
    const { task, run, number: attempt, idempotencyKey, payload } = context;
    try {
      const code = await this.#stub(work.argv, {
        task,
        run,
        attempt,
        dueAt: new Date(context.dueAt),
        idempotencyKey,
        payload: payload === null ? undefined : JSON.parse(payload),
        signal,
      });
      return { outcome: outcomeOfExit({ kind: "exited", code }, ""), exitCode: code, signal: null };
    } catch (thrown) {
      const error = errorRecord(thrown);
      const outcome = { kind: "failed", error, permanent: null, retryAt: null } as const;
      return { outcome, exitCode: null, signal: null };
    }
  }
}

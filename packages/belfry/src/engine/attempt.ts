import type { Clock } from "../clock.ts";
import type { Definition } from "../core/definition.ts";
import type { ErrorRecord } from "../core/errors.ts";
import type { Redactor } from "../core/redactor.ts";
import type { Attempt as AttemptRecord } from "../core/run.ts";
import { countAttempts } from "../core/run.ts";
import type { Asked, Outcome } from "../core/verdict.ts";
import type {
  AttemptContext,
  AttemptServices,
  Ended,
  Execution,
  Executor,
  StopReason,
  Work,
} from "../executor.ts";
import type { LogLine } from "../log.ts";
import type { ClaimedRun } from "../records.ts";
import type { Note, Store } from "../store.ts";
import { AttemptOutput, type Output } from "./attempt-output.ts";
import { AttemptStore } from "./attempt-store.ts";

export interface AttemptOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly run: ClaimedRun;
  readonly definition: Definition;
  readonly work: Work;
  readonly executor: Executor;
  readonly output: Output;
  /** Takes secrets out of all that the attempt says and comes to. */
  readonly redactor: Redactor;
  /** What still runs of an earlier attempt in this process, if it did not heed its signal. */
  readonly lingering: Promise<void> | null;
  /** Whether the node still holds its lease; throws while the store, who knows, is away. */
  readonly lives: () => Promise<boolean>;
  /** The task's own code is about to run in this process. */
  readonly onBegin: (attempt: Attempt) => void;
  /** Progress or report has changed. */
  readonly onNote: (attempt: Attempt) => void;
}

/** An attempt that came to its end: what settle writes of it. */
export interface EndedAttempt {
  readonly run: ClaimedRun;
  readonly definition: Definition;
  readonly outcome: Outcome;
  readonly record: AttemptRecord;
  readonly asked: Asked | null;
  readonly report: string | null;
  readonly progress: string | null;
}

/** One try of a run on this node, from its claim to its outcome. */
export class Attempt implements AttemptServices {
  readonly run: ClaimedRun;
  readonly number: number;
  readonly definition: Definition;
  readonly #options: AttemptOptions;
  readonly #output: AttemptOutput;
  readonly #kept: AttemptStore;
  #execution: Execution | null = null;
  #stopped: StopReason | null = null;
  #asked: Asked | null;
  #timers: (() => void)[] = [];
  #report: Record<string, unknown> | null = null;
  #progress: string | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#output = new AttemptOutput(options.output, options.redactor);
    this.#kept = new AttemptStore(options);
    this.run = options.run;
    this.definition = options.definition;
    this.number = options.run.attempts.length + 1;
    this.#asked = options.run.asked;
  }

  /** Resolves when the attempt has come to an outcome; never rejects. */
  async perform(): Promise<EndedAttempt> {
    const { deadlineAt } = this.run;
    if (deadlineAt !== null) this.#limit(deadlineAt, "deadline");
    if (this.#asked !== null) this.stop("cancelled");
    const ended = await this.#execute();
    for (const withdraw of this.#timers) withdraw();
    return this.#end(ended);
  }

  /** Asks the attempt to end; what really ends first wins. */
  stop(reason: StopReason): void {
    if (this.#stopped !== null) return;
    this.#stopped = reason;
    this.#kept.stop();
    this.#execution?.stop(reason);
  }

  /** Somebody wishes this run to end. */
  ask(asked: Asked): void {
    this.#asked ??= asked;
    this.stop("cancelled");
  }

  get atMostOnce(): boolean {
    return this.definition.policies.delivery === "at-most-once";
  }

  /** What this attempt's code leaves running although it was told to end, if it does. */
  get lingering(): Promise<void> | null {
    return this.#execution?.lingering ?? null;
  }

  note(): Note {
    const { id, fence } = this.run;
    return { run: id, fence, progress: this.#progress, report: this.#reportText() };
  }

  // ── What the task may ask for ──────────────────────────────────────────────────────────────

  begins(): void {
    this.#options.onBegin(this);
  }

  log(line: Omit<LogLine, "at" | "attempt">): void {
    this.#output.log(line);
  }

  output(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    this.#output.write(stream, chunk);
  }

  errorTail(): string {
    return this.#output.errorTail();
  }

  progress(done: number, total: number | null, unit: string | null): void {
    const { redactor } = this.#options;
    this.#progress = redactor.json(JSON.stringify({ done, total, unit }));
    this.#options.onNote(this);
  }

  report(figures: Readonly<Record<string, unknown>>): void {
    this.#report = { ...this.#report, ...figures };
    this.#options.onNote(this);
  }

  loadCheckpoint(): Promise<string | null> {
    return this.#kept.loadCheckpoint();
  }

  saveCheckpoint(json: string): Promise<void> {
    return this.#kept.saveCheckpoint(json);
  }

  loadEffect(key: string): Promise<string | null> {
    return this.#kept.loadEffect(key);
  }

  saveEffect(key: string, result: string): Promise<void> {
    return this.#kept.saveEffect(key, result);
  }

  // ── Its life ───────────────────────────────────────────────────────────────────────────────

  async #execute(): Promise<Ended> {
    const { executor, work, lingering } = this.#options;
    // Two copies of one function must not run side by side in a process because one would not end.
    if (lingering !== null) {
      await Promise.race([lingering, this.#stoppedEarly()]);
      await this.#stopUnlessOurs();
    }
    if (this.#stopped !== null) return endedBy(this.#stopped);
    this.#limitTime();
    try {
      this.#execution = executor.execute(work, this.#context());
      return await this.#execution.ended;
    } catch (error) {
      return brokenExecutor(executor.kind, error);
    }
  }

  async #stoppedEarly(): Promise<void> {
    const { clock } = this.#options;
    while (this.#stopped === null) {
      await new Promise<void>((wake) => clock.schedule(clock.now() + 100, wake));
    }
  }

  /** The wait may have outlasted the lease: then others may have begun this run already. */
  async #stopUnlessOurs(): Promise<void> {
    try {
      if (!(await this.#options.lives())) this.stop("lost");
    } catch {
      this.stop("interrupted");
    }
  }

  #context(): AttemptContext {
    const { run } = this;
    return {
      run: run.id,
      task: run.task,
      number: this.number,
      fence: run.fence,
      trigger: run.trigger,
      dueAt: run.dueAt,
      previousDueAt: run.previousDueAt,
      idempotencyKey: run.idempotencyKey ?? run.id,
      payload: run.payload,
      services: this,
    };
  }

  #limit(at: number, reason: "timeout" | "deadline"): void {
    this.#timers.push(this.#options.clock.schedule(at, () => this.stop(reason)));
  }

  /** Waiting for an earlier attempt's code to end is no part of this one's time. */
  #limitTime(): void {
    const { timeoutMs } = this.definition.policies;
    const { clock, lingering } = this.#options;
    const startedAt = lingering === null ? this.run.startedAt : clock.now();
    if (timeoutMs !== null) this.#limit(startedAt + timeoutMs, "timeout");
  }

  #end(ended: Ended): EndedAttempt {
    const { run, definition } = this;
    const outcome = this.#redacted(ended.outcome);
    const { bytes, dropped } = this.#output.end();
    const record: AttemptRecord = {
      number: this.number,
      node: run.node,
      fence: run.fence,
      outcome: outcome.kind,
      startedAt: run.startedAt,
      endedAt: this.#options.clock.now(),
      exitCode: ended.exitCode,
      signal: ended.signal,
      error: errorOf(outcome, definition),
      logBytes: bytes,
      logBytesDropped: dropped,
    };
    const report = this.#reportText();
    const progress = this.#progress;
    return { run, definition, outcome, record, asked: this.#asked, report, progress };
  }

  /** What it came to, as it is kept. */
  #redacted(outcome: Outcome): Outcome {
    const { redactor } = this.#options;
    if (outcome.kind === "failed") return { ...outcome, error: redactor.error(outcome.error) };
    if (outcome.kind !== "succeeded" || outcome.result === null) return outcome;
    return { ...outcome, result: redactor.json(outcome.result) };
  }

  #reportText(): string | null {
    if (this.#report === null) return null;
    return this.#options.redactor.json(JSON.stringify(this.#report));
  }
}

/** An attempt that nobody performed to its end: its node is gone, or never began it. */
export function unperformed(
  run: ClaimedRun,
  definition: Definition,
  outcome: Extract<Outcome, { kind: "lost" | "interrupted" }>,
  now: number,
): EndedAttempt {
  return {
    run,
    definition,
    outcome,
    record: {
      number: run.attempts.length + 1,
      node: run.node,
      fence: run.fence,
      outcome: outcome.kind,
      startedAt: run.startedAt,
      endedAt: now,
      exitCode: null,
      signal: null,
      error: errorOf(outcome, definition),
      logBytes: 0,
      logBytesDropped: 0,
    },
    asked: run.asked,
    report: null,
    progress: null,
  };
}

/** What the verdict needs to know of the attempts before this one. */
export function triedOf({ run, asked }: EndedAttempt): {
  tries: number;
  losses: number;
  deadlineAt: number | null;
  asked: Asked | null;
} {
  return { ...countAttempts(run.attempts), deadlineAt: run.deadlineAt, asked };
}

function endedBy(reason: StopReason): Ended {
  return { outcome: outcomeOf(reason), exitCode: null, signal: null };
}

/** An executor that breaks its promise fails the attempt, not the node. */
function brokenExecutor(kind: string, thrown: unknown): Ended {
  const message = `the executor ${kind} broke: ${thrown instanceof Error ? thrown.message : thrown}`;
  const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
  const error = { message, code: "executor", stack };
  const outcome: Outcome = { kind: "failed", error, permanent: null, retryAt: null };
  return { outcome, exitCode: null, signal: null };
}

function outcomeOf(reason: StopReason): Outcome {
  if (reason === "timeout" || reason === "deadline") return { kind: "timed-out", limit: reason };
  return { kind: reason };
}

function errorOf(outcome: Outcome, definition: Definition): ErrorRecord | null {
  if (outcome.kind === "failed") return outcome.error;
  if (outcome.kind === "timed-out") {
    const { timeoutMs, deadlineMs } = definition.policies;
    const limit = outcome.limit === "timeout" ? timeoutMs : deadlineMs;
    const message = `still running at its ${outcome.limit} of ${(limit ?? 0) / 1000} s`;
    return { message, code: outcome.limit, stack: null };
  }
  if (outcome.kind === "lost") {
    return { message: "its node died or was cut off", code: "lost", stack: null };
  }
  return null;
}

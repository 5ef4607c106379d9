import type { Clock } from "../../clock.ts";
import type {
  AttemptContext,
  Ended,
  Execution,
  Executor,
  StopReason,
  Work,
} from "../../executor.ts";
import { stopOutcome } from "../../executors/stop-outcome.ts";
import type { Effect, EffectEnd, Effects } from "./effects.ts";

/** What an attempt will do, drawn before it starts. */
export interface Script {
  /** `hang`: works far longer than it should, then fails. */
  readonly end: "succeed" | "fail" | "permanent" | "hang";
  readonly afterMs: number;
  /** How long it goes on after it was told to end. */
  readonly heedMs: number;
  /** Whether it saves a checkpoint and an effect half-way. */
  readonly saves: boolean;
}

export interface ScriptedOptions {
  readonly node: string;
  /** The clock of what does the work: the process's for a function, the world's for a child. */
  readonly clock: Clock;
  /** True time, by which effects are dated. */
  readonly worldClock: Clock;
  /** Enters the node's process, to tell it that an attempt has ended. */
  readonly enter: (code: () => void) => void;
  readonly effects: Effects;
  readonly script: (context: AttemptContext) => Script;
  /** A node has gone, and its children on this host are to be ended. */
  readonly reclaim: (node: string) => number;
}

/** Does what scripts say, on a virtual clock, and writes down when it started and ended. */
export class ScriptedExecutor implements Executor {
  readonly kind = "scripted";
  readonly #options: ScriptedOptions;
  readonly #running = new Set<ScriptedExecution>();

  constructor(options: ScriptedOptions) {
    this.#options = options;
  }

  execute(_work: Work, context: AttemptContext): Execution {
    const { effects, node, worldClock, script } = this.#options;
    const effect = effects.start({
      run: context.run,
      fence: context.fence,
      number: context.number,
      node,
      payload: context.payload,
      startedAt: worldClock.now(),
    });
    const execution = new ScriptedExecution(context, script(context), effect, this.#options);
    this.#running.add(execution);
    void execution.ended.then(() => this.#running.delete(execution));
    return execution;
  }

  async reclaim(node: string): Promise<number> {
    return this.#options.reclaim(node);
  }

  async close(): Promise<void> {}

  /** The node's process is gone: functions with it, children unless they are let live. */
  die(): void {
    for (const execution of this.#running) execution.die();
  }
}

class ScriptedExecution implements Execution {
  readonly ended: Promise<Ended>;
  readonly #options: ScriptedOptions;
  readonly #script: Script;
  readonly #effect: Effect;
  readonly #withdraw: (() => void)[] = [];
  #settle: (ended: Ended) => void = () => {};
  #stopped: StopReason | null = null;

  constructor(context: AttemptContext, script: Script, effect: Effect, options: ScriptedOptions) {
    this.#options = options;
    this.#script = script;
    this.#effect = effect;
    this.ended = new Promise((resolve) => {
      this.#settle = (ended) => options.enter(() => resolve(ended));
    });
    const { afterMs, saves } = script;
    if (saves) this.#later(afterMs / 2, () => options.enter(() => save(context)));
    this.#later(afterMs, () => this.#end());
  }

  get lingering(): null {
    return null;
  }

  stop(reason: StopReason): void {
    if (this.#stopped !== null || this.#effect.end !== null) return;
    this.#stopped = reason;
    this.#later(this.#script.heedMs, () => this.#end());
  }

  /** Killed from without: whoever waits for it, if anybody is left, sees that. */
  die(): void {
    if (this.#effect.end !== null) return;
    this.#over("died");
    const error = { message: "was killed", code: "signal-SIGKILL", stack: null };
    this.#settle({
      outcome:
        this.#stopped === null
          ? { kind: "failed", error, permanent: null, retryAt: null }
          : stopOutcome(this.#stopped),
      exitCode: null,
      signal: "SIGKILL",
    });
  }

  #end(): void {
    if (this.#effect.end !== null) return;
    const { end } = this.#script;
    if (this.#stopped !== null) {
      this.#over("stopped");
      this.#settle({ outcome: stopOutcome(this.#stopped), exitCode: null, signal: "SIGTERM" });
      return;
    }
    this.#over(end === "succeed" ? "succeeded" : "failed");
    const error = { message: `the script says ${end}`, code: null, stack: null };
    const permanent = end === "permanent" ? "permanent" : null;
    this.#settle({
      outcome:
        end === "succeed"
          ? { kind: "succeeded", result: null }
          : { kind: "failed", error, permanent, retryAt: null },
      exitCode: end === "succeed" ? 0 : 1,
      signal: null,
    });
  }

  #over(end: EffectEnd): void {
    const { effects, worldClock } = this.#options;
    effects.end(this.#effect, end, worldClock.now());
    for (const withdraw of this.#withdraw) withdraw();
  }

  #later(ms: number, act: () => void): void {
    const { clock } = this.#options;
    this.#withdraw.push(clock.schedule(clock.now() + Math.round(ms), act));
  }
}

/** What was saved under a fence that no longer holds is refused, and that ends nothing here. */
function save({ services, fence }: AttemptContext): void {
  services.progress(1, 2, "halves");
  services.report({ fence });
  void services.saveCheckpoint(JSON.stringify(fence)).catch(() => {});
  void services.saveEffect("half", JSON.stringify(fence)).catch(() => {});
}

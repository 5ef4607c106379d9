import { setTimeout as sleep } from "node:timers/promises";
import { systemClock, systemEntropy } from "../packages/belfry/src/clocks/system.ts";
import type { Store } from "../packages/belfry/src/store.ts";
import { NO_LOGS } from "../packages/belfry/src/testing/no-logs.ts";
import type { VerbContext } from "../packages/belfry/src/verbs/context.ts";
import { pause, resume } from "../packages/belfry/src/verbs/pause.ts";
import { trigger } from "../packages/belfry/src/verbs/trigger.ts";

/** Who comes from outside: triggers twice what must run once, cancels, pauses. */
export class Visitors {
  readonly #context: VerbContext;
  readonly #over = new AbortController();
  readonly #visits: Promise<void>;
  /** By key, the runs that its triggers were answered with; null: none of them was answered. */
  readonly keys: Map<string, Set<string>> = new Map();
  /** What was answered that must not be. */
  readonly wrong: string[] = [];
  #cancelled = 0;
  #patient = true;

  constructor(store: Store, tasks: readonly string[], everyMs: number) {
    const rest = { by: "visitor", retentionMs: 0, logs: NO_LOGS };
    this.#context = { store, clock: systemClock, entropy: systemEntropy, ...rest };
    this.#visits = this.#visit(tasks, everyMs);
  }

  get cancelled(): number {
    return this.#cancelled;
  }

  /** When all who came are answered. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#visits;
  }

  /** Whoever is not answered by now leaves. */
  async abandon(): Promise<void> {
    this.#patient = false;
    await this.end();
  }

  async #visit(tasks: readonly string[], everyMs: number): Promise<void> {
    const under: Promise<void>[] = [];
    for (let turn = 0; !this.#over.signal.aborted; turn++) {
      const task = tasks[turn % tasks.length] ?? "";
      under.push(this.#twice(task, `visit ${turn}`, turn % 3));
      if (turn % 7 === 0) under.push(this.#cancelOne(task));
      if (turn % 40 === 20) under.push(this.#pauseFor(task, everyMs * 5));
      await sleep(everyMs);
    }
    await Promise.all(under);
  }

  /** Two at once, each until it is answered. */
  async #twice(task: string, key: string, customer: number): Promise<void> {
    const answers = this.keys.get(key) ?? new Set();
    this.keys.set(key, answers);
    const options = { payload: JSON.stringify({ customer }), at: null, force: false };
    const once = async (): Promise<void> => {
      const made = await this.#persist(() =>
        trigger(this.#context, task, { ...options, idempotencyKey: key }),
      );
      if (made !== null) answers.add(made.run.id);
    };
    await Promise.all([once(), once()]);
  }

  async #cancelOne(task: string): Promise<void> {
    const { store, clock, by } = this.#context;
    const found = await this.#persist(() => store.runs({ task, limit: 5 }));
    const run = found?.find(({ endedAt }) => endedAt === null);
    if (run === undefined) return;
    const cancelled = await this.#persist(() => store.cancel(run.id, clock.now(), by));
    if (cancelled?.answer === "no-run" && run.trigger.kind !== "schedule") {
      this.wrong.push(`${run.task} ${run.id} was there and could not be cancelled`);
    }
    this.#cancelled += 1;
  }

  async #pauseFor(task: string, ms: number): Promise<void> {
    await this.#persist(() => pause(this.#context, task, { untilAt: null, reason: null }));
    await sleep(ms);
    await this.#persist(() => resume(this.#context, task));
  }

  /** Until it is answered; null: it was refused. */
  async #persist<T>(ask: () => Promise<T>): Promise<T | null> {
    while (this.#patient) {
      try {
        return await ask();
      } catch (error) {
        const kind = error instanceof Error ? Reflect.get(error, "kind") : null;
        if (kind === "conflict") return null;
        if (kind !== "unavailable") {
          this.wrong.push(`a visitor was told: ${error instanceof Error ? error.message : error}`);
          return null;
        }
        await sleep(100);
      }
    }
    return null;
  }
}

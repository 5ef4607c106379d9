import type { Clock, Random } from "../clock.ts";
import type { Definition } from "../core/definition.ts";
import { decideVerdict, type Verdict } from "../core/verdict.ts";
import type { Holding, Settlement, Store } from "../store.ts";
import { type EndedAttempt, triedOf } from "./attempt.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import { oneByOneIfRefused } from "./one-by-one.ts";

export interface SettlerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  /** Steps this service: called when the first outcome of a batch has come. */
  readonly wake: () => void;
  /** Whether schedules are due now, more than could be planned yet. */
  readonly rush: () => boolean;
  /** A batch is written; `freed`: something may be claimable now that was not before. */
  readonly onSettled: (freed: boolean) => void;
  /** Something waits in the outbox. */
  readonly onOutbox: () => void;
}

const BATCH = 3_000;
/**
 * A full batch is written beside those under way, of which there may be so many; a smaller one waits
 * for them and grows.
 */
const WRITES_MAX = 3;
/**
 * In a rush outcomes wait, but not for longer than this, ms: what starts late is late for good, and
 * the store does one thing at a time.
 */
const RUSH_MS = 250;
const RUSH_STEP_MS = 5;

type Answer = "settled" | "stale" | "refused";

interface Waiting {
  readonly ended: EndedAttempt;
  readonly settlement: Settlement;
}

/**
 * Settles: outcome → verdict → one fenced write. Outcomes that come while a write is under way
 * share the next one; while the store is away they are kept, and written when it is back.
 */
export class Settler implements Service {
  readonly name = "settler";
  readonly precision = "rough";
  readonly #options: SettlerOptions;
  #waiting: Waiting[] = [];
  /** What is being written, by its write. */
  readonly #writes = new Map<Promise<void>, readonly Waiting[]>();
  /** Why a write of late has failed; its outcomes wait again. */
  #failure: { readonly error: unknown } | null = null;
  #drained: (() => void)[] = [];
  #scheduled = false;
  /** Since when the first of them waits, by the monotonic clock. */
  #since = 0;
  #ending = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /** Outcomes not yet durable. */
  get backlog(): number {
    let count = this.#waiting.length;
    for (const batch of this.#writes.values()) count += batch.length;
    return count;
  }

  /** What it has the outcomes of. */
  holdings(): readonly Holding[] {
    return [this.#waiting, ...this.#writes.values()].flat().map(({ settlement }) => settlement);
  }

  settle(ended: EndedAttempt): void {
    if (this.#waiting.length === 0) this.#since = this.#options.clock.monotonic();
    this.#waiting.push({ ended, settlement: this.#decide(ended) });
    if (this.#waiting.length >= BATCH && this.#writes.size > 0) this.#writeFull();
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Outcomes of this turn of the loop go together.
    this.#options.clock.schedule(this.#options.clock.now(), () => {
      this.#scheduled = false;
      this.#options.wake();
    });
  }

  /** Resolves when everything given so far is written. */
  async drained(): Promise<void> {
    if (this.backlog === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** As `drained`, but a node that ends is not waited for: its store may stay away for long. */
  async drainedOrEnding(): Promise<void> {
    if (!this.#ending) await this.drained();
  }

  /** The node ends: lets go whoever waits, now and from now on. */
  end(): void {
    this.#ending = true;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  async step(now: number): Promise<number | "now" | null> {
    if (this.backlog === 0) return null;
    if (this.#hurries()) return now + RUSH_STEP_MS;
    // What failed before this step is tried again with it.
    this.#failure = null;
    if (this.#writes.size === 0) this.#write();
    this.#writeFull();
    await Promise.race(this.#writes.keys());
    this.#throwFailure();
    return this.backlog > 0 ? "now" : null;
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  #writeFull(): void {
    while (this.#waiting.length >= BATCH && this.#writes.size < WRITES_MAX) this.#write();
  }

  #write(): void {
    const batch = this.#waiting.splice(0, BATCH);
    const write = this.#record(batch)
      .catch((error: unknown) => {
        this.#failure = { error };
        this.#waiting = [...batch, ...this.#waiting];
      })
      .finally(() => {
        this.#writes.delete(write);
        if (this.backlog === 0) for (const resolve of this.#drained.splice(0)) resolve();
      });
    this.#writes.set(write, batch);
  }

  async #record(batch: readonly Waiting[]): Promise<void> {
    const settlements = batch.map(({ settlement }) => settlement);
    const answers = await this.#settle(settlements, this.#options.clock.now());
    this.#since = this.#options.clock.monotonic();
    let freed = false;
    let watched = false;
    for (const [index, { ended, settlement }] of batch.entries()) {
      this.#tell(ended, settlement.verdict, answers[index] ?? "stale");
      freed ||= settlement.verdict.move === "retry" || ended.run.gate !== null;
      watched ||= settlement.watch !== null;
    }
    if (watched) this.#options.onOutbox();
    this.#options.onSettled(freed);
  }

  #hurries(): boolean {
    const { clock, rush } = this.#options;
    return !this.#ending && rush() && clock.monotonic() < this.#since + RUSH_MS;
  }

  /** An outcome that the store refuses is told, and given up. */
  #settle(settlements: readonly Settlement[], now: number): Promise<readonly Answer[]> {
    const { store, events } = this.#options;
    return oneByOneIfRefused<Settlement, Answer>(
      settlements,
      async (batch) => {
        const { answers, steps } = await store.settle(batch, now);
        events.tell(steps);
        if (steps.length > 0) this.#options.onOutbox();
        return answers;
      },
      ({ run }, error) => {
        events.emit({ kind: "trouble", service: `settler (run ${run})`, error, retryInMs: 0 });
        return "refused";
      },
    );
  }

  #decide(ended: EndedAttempt): Settlement {
    const { clock, random } = this.#options;
    const { outcome, definition, run, record, report, progress } = ended;
    const tried = triedOf(ended);
    const verdict = decideVerdict(tried, outcome, definition.policies, clock.now(), random());
    return {
      run: run.id,
      fence: run.fence,
      task: run.task,
      gate: run.gate,
      dueAt: run.dueAt,
      attempt: record,
      verdict,
      result: outcome.kind === "succeeded" ? outcome.result : null,
      error: record.error,
      report,
      progress,
      watch: verdict.move === "finish" ? watchOf(definition) : null,
    };
  }

  #tell(ended: EndedAttempt, verdict: Verdict, answer: Answer): void {
    const { events } = this.#options;
    if (!events.heard || answer === "refused") return;
    const { id: run, task } = ended.run;
    if (answer === "stale") {
      events.emit({ kind: "stale", run, task });
      return;
    }
    const { number, startedAt, endedAt, error } = ended.record;
    events.emit({
      kind: "ended",
      run,
      task,
      number,
      state: verdict.move === "finish" ? verdict.state : "pending",
      reason: verdict.move === "finish" ? verdict.reason : null,
      durationMs: endedAt - startedAt,
      error: error?.message ?? null,
      retryAt: verdict.move === "retry" ? verdict.readyAt : null,
    });
  }
}

/** Who is to hear that a run has ended; as a rule nobody. */
function watchOf({ watch }: Definition): Settlement["watch"] {
  const { heartbeat, mail } = watch;
  return heartbeat === null && mail === null ? null : { heartbeat, mail };
}

import type { Clock } from "../clock.ts";
import type { Redactor } from "../core/redactor.ts";
import type { Executor } from "../executor.ts";
import type { PlanClaim } from "../planning.ts";
import type { ClaimedRun } from "../records.ts";
import type { Holding, Store, Wish } from "../store.ts";
import { Attempt, unperformed } from "./attempt.ts";
import type { Output } from "./attempt-output.ts";
import { Bag, type Placed } from "./bag.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Duty } from "./duty.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import { Notes } from "./notes.ts";
import type { Outlets } from "./outlets.ts";
import type { Settler } from "./settler.ts";

export interface DispatcherOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly executors: ReadonlyMap<string, Executor>;
  readonly node: string;
  readonly concurrency: number;
  readonly pace: number;
  readonly duty: Duty;
  readonly settler: Settler;
  readonly events: Events;
  readonly entropy: () => string;
  readonly output: (run: ClaimedRun, attempt: number) => Output;
  readonly redactor: Redactor;
  /** Whether the node still holds its lease: the answer to a claim may have been long on its way. */
  readonly lives: () => Promise<boolean>;
  /** Something waits in the outbox. */
  readonly onOutbox: () => void;
  /** Steps this service again. */
  readonly wake: () => void;
  /**
   * What still runs in this process of runs that were told to end, by run: of this node's, and of
   * those that it took the place of.
   */
  readonly lingering: Map<string, Promise<void>>;
  /** Told of each run whose first attempt starts. */
  readonly onStart: Outlets["start"];
  /** The tasks whose functions run in this process now, to name the one that blocks it. */
  readonly onWorking: (tasks: readonly string[]) => void;
}

const BATCH = 3_000;
/** For how long attempts are started in one turn of the event loop, ms. */
const SLICE_MS = 2;
/** While the store is away that knows whether the lease holds, or what a claim has taken, ms. */
const RETRY_MS = 100;
/** Outcomes that may wait for the store before no more is claimed. */
const BACKLOG_MAX = 5_000;
/** A task ready in the store but not claimable yet is looked at again after this at the latest, ms. */
const RECHECK_MS = 5_000;

interface Running extends Placed {
  readonly attempt: Attempt;
  readonly done: Promise<void>;
}

/** Claims due runs, as many as the node has room for, and starts their attempts. */
export class Dispatcher implements Service {
  readonly name = "dispatcher";
  readonly precision = "sharp";
  readonly #options: DispatcherOptions;
  readonly #notes: Notes;
  readonly #running = new Bag<Running>();
  /** Claimed and yet to be started, in order. */
  readonly #starting: ClaimedRun[] = [];
  #slicing = false;
  #claimId: string | null = null;
  /** A claim is under way, its own or along with a plan: one at a time, so that it can be looked up. */
  #asking = false;
  /** It was to step while a plan claimed. */
  #missed = false;
  #closed = false;
  #idle: (() => void)[] = [];
  #full = false;
  /** When the next run that waits for its jitter comes to its gate, as far as is known. */
  #arrivesAt = Infinity;
  #madeUntil: number | undefined;
  #claimed = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#notes = new Notes(options);
  }

  get running(): number {
    return this.#running.size + this.#starting.length;
  }

  /** How many runs it has claimed so far. */
  get claimed(): number {
    return this.#claimed;
  }

  /** The claim whose answer is awaited, or null. */
  get awaited(): string | null {
    return this.#claimId;
  }

  /** Claimed, as far as an answer has come, and not ended. */
  holdings(): readonly Holding[] {
    const running = Array.from(this.#running, ({ attempt }) => attempt.run);
    return [...running, ...this.#starting].map(holdingOf);
  }

  /** Claims only what was made by this instant. */
  limitTo(madeUntil: number): void {
    this.#madeUntil = madeUntil;
  }

  /** A run that waits for its jitter comes to its gate then, whether there is room for it or not. */
  expect(arrivesAt: number | null): void {
    this.#arrivesAt = Math.min(this.#arrivesAt, arrivesAt ?? Infinity);
  }

  async step(now: number): Promise<number | "now" | null> {
    if (this.#asking) {
      this.#missed = true;
      return null;
    }
    const limit = Math.max(0, this.#room());
    this.#full = limit === 0;
    if (this.#closed) return null;
    // A full node starts nothing, but who comes to a gate may ask one of its runs to end.
    if (this.#full && now < this.#arrivesAt) return finite(this.#arrivesAt);
    this.#asking = true;
    try {
      return await this.#claim(limit, now);
    } finally {
      this.#asking = false;
    }
  }

  async #claim(limit: number, now: number): Promise<number | "now" | null> {
    const { store, node, entropy, duty, pace } = this.#options;
    // Kept until its runs have started: after a lost answer the same claim is looked up, not made
    // again, and what was claimed is never forgotten.
    this.#claimId ??= entropy();
    const only = typeof duty === "object" ? duty.run : null;
    const claim = { node, claimId: this.#claimId, limit, only, madeUntil: this.#madeUntil };
    // Forgotten first: what is told of meanwhile may be too new for the answer.
    this.#arrivesAt = Infinity;
    const claimed = await store.claim(claim, now).catch((error: unknown) => {
      this.expect(now);
      throw error;
    });
    this.expect(claimed.nextArrivalAt);
    this.#options.events.tell(claimed.steps);
    if (claimed.steps.length > 0) this.#options.onOutbox();
    for (const gap of claimed.gaps) this.#options.events.emit({ kind: "gap", ...gap });
    if (!(await this.#receive(claimed.runs))) return now + RECHECK_MS * pace;
    for (const wish of claimed.wishes) this.grant(wish);
    if (claimed.more) return "now";
    if (this.#full) return finite(this.#arrivesAt);
    return Math.min(claimed.nextReadyAt ?? Infinity, now + RECHECK_MS * pace);
  }

  /** A claim to go along with a plan, unless there is no room, or another claim is under way. */
  reserve(): PlanClaim | undefined {
    const limit = this.#room();
    if (this.#closed || this.#asking || this.#claimId !== null || limit <= 0) return undefined;
    const { node, entropy } = this.#options;
    this.#asking = true;
    this.#claimId = entropy();
    return { node, claimId: this.#claimId, limit };
  }

  /** Starts what a claim from `reserve` has taken; where that answer is lost, it is looked up. */
  async deliver(claimed: Promise<readonly ClaimedRun[]>): Promise<void> {
    try {
      await this.#receive(await claimed);
    } catch {
      this.#missed = true;
    }
    this.#asking = false;
    if (this.#missed) this.#options.wake();
    this.#missed = false;
  }

  /** @returns whether the node still lives: else others have what it claimed. */
  async #receive(runs: readonly ClaimedRun[]): Promise<boolean> {
    const { catalogue, lives } = this.#options;
    await catalogue.fetch(runs.map((run) => run.definition));
    const alive = runs.length === 0 || (await lives());
    this.#claimId = null;
    this.#claimed += runs.length;
    if (alive) this.#startAll(runs);
    return alive;
  }

  #startAll(runs: readonly ClaimedRun[]): void {
    this.#starting.push(...runs);
    if (this.#slicing) return;
    this.#slicing = true;
    void this.#startInSlices().finally(() => {
      this.#slicing = false;
      this.#tellIdle();
    });
  }

  /** So that what else the program has to do comes between them. */
  async #startInSlices(): Promise<void> {
    const { clock } = this.#options;
    let until = clock.monotonic() + SLICE_MS;
    for (let run = this.#starting.shift(); run !== undefined; run = this.#starting.shift()) {
      this.#tryStart(run);
      // What it does at once counts too.
      await undefined;
      if (clock.monotonic() < until) continue;
      await this.#pause(0);
      if (!(await this.#stillLives())) this.#starting.length = 0;
      until = clock.monotonic() + SLICE_MS;
    }
  }

  /** Between two slices the process may have stood still for longer than its lease. */
  async #stillLives(): Promise<boolean> {
    // Once it is closed nothing starts any more: what is left is handed back.
    while (!this.#closed) {
      try {
        return await this.#options.lives();
      } catch {
        await this.#pause(RETRY_MS);
      }
    }
    return true;
  }

  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((go) => clock.schedule(clock.now() + ms, go));
  }

  /** Ends a run of this node because somebody wishes it; others' runs are not ours to end. */
  grant(wish: Wish): void {
    for (const { attempt } of this.#running) {
      if (isMeant(wish, attempt.run)) attempt.ask(wish.asked);
    }
    for (const [index, run] of this.#starting.entries()) {
      if (isMeant(wish, run)) this.#starting[index] = { ...run, asked: wish.asked };
    }
  }

  /** Outcomes were written; `freed`: something may be claimable now that was not before. */
  settled(freed: boolean): void {
    if (freed || this.#full) this.#options.wake();
  }

  /** Claims nothing more. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Of one that is closed: looks up what a claim has taken whose answer was lost, for at most `ms`
   * where the store stays away. Resolves when all that it held has its outcome.
   */
  async handBack(ms: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + ms;
    while (this.#claimId !== null && clock.monotonic() < until) {
      if (this.#asking || !(await this.#lookUp())) await this.#pause(RETRY_MS);
    }
    await this.idle();
  }

  async #lookUp(): Promise<boolean> {
    try {
      await this.#claim(0, this.#options.clock.now());
      return true;
    } catch {
      return false;
    }
  }

  /** Resolves when no attempt runs any more. */
  async idle(): Promise<void> {
    if (this.#running.size === 0 && !this.#slicing) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** `interrupted`: the node ends in order. `lost`: it was declared dead, others have its runs. */
  stopAll(reason: "interrupted" | "lost", which: "all" | "at-most-once" = "all"): void {
    for (const { attempt } of this.#running) {
      if (which === "all" || attempt.atMostOnce) attempt.stop(reason);
    }
  }

  /** Others have its runs now, which may come back to this process while their attempts still end. */
  abandon(): void {
    this.close();
    this.#starting.length = 0;
    for (const { attempt, done } of this.#running) this.#linger(attempt.run.id, done);
    this.stopAll("lost");
  }

  #room(): number {
    const { concurrency, settler } = this.#options;
    if (settler.backlog > BACKLOG_MAX) return 0;
    return Math.min(BATCH, concurrency - this.running);
  }

  /** One run that cannot be understood never stops the others. */
  #tryStart(run: ClaimedRun): void {
    try {
      this.#start(run);
    } catch (error) {
      const service = `dispatcher (run ${run.id})`;
      this.#options.events.emit({ kind: "trouble", service, error, retryInMs: 0 });
    }
  }

  #start(run: ClaimedRun): void {
    const { catalogue, executors, settler, clock } = this.#options;
    const definition = catalogue.definition(run.definition);
    const carried = catalogue.carried(run.task);
    const executor = carried === null ? undefined : executors.get(carried.work.kind);
    if (this.#closed || carried === null || executor === undefined) {
      // Handed back at once: another node may have the code, or this one is about to end.
      settler.settle(unperformed(run, definition, { kind: "interrupted" }, clock.now()));
      return;
    }
    const attempt = new Attempt({
      clock,
      store: this.#options.store,
      run,
      definition,
      work: carried.work,
      executor,
      output: this.#options.output(run, run.attempts.length + 1),
      redactor: this.#options.redactor,
      lingering: this.#options.lingering.get(run.id) ?? null,
      lives: this.#options.lives,
      // Told no sooner: others of its batch may be announced before its code comes to run.
      onBegin: ({ run: { task } }) => this.#options.onWorking([task]),
      onNote: (noted) => this.#notes.add(noted),
    });
    this.#announce(attempt);
    const running: Running = {
      attempt,
      done: attempt.perform().then((ended) => {
        this.#finish(running);
        settler.settle(ended);
      }),
      place: null,
    };
    this.#running.add(running);
    if (attempt.number === 1) this.#options.onStart?.(carried, run.id);
  }

  #finish(running: Running): void {
    const { attempt } = running;
    this.#running.delete(running);
    this.#notes.delete(attempt);
    if (attempt.lingering !== null) this.#linger(attempt.run.id, attempt.lingering);
    if (this.#full) this.#options.wake();
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#running.size > 0 || this.#slicing) return;
    this.#options.onWorking([]);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #linger(run: string, until: Promise<void>): void {
    const { lingering } = this.#options;
    lingering.set(run, until);
    void until.then(() => {
      if (lingering.get(run) === until) lingering.delete(run);
    });
  }

  #announce(attempt: Attempt): void {
    const { events } = this.#options;
    if (!events.heard) return;
    const { id: run, task, dueAt, startedAt } = attempt.run;
    events.emit({ kind: "attempt", run, task, number: attempt.number, dueAt, startedAt });
  }
}

function holdingOf({ id, fence }: ClaimedRun): Holding {
  return { run: id, fence };
}

function isMeant(wish: Wish, run: ClaimedRun): boolean {
  return wish.fence === run.fence && wish.run === run.id;
}

function finite(at: number): number | null {
  return at === Infinity ? null : at;
}

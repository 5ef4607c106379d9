import type { Clock } from "../clock.ts";
import type { LogBatch, Logs } from "../log.ts";
import { CAPTURE_LIMITS, type CaptureLimits, LogCapture } from "./capture.ts";

export interface LogWriterOptions {
  readonly clock: Clock;
  readonly logs: Logs;
  /** What is about to be written; each line once, however often the writing is tried. */
  readonly onLines?: (batches: readonly LogBatch[]) => void;
  /** Told once when lines cannot be written, and once when they can again. */
  readonly onTrouble: (message: string) => void;
  readonly limits?: CaptureLimits;
  /** How often what attempts under way say is written, ms. */
  readonly flushMs?: number;
  /** How long `flush` and `close` wait at most, ms. */
  readonly patienceMs?: number;
  /** What attempts that have ended may leave waiting, in bytes; the oldest is given up first. */
  readonly backlogBytes?: number;
}

/** One append has about so much at most, in bytes. */
const APPEND_COST = 1024 * 1024;
/** Attempts that end within so many ms are written together. */
const GATHER_MS = 5;
/** Then the lines of an append are given up: it may be they that cannot be written. */
const TRIES = 10;
const RETRY_MAX_MS = 5_000;
/** What an attempt costs besides what it said, in bytes. */
const CAPTURE_COST = 1024;

/**
 * Carries what the attempts of a node say to the logs: every 200 ms, and at once when an attempt
 * ends. One append is under way at a time, and what comes meanwhile waits in the captures, which
 * are bounded. So logs that are slow or fail cost lines, and never fail or slow a run.
 */
export class LogWriter {
  readonly #clock: Clock;
  readonly #logs: Logs;
  readonly #onLines: (batches: readonly LogBatch[]) => void;
  readonly #onTrouble: (message: string) => void;
  readonly #limits: CaptureLimits;
  readonly #flushMs: number;
  readonly #patienceMs: number;
  readonly #backlogBytes: number;

  /** Attempts under way that said something. */
  readonly #soon = new Set<LogCapture>();
  /** Attempts that ended or that somebody waits for, oldest first, with their costs. */
  readonly #urgent = new Map<LogCapture, number>();
  #backlog = 0;
  #flushAt = 0;
  #timer: { readonly at: number; readonly cancel: () => void } | null = null;
  #state: "idle" | "writing" | "closed" = "idle";
  /** Whose lines are in the append under way. */
  #appending: readonly LogCapture[] = [];
  readonly #waiters = new Map<() => void, string | null>();
  #endPause: () => void = () => {};
  /** Lines lost since it began, or null where all is well. */
  #trouble: { lost: number } | null = null;

  constructor(options: LogWriterOptions) {
    this.#clock = options.clock;
    this.#logs = options.logs;
    this.#onLines = options.onLines ?? (() => {});
    this.#onTrouble = options.onTrouble;
    this.#limits = options.limits ?? CAPTURE_LIMITS;
    this.#flushMs = options.flushMs ?? 200;
    this.#patienceMs = options.patienceMs ?? 5_000;
    this.#backlogBytes = options.backlogBytes ?? 64 * 1024 * 1024;
  }

  /** Where an attempt's output goes; costs nothing until something is said. */
  open(run: string, attempt: number): LogCapture {
    const onWaiting = (capture: LogCapture, urgency: "soon" | "now"): void => {
      if (this.#state === "closed") return;
      if (urgency === "now") this.#hurry(capture);
      else this.#admit(capture);
      this.#arm();
    };
    return new LogCapture(run, attempt, this.#clock, onWaiting, this.#limits);
  }

  /** Resolves when all that a run said here so far is written, or after a bounded wait. */
  flush(run: string): Promise<"written" | "late"> {
    return this.#flush(run);
  }

  /** Writes what there is, within a bounded wait, and then nothing more. The logs stay open. */
  async close(): Promise<void> {
    await this.#flush(null);
    this.#state = "closed";
    this.#timer?.cancel();
    this.#endPause();
  }

  #flush(run: string | null): Promise<"written" | "late"> {
    for (const capture of this.#soon) {
      if (run === null || capture.run === run) this.#hurry(capture);
    }
    if (!this.#busy(run)) return Promise.resolve("written");
    this.#arm();
    return new Promise((resolve) => {
      const forget = this.#clock.schedule(this.#clock.now() + this.#patienceMs, () => {
        this.#waiters.delete(done);
        resolve("late");
      });
      const done = (): void => {
        forget();
        resolve("written");
      };
      this.#waiters.set(done, run);
    });
  }

  #busy(run: string | null): boolean {
    const captures = [...this.#urgent.keys(), ...this.#appending];
    return captures.some((capture) => run === null || capture.run === run);
  }

  #admit(capture: LogCapture): void {
    if (this.#soon.size === 0) this.#flushAt = this.#clock.now() + this.#flushMs;
    this.#soon.add(capture);
  }

  #hurry(capture: LogCapture): void {
    this.#soon.delete(capture);
    this.#relieve(capture);
    const cost = capture.waitingCost + CAPTURE_COST;
    this.#urgent.set(capture, cost);
    this.#backlog += cost;
    for (const oldest of this.#urgent.keys()) {
      if (this.#backlog <= this.#backlogBytes) break;
      this.#relieve(oldest);
      this.#lose(oldest.take(), "it is too slow");
    }
  }

  #relieve(capture: LogCapture): void {
    this.#backlog -= this.#urgent.get(capture) ?? 0;
    this.#urgent.delete(capture);
  }

  #arm(): void {
    if (this.#state !== "idle") return;
    const now = this.#clock.now();
    // The wall clock may have jumped back.
    this.#flushAt = Math.min(this.#flushAt, now + this.#flushMs);
    const at = this.#urgent.size > 0 ? now + GATHER_MS : this.#flushAt;
    if (this.#urgent.size === 0 && this.#soon.size === 0) return;
    if (this.#timer !== null && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const cancel = this.#clock.schedule(at, () => {
      this.#timer = null;
      void this.#write();
    });
    this.#timer = { at, cancel };
  }

  async #write(): Promise<void> {
    this.#state = "writing";
    const round = this.#takeSoon();
    while (this.#state === "writing" && (this.#urgent.size > 0 || round.length > 0)) {
      const batches = this.#collect(round);
      this.#onLines(batches);
      await this.#append(batches);
      this.#appending = [];
      for (const [done, run] of this.#waiters) {
        if (this.#busy(run)) continue;
        this.#waiters.delete(done);
        done();
      }
    }
    if (this.#state === "writing") this.#state = "idle";
    this.#arm();
  }

  /** A round takes each attempt under way once, so that a flood is written at a bounded rate. */
  #takeSoon(): LogCapture[] {
    if (this.#clock.now() < this.#flushAt) return [];
    const round = [...this.#soon].filter((capture) => capture.ripe);
    for (const capture of round) this.#soon.delete(capture);
    if (this.#soon.size > 0) this.#flushAt = this.#clock.now() + this.#flushMs;
    return round;
  }

  #collect(round: LogCapture[]): LogBatch[] {
    const captures: LogCapture[] = [];
    const batches: LogBatch[] = [];
    let cost = 0;
    while (cost < APPEND_COST) {
      const [urgent] = this.#urgent.keys();
      const capture = urgent ?? round.shift();
      if (capture === undefined) break;
      this.#relieve(capture);
      cost += capture.waitingCost;
      for (const batch of capture.take()) batches.push(batch);
      captures.push(capture);
    }
    this.#appending = captures;
    return batches;
  }

  async #append(batches: readonly LogBatch[]): Promise<void> {
    if (batches.length === 0) return;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#logs.append(batches);
        this.#recover();
        return;
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        if (tries === TRIES || this.#state === "closed") return this.#lose(batches, cause);
        this.#tell(cause);
      }
      await this.#pause(Math.min(this.#flushMs * 2 ** tries, RETRY_MAX_MS));
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(this.#clock.now() + ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #lose(batches: readonly LogBatch[], cause: string): void {
    const lines = batches.reduce((total, batch) => total + batch.lines.length, 0);
    this.#tell(cause).lost += lines;
  }

  #tell(cause: string): { lost: number } {
    if (this.#trouble === null) {
      this.#trouble = { lost: 0 };
      this.#onTrouble(
        `The log of runs cannot be written: ${cause}. Runs go on; lines that find no room are lost.`,
      );
    }
    return this.#trouble;
  }

  #recover(): void {
    if (this.#trouble === null) return;
    const { lost } = this.#trouble;
    this.#trouble = null;
    this.#onTrouble(`The log of runs is written again; ${lost} lines were lost.`);
  }
}

import type { Clock } from "../clock.ts";
import { isFinal } from "../core/run.ts";
import type { Beat, Heart, HeartbeatTarget } from "../heartbeat.ts";
import type { Logs } from "../log.ts";
import type { EndedRun } from "../outbox.ts";
import type { RunRow } from "../records.ts";
import { lastBytes, readTail } from "./log-tail.ts";
import type { Outlets } from "./outlets.ts";
import { Pace } from "./pace.ts";

export interface HeartbeatsOptions {
  readonly clock: Clock;
  readonly heart: Heart;
  /** The store, for what is known of a run. */
  readonly store: { run(id: string): Promise<Pick<RunRow, "state" | "error"> | null> };
  readonly logs: Pick<Logs, "read">;
  /** Resolves when what a run said here is in the logs, or after a bounded wait. */
  readonly flush: (run: string) => Promise<unknown>;
  /** Who watches the node itself, if anybody. */
  readonly node: HeartbeatTarget | null;
}

/** How long a start may be on its way: less than an end has, which waits for it. */
const START_MS = 5_000;
/** Starts under way at once, and how many more may wait for their turn: the rest are not told. */
const STARTS_MAX = 20;
const WAITING_MAX = 1_000;
/** A task is heard so often at once, and then once a second: services refuse who asks for more. */
const BURST = 5;
const EVERY_MS = 1_000;
/** So many starts of a task are remembered until their ends are told. */
const OPEN_MAX = 50;

interface Start {
  readonly task: string;
  readonly run: string;
  readonly target: HeartbeatTarget;
}

/**
 * Tells the watchers of tasks what becomes of their runs. The end of a run comes through the outbox
 * and may be tried again; its start goes out at once, and is not told where that fails. A start
 * never arrives after its run's end: an end waits for the one that is on its way.
 */
export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  readonly #pace = new Pace(BURST, EVERY_MS);
  /** By run, the starts that wait for their turn, oldest first, and those on their way. */
  readonly #waiting = new Map<string, Start>();
  readonly #underWay = new Map<string, Promise<void>>();
  /** By task, the runs whose start the watcher has heard and whose end it has not. */
  readonly #open = new Map<string, Set<string>>();
  readonly #closing = new AbortController();

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
  }

  /** The ways out of a node that lead to its tasks' watchers and to its own. */
  outlets(): Pick<Outlets, "beat" | "start" | "alive"> {
    const { node, heart } = this.#options;
    return {
      start: ({ definition, heartbeat }, run) => {
        if (heartbeat !== undefined) this.#start(definition.task, run, heartbeat);
      },
      beat: async ({ definition, heartbeat }, ended, signal) => {
        if (heartbeat !== undefined) await this.#end(definition.task, ended, heartbeat, signal);
      },
      alive: node === null ? null : (signal) => heart.beat(node, bare("alive", null), signal),
    };
  }

  /** Nothing more is told. */
  close(): void {
    this.#waiting.clear();
    this.#closing.abort();
  }

  #start(task: string, run: string, target: HeartbeatTarget): void {
    if (this.#closing.signal.aborted || this.#waiting.size >= WAITING_MAX) return;
    // One is left for an end, which matters more.
    if (this.#pace.take(task, this.#options.clock.monotonic(), 1) > 0) return;
    this.#waiting.set(run, { task, run, target });
    // On a turn of its own: the attempts that start in this one come first.
    const { clock } = this.#options;
    clock.schedule(clock.now(), () => this.#next());
  }

  async #end(
    task: string,
    ended: EndedRun,
    target: HeartbeatTarget,
    signal: AbortSignal,
  ): Promise<void> {
    this.#waiting.delete(ended.run);
    await this.#underWay.get(ended.run);
    await this.#turnOf(task, signal);
    const run = (await this.#isPaired(task, ended.run)) ? ended.run : null;
    const beat: Beat = {
      event: ended.state === "succeeded" ? "success" : "fail",
      run,
      durationMs: ended.endedAt - ended.startedAt,
      exitCode: ended.exitCode,
      tail: (bytesMax) => this.#tail(ended, bytesMax),
    };
    await this.#options.heart.beat(target, beat, signal);
    if (run === null) this.#open.delete(task);
    else this.#openOf(task).delete(run);
  }

  /**
   * Whether an end may bear its run's id. A watcher that hears start and end by id waits for the end
   * of each start it has heard, and calls the task dead where none comes: so where an end was
   * superseded by this one, or another process told the start, this end closes whatever is open.
   */
  async #isPaired(task: string, run: string): Promise<boolean> {
    const open = this.#open.get(task);
    if (open === undefined || !open.has(run)) return false;
    const others = [...open].filter((other) => other !== run);
    const rows = await Promise.all(others.map((other) => this.#options.store.run(other)));
    return rows.every((row) => row !== null && !isFinal(row.state));
  }

  #openOf(task: string): Set<string> {
    const open = this.#open.get(task) ?? new Set();
    this.#open.set(task, open);
    return open;
  }

  async #turnOf(task: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const waitMs = this.#pace.take(task, clock.monotonic());
      if (waitMs === 0 || signal.aborted) return;
      await new Promise<void>((go) => clock.schedule(clock.now() + waitMs, go));
    }
  }

  #next(): void {
    const [first] = this.#waiting.values();
    if (first === undefined || this.#underWay.size >= STARTS_MAX) return;
    this.#waiting.delete(first.run);
    const told = this.#tellStart(first).finally(() => {
      this.#underWay.delete(first.run);
      this.#next();
    });
    this.#underWay.set(first.run, told);
  }

  async #tellStart({ task, run, target }: Start): Promise<void> {
    const { clock, heart } = this.#options;
    const patience = new AbortController();
    const withdraw = clock.schedule(clock.now() + START_MS, () => patience.abort());
    const signal = AbortSignal.any([patience.signal, this.#closing.signal]);
    try {
      await heart.beat(target, bare("start", run), signal);
      const open = this.#openOf(task);
      if (open.size < OPEN_MAX) open.add(run);
    } catch {
      // Its end will be told.
    } finally {
      withdraw();
    }
  }

  /** What a failed run printed last, and its error where that did not print it; best effort. */
  async #tail(ended: EndedRun, bytesMax: number): Promise<string> {
    try {
      const { store, logs, flush } = this.#options;
      const row = ended.state === "failed" ? await store.run(ended.run) : null;
      const error = lastBytes(row?.error?.message ?? "", bytesMax);
      if (ended.logBytes === 0) return error;
      await flush(ended.run);
      const { run, attempt, endedAt: untilAt, startedAt: fromAt } = ended;
      const of = { run, attempt, fromAt, untilAt };
      const tail = await readTail(logs, of, bytesMax);
      if (error === "" || tail.includes(error)) return tail;
      return `${lastBytes(tail, Math.max(0, bytesMax - Buffer.byteLength(error) - 1))}\n${error}`;
    } catch {
      return "";
    }
  }
}

/** A beat of which nothing more is known. */
function bare(event: "alive" | "start", run: string | null): Beat {
  const tail = (): Promise<string> => Promise.resolve("");
  return { event, run, durationMs: null, exitCode: null, tail };
}

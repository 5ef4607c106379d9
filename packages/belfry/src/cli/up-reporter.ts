import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { LogBatch, LogLine } from "../log.ts";
import type { NodeReload } from "../main.ts";

export type LogLevel = Config["log"]["level"];

/** What a node runs, once it does. */
export interface Up {
  readonly config: Config;
  readonly node: string;
  readonly tasks: readonly LoadedTask[];
  readonly problems: readonly Problem[];
  /** `HOST:PORT` of its health and metrics, or null. */
  readonly http: string | null;
}

/** Tells whoever looks at `up` what happens. */
export interface Reporter {
  up(up: Up): void;
  /** Files were edited: what it runs now, and what is wrong with them. */
  reloaded(reload: NodeReload): void;
  event(event: EngineEvent): void;
  /** What runs said, where that is asked for. */
  output(batches: readonly LogBatch[]): void;
  /** It was asked to stop; what runs has `graceMs` to end. */
  stopping(graceMs: number): void;
  down(): void;
  close(): void;
}

const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function isTold(level: LogLevel, least: LogLevel): boolean {
  return LEVELS[level] >= LEVELS[least];
}

/** How much an event matters to whoever reads along. */
export function levelOf(event: EngineEvent): LogLevel {
  switch (event.kind) {
    case "attempt":
      return "debug";
    case "ended":
      if (event.state === "failed") return "error";
      return event.state === "succeeded" ? "info" : "warn";
    case "incident":
      return event.step === "closed" && event.incident.kind === "task" ? "info" : "warn";
    case "alert":
      return event.result === "sent" ? "info" : "warn";
    case "gap":
      return event.reason === "down" || event.reason === "late" ? "warn" : "info";
    case "refused":
    case "restored":
    case "declared-dead":
      return "error";
    case "trouble":
    case "dead":
    case "stale":
    case "forsaken":
    case "clock":
      return "warn";
    default:
      return "info";
  }
}

/** A line of a run's output, and what it is of. */
export interface OutputLine extends LogLine {
  readonly run: string;
  readonly task: string | null;
}

/** Runs whose tasks are remembered: as many as can say something at once, and more. */
const RUNS_MAX = 10_000;

/** Tells of which task the lines of a run are: an attempt is announced before it can say anything. */
export class OutputLines {
  readonly #tasks = new Map<string, string>();

  hear(event: EngineEvent): void {
    if (event.kind !== "attempt") return;
    const { run, task } = event;
    this.#tasks.delete(run);
    this.#tasks.set(run, task);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > RUNS_MAX && oldest !== undefined) this.#tasks.delete(oldest);
  }

  of(batches: readonly LogBatch[]): readonly OutputLine[] {
    return batches.flatMap(({ run, lines }) => {
      const task = this.#tasks.get(run) ?? null;
      return lines.map((line) => ({ ...line, run, task }));
    });
  }
}

/** The same trouble is told again only after this, ms. */
const AGAIN_AFTER_MS = 60_000;

/** Trouble that lasts is told once, then each minute with how often it came. */
export class Troubles {
  readonly #seen = new Map<string, { toldAt: number; since: number }>();

  /** @returns how often it came since it was last told, this one included; null: keep quiet. */
  count(service: string, message: string, now: number): number | null {
    const key = `${service}\n${message}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined && now - seen.toldAt < AGAIN_AFTER_MS) {
      seen.since += 1;
      return null;
    }
    const times = (seen?.since ?? 0) + 1;
    if (this.#seen.size >= 1_000) this.#seen.clear();
    this.#seen.set(key, { toldAt: now, since: 0 });
    return times;
  }
}

/** A store that is away troubles every service: that is one trouble, of the store. */
export function subjectOf({ service, error }: EngineEvent & { kind: "trouble" }): string {
  const isAway = error instanceof BelfryError && error.kind === "unavailable";
  return isAway ? "store" : service;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

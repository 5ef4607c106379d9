import { Worker } from "node:worker_threads";
import { beside } from "../../beside.ts";
import { BelfryError, type ErrorKind } from "../../core/errors.ts";
import type { LogBatch, LogPage, LogQuery, Logs } from "../../log.ts";
import { type PackedBatch, packBatch } from "../log-row.ts";

/** What crosses to the thread and back, as JSON text: cheaper than objects. */
export type LogsCall = { readonly id: number } & LogsVerb;

type LogsVerb =
  | { readonly verb: "append"; readonly batches: readonly PackedBatch[] }
  | { readonly verb: "read"; readonly query: LogQuery }
  | { readonly verb: "prune"; readonly before: number }
  | { readonly verb: "close" };

export interface LogsAnswer {
  readonly id: number;
  /** What was read; null from the other verbs. */
  readonly page: LogPage | null;
  readonly failure: LogsFailure | null;
}

export interface LogsFailure {
  /** Null for a surprise. */
  readonly kind: ErrorKind | null;
  readonly code: string | null;
  readonly message: string;
  readonly hint: string | null;
}

interface Waiting {
  readonly resolve: (page: LogPage | null) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The log files of a folder, in a thread of their own: a slow disk does not hold up the engine.
 * The thread starts with the first call and holds the process only while an answer is
 * outstanding. If it dies, what was asked of it fails and the next call starts another.
 */
export class SqliteLogsClient implements Logs {
  readonly #folder: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #calls = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async append(batches: readonly LogBatch[]): Promise<void> {
    await this.#call({ verb: "append", batches: batches.map(packBatch) });
  }

  async read(query: LogQuery): Promise<LogPage> {
    const page = await this.#call({ verb: "read", query });
    return page ?? { lines: [], cursor: query.after };
  }

  async prune(before: number): Promise<void> {
    await this.#call({ verb: "prune", before });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    await this.#call({ verb: "close" });
    await worker.terminate();
  }

  #call(verb: LogsVerb): Promise<LogPage | null> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    this.#calls += 1;
    const call: LogsCall = { id: this.#calls, ...verb };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve, reject });
      worker.ref();
      worker.postMessage(JSON.stringify(call));
    });
  }

  #start(): Worker {
    const worker = new Worker(beside(import.meta.url, "logs-thread"), {
      workerData: this.#folder,
      // Those of a program given by `--eval` would stop the thread.
      execArgv: [],
    });
    let cause: unknown = null;
    worker.on("message", (text: string) => this.#hear(worker, JSON.parse(text)));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => this.#ended(worker, cause));
    return worker;
  }

  #hear(worker: Worker, { id, page, failure }: LogsAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) worker.unref();
    if (failure === null) waiting?.resolve(page);
    else waiting?.reject(errorOf(failure));
  }

  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const message = cause instanceof Error ? cause.message : "it was stopped";
    const error = new BelfryError(
      "unavailable",
      "logs-unavailable",
      `The thread that writes the log of runs ended: ${message}.`,
      "It is started again with the next line.",
      {},
      { cause },
    );
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function errorOf({ kind, code, message, hint }: LogsFailure): Error {
  if (kind === null || code === null) return new Error(message);
  return new BelfryError(kind, code, message, hint);
}

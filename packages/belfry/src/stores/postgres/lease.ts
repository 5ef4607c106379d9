import { Worker } from "node:worker_threads";
import { beside } from "../../beside.ts";
import { systemClock } from "../../clocks/system.ts";
import type { Lease, LeaseTerms, Proof, Renewed } from "../../lease.ts";
import { Pulse } from "../pulse.ts";
import { STALL_MS, type StallTerms } from "../stalls.ts";
import type { FromLease, LeaseStart, ToLease } from "./lease-protocol.ts";

export interface LeaseOptions {
  /** Of the store. */
  readonly url: string;
  readonly stalls: StallTerms["stalls"];
  readonly stallMs?: number;
}

/** A thread that ended is replaced after this, ms. */
const AGAIN_MS = 500;

interface Holder {
  readonly node: string;
  readonly terms: LeaseTerms;
  readonly onRenewed: (renewed: Renewed) => void;
}

/**
 * A node's lease in PostgreSQL, renewed from a thread of its own, which holds the process only for
 * as long as its answer is waited for. One after another the incarnations of a node may hold it.
 */
export class ThreadLease implements Lease {
  readonly #options: LeaseOptions;
  readonly #file: URL;
  readonly #pulse = new Pulse();
  #worker: Worker | null = null;
  #holder: Holder | null = null;
  #released: (() => void)[] = [];
  #withdraw: () => void = () => {};

  /** @throws BelfryError `bundled`. */
  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#file = beside(import.meta.url, "lease-thread");
  }

  async prove(): Promise<void> {}

  hold(node: string, terms: LeaseTerms, onRenewed: (renewed: Renewed) => void): void {
    this.#holder = { node, terms, onRenewed };
    this.#ask(this.#holder, terms.renewMs);
  }

  async release(): Promise<void> {
    this.#holder = null;
    this.#withdraw();
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    await new Promise<void>((resolve) => {
      this.#released.push(resolve);
      this.#send(worker, { kind: "release" });
    });
  }

  /** No host can prove to another that a process is gone. */
  async probe(): Promise<Proof> {
    return "unknown";
  }

  working(tasks: readonly string[]): void {
    this.#pulse.work(tasks);
  }

  async close(): Promise<void> {
    await this.release();
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #ask({ node, terms }: Holder, inMs: number): void {
    this.#worker ??= this.#begin();
    this.#send(this.#worker, { kind: "hold", node, terms, inMs });
  }

  #begin(): Worker {
    const { url, stalls, stallMs = STALL_MS } = this.#options;
    const start: LeaseStart = { url, stalls, stallMs, pulse: this.#pulse.memory };
    // Flags of a program given by `--eval` would stop the thread.
    const worker = new Worker(this.#file, { workerData: start, execArgv: [] });
    worker.on("message", (message: FromLease) => this.#hear(worker, message));
    worker.on("error", () => {});
    worker.on("exit", () => this.#lose(worker));
    // After the listeners, since one for messages holds the process.
    worker.unref();
    return worker;
  }

  #send(worker: Worker, message: ToLease): void {
    worker.postMessage(message);
  }

  #hear(worker: Worker, message: FromLease): void {
    switch (message.kind) {
      case "renewed":
        if (message.node === this.#holder?.node) this.#holder.onRenewed(message.renewed);
        break;
      case "released":
        this.#released.shift()?.();
        if (this.#released.length === 0) worker.unref();
        break;
      case "beat":
        this.#pulse.beat();
        break;
    }
  }

  /** Whatever ended it (memory, as a rule), the lease is renewed on: by the next thread. */
  #lose(worker: Worker): void {
    for (const resolve of this.#released.splice(0)) resolve();
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#withdraw = systemClock.schedule(systemClock.now() + AGAIN_MS, () => {
      if (this.#holder !== null) this.#ask(this.#holder, 0);
    });
  }
}

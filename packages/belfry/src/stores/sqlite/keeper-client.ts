import { Worker } from "node:worker_threads";
import { beside } from "../../beside.ts";
import { BelfryError } from "../../core/errors.ts";
import type { LeaseTerms, Proof, Renewed } from "../../lease.ts";
import type { Change, Store } from "../../store.ts";
import { type Answer, type Args, StoreFace, type Verb } from "../face.ts";
import { Pulse } from "../pulse.ts";
import { STALL_MS, type StallTerms } from "../stalls.ts";
import { errorOf } from "./failure.ts";
import type { Answered, Deed, FromKeeper, KeeperDeeds, KeeperStart } from "./keeper-protocol.ts";
import { proofsOf } from "./proof.ts";

export interface KeeperOptions {
  /** The database's file, on a local disk, or `:memory:`. */
  readonly path: string;
  /** `provable`: a node's death on this host is seen at once, by a file it holds locked. */
  readonly death: "provable" | "by-lease";
  readonly stalls: StallTerms["stalls"];
  readonly stallMs?: number;
}

interface Call {
  readonly verb: Verb | Deed;
  readonly args: readonly unknown[];
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens the store in a thread of its own.
 * @throws BelfryError where the file cannot be used: see `Database` and `migrate`; `bundled`.
 */
export async function openKeeper(options: KeeperOptions): Promise<KeeperClient> {
  const keeper = new KeeperClient(options);
  await keeper.opened;
  return keeper;
}

/**
 * The store's face in the program's thread, and the node's lease, which the keeper renews by its
 * own timer. Calls made in one turn of the loop share a commit. The thread holds the process only
 * while an answer is outstanding, so a program ends by itself when it has nothing left to do.
 */
export class KeeperClient extends StoreFace implements Store {
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #pulse = new Pulse();
  /** In the order of the calls, which is that of the answers. */
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Set<(what: Change) => void>();
  #open: Waiting | null = null;
  #outbox: Call[] = [];
  #ended: Error | null = null;
  #onRenewed: ((renewed: Renewed) => void) | null = null;

  constructor(options: KeeperOptions) {
    super();
    const start: KeeperStart = {
      path: options.path,
      proofs: options.death === "provable" ? proofsOf(options.path) : null,
      pulse: this.#pulse.memory,
      stallMs: options.stallMs ?? STALL_MS,
      stalls: options.stalls,
    };
    // Flags of a program given by `--eval` would stop the thread.
    this.#worker = new Worker(beside(import.meta.url, "keeper"), {
      workerData: start,
      execArgv: [],
    });
    this.opened = new Promise((resolve, reject) => {
      this.#open = { resolve: () => resolve(), reject };
    });
    let cause: unknown = null;
    this.#worker.on("message", (text: string) => this.#hear(JSON.parse(text)));
    this.#worker.on("error", (error) => {
      cause = error;
    });
    this.#worker.on("exit", () => this.#end(keeperDied(cause)));
  }

  protected override call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    return new Promise((resolve, reject) => {
      // The keeper answers what was asked; JSON carries no types.
      this.#send(verb, args, { resolve: (answer) => resolve(answer as Answer<V>), reject });
    });
  }

  #do<D extends Deed>(
    deed: D,
    args: Parameters<KeeperDeeds[D]>,
  ): Promise<ReturnType<KeeperDeeds[D]>> {
    return new Promise((resolve, reject) => {
      // As in `call`.
      const answered = (answer: unknown): void => resolve(answer as ReturnType<KeeperDeeds[D]>);
      this.#send(deed, args, { resolve: answered, reject });
    });
  }

  /** Makes the death of this process provable; to be awaited before the node joins. */
  prove(node: string): Promise<void> {
    return this.#do("prove", [node]);
  }

  /** Renews the node's lease from the keeper's thread until it is released or declared dead. */
  hold(node: string, terms: LeaseTerms, onRenewed: (renewed: Renewed) => void): void {
    this.#onRenewed = onRenewed;
    this.#do("hold", [node, terms]).catch(ignoreEnd);
  }

  /** Stops renewing and withdraws the proof. */
  async release(): Promise<void> {
    this.#onRenewed = null;
    await this.#do("release", []);
  }

  /** Whether the process of a node of this host still exists. */
  probe(node: string): Promise<Proof> {
    return this.#do("probe", [node]);
  }

  /** Names the tasks that run in this process, for the case that one of them blocks its loop. */
  working(tasks: readonly string[]): void {
    this.#pulse.work(tasks);
  }

  onChange(wake: (what: Change) => void): () => void {
    this.#listeners.add(wake);
    if (this.#listeners.size === 1) this.#do("listen", ["changes"]).catch(ignoreEnd);
    return () => {
      if (!this.#listeners.delete(wake) || this.#listeners.size > 0) return;
      this.#do("listen", ["nothing"]).catch(ignoreEnd);
    };
  }

  async close(): Promise<void> {
    if (this.#ended !== null) return;
    await this.#do("close", []);
    this.#end(
      new BelfryError("unavailable", "store-closed", "The store was closed.", "Open it again."),
    );
    await this.#worker.terminate();
  }

  #send(verb: Verb | Deed, args: readonly unknown[], waiting: Waiting): void {
    if (this.#ended !== null) {
      waiting.reject(this.#ended);
      return;
    }
    if (this.#waiting.length === 0) this.#worker.ref();
    this.#waiting.push(waiting);
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush());
    this.#outbox.push({ verb, args });
  }

  /** What was asked in one turn goes as one message, so it surely shares a commit. */
  #flush(): void {
    const calls = this.#outbox;
    this.#outbox = [];
    if (this.#ended === null) this.#worker.postMessage(JSON.stringify(calls));
  }

  #hear(message: FromKeeper): void {
    switch (message.kind) {
      case "open":
        this.#open?.resolve(null);
        this.#rest();
        break;
      case "refused":
        this.#end(errorOf(message.failure));
        void this.#worker.terminate();
        break;
      case "answers":
        this.#answer(message.answers);
        this.#rest();
        break;
      case "renewed":
        this.#onRenewed?.(message.renewed);
        break;
      case "changed":
        for (const wake of this.#listeners) wake("anything");
        break;
      case "beat":
        this.#pulse.beat();
        break;
    }
  }

  #answer(answers: readonly Answered[]): void {
    const waiting = this.#waiting.splice(0, answers.length);
    for (const [index, { answer, failure }] of answers.entries()) {
      if (failure === undefined) waiting[index]?.resolve(answer);
      else waiting[index]?.reject(errorOf(failure));
    }
  }

  #rest(): void {
    if (this.#waiting.length === 0) this.#worker.unref();
  }

  #end(error: Error): void {
    if (this.#ended !== null) return;
    this.#ended = error;
    this.#open?.reject(error);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** Who only sends a word need not hear that the keeper has ended: the next real call says so. */
function ignoreEnd(): void {}

function keeperDied(cause: unknown): BelfryError {
  const message = cause instanceof Error ? cause.message : "it was stopped";
  return new BelfryError(
    "unavailable",
    "keeper-died",
    `The thread that keeps the store ended: ${message}.`,
    "Start the program again; nothing acknowledged is lost.",
    {},
    { cause },
  );
}

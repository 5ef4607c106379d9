import type { Store } from "../store.ts";
import { type Answer, type Args, StoreFace, type Verb } from "../stores/face.ts";
import type { Database } from "../stores/sqlite/database.ts";
import { performAlone } from "../stores/sqlite/verbs.ts";
import type { VirtualProcess } from "./virtual-process.ts";

/** The store as one process sees it: nobody answers a process that has died. */
export class ProcessStore extends StoreFace implements Store {
  readonly #db: Database;
  readonly #process: VirtualProcess;

  constructor(db: Database, process: VirtualProcess) {
    super();
    this.#db = db;
    this.#process = process;
  }

  onChange(): () => void {
    return () => {};
  }

  async close(): Promise<void> {}

  protected override call<V extends Verb>(verb: V, args: Args<V>): Promise<Answer<V>> {
    if (this.#process.state === "dead") return new Promise(() => {});
    return new Promise((resolve) => resolve(performAlone(this.#db, verb, args)));
  }
}

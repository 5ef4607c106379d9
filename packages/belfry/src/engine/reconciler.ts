import type { Clock } from "../clock.ts";
import type { Holding, Store } from "../store.ts";
import { unperformed } from "./attempt.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import type { Settler } from "./settler.ts";

export interface ReconcilerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly node: string;
  readonly events: Events;
  readonly settler: Settler;
  /** What this node runs, and what it has yet to settle. */
  readonly known: () => Iterable<Holding>;
  /** The claim whose answer is awaited, or null: what it took is nobody's here yet. */
  readonly awaited: () => string | null;
}

const EVERY_MS = 5_000;

/**
 * Compares what runs here as far as the store knows with what does. They part where the store has
 * forgotten an end that it had acknowledged (a standby without the last commits was promoted), and
 * where it refused one. Such a run would be held by a node that lives, and be nobody's to recover:
 * the node gives it back as lost.
 */
export class Reconciler implements Service {
  readonly name = "reconciler";
  readonly precision = "rough";
  readonly #options: ReconcilerOptions;
  /** What nobody knew of at the last look. */
  #suspects: ReadonlySet<string> = new Set();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Once is not enough: a run may be settled, and forgotten here, after the store was read. */
  async step(now: number): Promise<number> {
    const unknown = await this.#unknown();
    const forsaken = unknown.filter((each) => this.#suspects.has(keyOf(each)));
    this.#suspects = new Set(unknown.map(keyOf));
    if (forsaken.length > 0) await this.#giveBack(forsaken);
    return now + EVERY_MS;
  }

  /** The store is asked first: what it has given away by then is known here, or its answer awaited. */
  async #unknown(): Promise<readonly Holding[]> {
    const { store, node, known, awaited } = this.#options;
    const held = await store.holdings(node);
    if (held.length === 0) return [];
    const [keys, claim] = [new Set(Array.from(known(), keyOf)), awaited()];
    return held.filter((each) => each.claim !== claim && !keys.has(keyOf(each)));
  }

  async #giveBack(forsaken: readonly Holding[]): Promise<void> {
    const { store, catalogue, settler, clock, events } = this.#options;
    const runs = await store.held(forsaken);
    await catalogue.fetch(runs.map((run) => run.definition));
    for (const run of runs) {
      events.emit({ kind: "forsaken", run: run.id, task: run.task });
      const definition = catalogue.definition(run.definition);
      settler.settle(unperformed(run, definition, { kind: "lost" }, clock.now()));
    }
    await settler.drainedOrEnding();
  }
}

function keyOf({ run, fence }: Holding): string {
  return `${run}/${fence}`;
}

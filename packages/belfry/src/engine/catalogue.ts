import type { Schedule } from "@belfry/schedule";
import type { Definition, Release, SchedulePart } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import { compile } from "../core/schedule.ts";
import type { Work } from "../executor.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import type { ComposeMail } from "../mailer.ts";
import type { StoredDefinition } from "../records.ts";
import type { Store } from "../store.ts";

/** A task whose code this node has. */
export interface CarriedTask {
  readonly definition: Definition;
  /** Hash of the definition. */
  readonly hash: string;
  readonly work: Work;
  /** What its output is mailed as; absent: it is not. */
  readonly mail?: ComposeMail;
  /** Who hears of its runs; absent: nobody. */
  readonly heartbeat?: HeartbeatTarget;
}

const DEFINITIONS_MAX = 10_000;
const SCHEDULES_MAX = 10_000;

/**
 * What a node knows of definitions: the code it carries, and, by hash, the ones that runs and
 * schedules were made with. The store is the truth; this is a bounded cache.
 */
export class Catalogue {
  readonly releases: readonly Release[];
  readonly #carried = new Map<string, CarriedTask>();
  readonly #store: Store;
  readonly #definitions = new Map<string, Definition>();
  readonly #schedules = new Map<string, Schedule>();

  constructor(store: Store, tasks: readonly CarriedTask[], releases: readonly Release[]) {
    this.#store = store;
    this.releases = releases;
    this.bring(tasks);
  }

  /**
   * Takes code in, in place of what these tasks had. Code of others stays: what was claimed before
   * they were gone may be yet to start, and the store lets nothing of them be claimed any more.
   */
  bring(tasks: readonly CarriedTask[]): void {
    for (const task of tasks) {
      this.#carried.set(task.definition.task, task);
      remember(this.#definitions, task.hash, task.definition, Infinity);
    }
  }

  carried(task: string): CarriedTask | null {
    return this.#carried.get(task) ?? null;
  }

  /** The definitions of this node's releases, to be published. */
  stored(): StoredDefinition[] {
    return [...this.#carried.values()].map(({ hash, definition }) => ({ hash, body: definition }));
  }

  /** Brings the definitions of these hashes within reach of `definition()`. */
  async fetch(hashes: Iterable<string>): Promise<void> {
    const missing = new Set<string>();
    for (const hash of hashes) if (!this.#definitions.has(hash)) missing.add(hash);
    if (missing.size === 0) return;
    for (const { hash, body } of await this.#store.definitions([...missing])) {
      remember(this.#definitions, hash, body, DEFINITIONS_MAX);
    }
  }

  definition(hash: string): Definition {
    const found = this.#definitions.get(hash);
    if (found === undefined) {
      throw new BelfryError("unavailable", "no-definition", `The store has no definition ${hash}.`);
    }
    return found;
  }

  /** The compiled union of a schedule's parts. `~` draws from the schedule's id, so it stays. */
  schedule(id: string, parts: readonly SchedulePart[]): Schedule {
    const drawn = parts.some((part) => part.expression.includes("~"));
    const key = JSON.stringify(drawn ? [id, parts] : parts);
    const known = this.#schedules.get(key);
    if (known !== undefined) return known;
    const compiled = compile(parts, id);
    remember(this.#schedules, key, compiled, SCHEDULES_MAX);
    return compiled;
  }
}

/** Forgets the oldest entry beyond `most`: insertion order is age. */
function remember<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

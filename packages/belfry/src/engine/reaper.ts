import type { Clock } from "../clock.ts";
import type { Executor } from "../executor.ts";
import type { Proof } from "../lease.ts";
import type { Peer } from "../records.ts";
import type { Store } from "../store.ts";
import { unperformed } from "./attempt.ts";
import type { Catalogue } from "./catalogue.ts";
import type { ClockGuard } from "./clock-guard.ts";
import type { Events } from "./events.ts";
import type { Service } from "./loop.ts";
import type { Settler } from "./settler.ts";

export interface ReaperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly executors: Iterable<Executor>;
  readonly node: string;
  readonly host: string;
  readonly guard: ClockGuard;
  readonly events: Events;
  readonly settler: Settler;
  readonly probe: (node: string) => Promise<Proof>;
  /** How long a lease lasts. */
  readonly leaseMs: number;
}

const EVERY_MS = 1_000;
/** Who comes to renew a moment late is not dead, ms: it may have had to find a new line first. */
const GRACE_MS = 250;
/** How often runs of dead nodes are looked for although nobody was found dead. */
const ORPHANS_EVERY_MS = 10_000;
const BATCH = 500;

/**
 * Recovers: finds nodes that are gone, kills their row so that they can claim nothing more, and
 * gives each of their runs the outcome `lost`. From there a lost run goes the way of any other.
 */
export class Reaper implements Service {
  readonly name = "reaper";
  readonly precision = "rough";
  readonly #options: ReaperOptions;
  /** By the monotonic clock, as the wall clock may go back. */
  #orphansAt = 0;
  /** By the monotonic clock: since when the store does not answer, and from when leases count again. */
  #awaySince: number | null = null;
  #believedAt = 0;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  async step(now: number): Promise<number> {
    const peers = await this.#peers(this.#options.node);
    const killed = await this.#killGone(peers, now);
    const passed = this.#options.clock.monotonic();
    if (killed || passed >= this.#orphansAt) {
      this.#orphansAt = passed + ORPHANS_EVERY_MS;
      await this.#takeOrphans();
    }
    // Whose lease is about to end is looked for when it has, not up to a second later.
    const ends = peers.map(({ leaseUntil }) => leaseUntil + GRACE_MS + 1).filter((at) => at > now);
    return Math.min(now + EVERY_MS, ...ends);
  }

  async #killGone(peers: readonly Peer[], now: number): Promise<boolean> {
    const { store, node, events } = this.#options;
    let killed = false;
    for (const other of peers) {
      const evidence = await this.#evidence(other, now);
      if (evidence === null) continue;
      // Its lease may run on, and once it is killed any host may begin its runs again.
      if (evidence === "proven") await this.#reclaim(new Set([other.id]));
      if ((await store.kill(other.id, evidence, now, node)) !== "killed") continue;
      events.emit({ kind: "dead", node: other.id, evidence });
      killed = true;
    }
    return killed;
  }

  /**
   * Who could not renew while the store was away is not dead for that: whoever lives gets a full
   * lease's time from when it is back. Away for less than a
   * third of a lease it has cost nobody one: there are two renewals more in each.
   */
  async #peers(node: string): Promise<readonly Peer[]> {
    const { store, clock, leaseMs } = this.#options;
    const askedAt = clock.monotonic();
    try {
      const peers = await store.peers(node);
      const now = clock.monotonic();
      if (now - (this.#awaySince ?? now) > leaseMs / 3) this.#believedAt = now + leaseMs;
      this.#awaySince = null;
      return peers;
    } catch (error) {
      this.#awaySince ??= askedAt;
      throw error;
    }
  }

  /** Proof needs no clock; an expired lease is believed only while the clock is. */
  async #evidence(other: Peer, now: number): Promise<"proven" | "expired" | null> {
    const { host, probe, guard, clock } = this.#options;
    if (other.host === host && (await probe(other.id)) === "gone") return "proven";
    if (other.leaseUntil + GRACE_MS >= now || guard.holdUntil() !== null) return null;
    return clock.monotonic() < this.#believedAt ? null : "expired";
  }

  async #takeOrphans(): Promise<void> {
    const { store, catalogue, settler, clock } = this.#options;
    const orphans = await store.orphans(BATCH);
    if (orphans.length === 0) return;
    await catalogue.fetch(orphans.map((run) => run.definition));
    await this.#reclaim(new Set(orphans.map((run) => run.node)));
    for (const run of orphans) {
      const definition = catalogue.definition(run.definition);
      settler.settle(unperformed(run, definition, { kind: "lost" }, clock.now()));
    }
    await settler.drainedOrEnding();
    if (orphans.length === BATCH) this.#orphansAt = 0;
  }

  /**
   * What these nodes left running on this host must be gone before their runs begin again: also
   * where the answer to the kill was lost, and where only a lease has ended.
   */
  async #reclaim(nodes: ReadonlySet<string>): Promise<void> {
    for (const executor of this.#options.executors) {
      for (const node of nodes) await executor.reclaim(node);
    }
  }
}

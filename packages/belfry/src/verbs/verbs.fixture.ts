import { VirtualClock } from "../clocks/virtual.ts";
import type { Definition, Release } from "../core/definition.ts";
import type { Reason } from "../core/run.ts";
import { accountUpTo } from "../engine/account.ts";
import { Catalogue } from "../engine/catalogue.ts";
import { Events } from "../engine/events.ts";
import { Releases } from "../engine/releases.ts";
import type { RunRow } from "../records.ts";
import type { Settlement } from "../store.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import {
  claimOne,
  DAY,
  FAILED,
  hashOf,
  joinNode,
  NOON,
  release,
  runOf,
  SUCCEEDED,
  settlement,
} from "../stores/store.fixture.ts";
import type { VerbContext } from "./context.ts";

const RETENTION_MS = 90 * DAY;

/** A store and its time, without a process that works on it: what a node would do is done by hand. */
export class Scene implements AsyncDisposable {
  readonly store: SqliteStore = new SqliteStore(":memory:");
  readonly clock: VirtualClock;
  readonly context: VerbContext;
  #drawn = 0;

  constructor(now: number = NOON) {
    this.clock = new VirtualClock(now);
    this.context = {
      store: this.store,
      logs: {
        append: () => Promise.resolve(),
        read: () => Promise.resolve({ lines: [], cursor: null }),
        prune: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      clock: this.clock,
      entropy: () =>
        String(++this.#drawn)
          .padStart(3, "0")
          .padEnd(19, "0"),
      by: "ann@host",
      retentionMs: RETENTION_MS,
    };
  }

  get now(): number {
    return this.clock.now();
  }

  at(instant: number | string): void {
    const at = typeof instant === "string" ? Date.parse(instant) : instant;
    this.clock.jump(at - this.now);
  }

  /** A node comes up with these tasks, and its release is adopted. */
  async up(
    bodies: readonly Definition[],
    options: { node?: string; source?: string; unread?: readonly string[]; leaseMs?: number } = {},
  ): Promise<Release> {
    const { node = "n1", source, unread, leaseMs = 100 * DAY } = options;
    const { store, now } = this;
    const made = release(bodies, source, unread);
    await store.publish(
      made,
      bodies.map((body) => ({ hash: hashOf(body), body })),
      now,
    );
    await joinNode(store, node, [made], now, leaseMs);
    const releases = new Releases({
      store,
      catalogue: new Catalogue(store, [], []),
      events: new Events(),
      retentionMs: RETENTION_MS,
      attendance: "node",
      by: "node",
      onAdopted: () => {},
    });
    await releases.step(now);
    return made;
  }

  /** Plans the task up to now, as its node does at each due instant or when it is back. */
  async plan(task: string): Promise<void> {
    const catalogue = new Catalogue(this.store, [], []);
    const terms = { catalogue, retentionMs: RETENTION_MS, attendance: "node" } as const;
    await accountUpTo([task], { store: this.store, ...terms }, this.now);
  }

  /** Starts and ends the one run that can start now. */
  async perform(end: "succeeded" | "failed", over: Partial<Settlement> = {}): Promise<RunRow> {
    const { store, now } = this;
    const run = await claimOne(store, now);
    const verdict = end === "succeeded" ? SUCCEEDED : FAILED;
    await store.settle([settlement(run, verdict, now, over)], now);
    return await runOf(store, run.id);
  }

  /** Comes to an instant at which the task is due, plans it, and performs what that made. */
  async runs(task: string, at: number | string, end: "succeeded" | "failed"): Promise<RunRow> {
    this.at(at);
    await this.plan(task);
    return await this.perform(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

/** A failed run's settlement with a reason of its own. */
export function failedAs(reason: Reason): Pick<Settlement, "verdict"> {
  return { verdict: { move: "finish", state: "failed", reason } };
}

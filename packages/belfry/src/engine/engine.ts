import type { Release } from "../core/definition.ts";
import { BelfryError } from "../core/errors.ts";
import type { Lease } from "../lease.ts";
import type { Change } from "../store.ts";
import type { CarriedTask } from "./catalogue.ts";
import { Events } from "./events.ts";
import { Node } from "./node.ts";
import type { NodeOptions } from "./node-options.ts";
import type { Ticked } from "./round.ts";

export interface EngineOptions
  extends Omit<
    NodeOptions,
    "events" | "onDeclaredDead" | "lingering" | "lease" | "tasks" | "releases"
  > {
  /** A lease for each incarnation. */
  readonly lease: () => Lease;
}

/** What this node has code for. */
export interface Carried {
  readonly tasks: readonly CarriedTask[];
  readonly releases: readonly Release[];
}

/** How soon another try is made to put a node in a dead one's place, ms. */
const REVIVE_MS = 2_000;

/** Keeps one node working: starts it, and puts a new one in its place when it was declared dead. */
export class Engine {
  readonly events: Events;
  readonly #options: EngineOptions;
  #carried: Carried = { tasks: [], releases: [] };
  /** What is wished of it: a node that is wished for and cannot be had is tried again. */
  #wish: "started" | "stopped" = "stopped";
  #node: Node | null = null;
  readonly #lingering = new Map<string, Promise<void>>();
  /** Nodes that were declared dead and still end what they did. */
  readonly #leaving = new Set<Promise<void>>();
  #withdraw: () => void = () => {};
  #changing: Promise<void> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.events = new Events(options.redactor);
  }

  /** Incarnation id of the working node, or null. */
  get node(): string | null {
    return this.#node?.id ?? null;
  }

  /** When the working node's lease ends unless it is renewed; null where no node works. */
  get leaseUntil(): number | null {
    return this.#node === null || this.#node.leaseUntil === 0 ? null : this.#node.leaseUntil;
  }

  get running(): number {
    return this.#node?.running ?? 0;
  }

  /** Starts a node that carries these tasks; starting twice is starting once. */
  start(carried: Carried): Promise<void> {
    return this.#change(async () => {
      if (this.#wish === "started") return;
      this.#carried = carried;
      await this.#startNode();
      this.#wish = "started";
    });
  }

  /**
   * Where its duty is a tick: does what there is to do, and resolves when that has ended.
   * @throws BelfryError where the store fails, or the node is not there or was declared dead.
   */
  async round(): Promise<Ticked> {
    const node = this.#node;
    if (node === null) throw new BelfryError("conflict", "not-started", "There is no node.");
    return await node.round();
  }

  /** Where its duty is one run that has ended: tells of it, for a bounded time. */
  async deliver(): Promise<void> {
    await this.#node?.deliver();
  }

  /**
   * Carries these tasks from now on. A node that is yet to come, or is to take a dead one's place,
   * will carry them too, also where this rejects because the store is away.
   */
  reload(carried: Carried): Promise<void> {
    return this.#change(async () => {
      this.#carried = carried;
      await this.#node?.reload(carried.tasks, carried.releases);
    });
  }

  /** @param graceMs how long attempts may go on before they are interrupted. */
  stop(graceMs: number): Promise<void> {
    return this.#change(async () => {
      const node = this.#node;
      this.#wish = "stopped";
      this.#node = null;
      this.#withdraw();
      await node?.stop(graceMs);
      await Promise.all(this.#leaving);
    });
  }

  /** Something was changed by this very process: look at once. */
  hint(what: Change): void {
    this.#node?.hint(what);
  }

  async #startNode(): Promise<void> {
    const node = new Node({
      ...this.#options,
      ...this.#carried,
      lease: this.#options.lease(),
      lingering: this.#lingering,
      events: this.events,
      onDeclaredDead: (dead) => void this.#replace(dead),
    });
    this.#node = node;
    try {
      await node.start();
    } catch (error) {
      this.#node = null;
      await this.#leave(node);
      throw error;
    }
  }

  #replace(dead: Node): Promise<void> {
    return this.#change(async () => {
      if (this.#node !== dead) return;
      this.#node = null;
      await this.#leave(dead);
      await this.#revive();
    });
  }

  async #leave(node: Node): Promise<void> {
    const { gone } = await node.abandon();
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }

  /** The store that could not be reached in time may still be away: a node comes when it is back. */
  async #revive(): Promise<void> {
    if (this.#wish === "stopped") return;
    try {
      await this.#startNode();
    } catch (error) {
      const { clock } = this.#options;
      this.events.emit({ kind: "trouble", service: "engine", error, retryInMs: REVIVE_MS });
      this.#withdraw = clock.schedule(
        clock.now() + REVIVE_MS,
        () => void this.#change(() => this.#revive()),
      );
    }
  }

  /** One change at a time: a stop that comes during a start waits for it. */
  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }
}

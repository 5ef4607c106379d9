import type { Release } from "../core/definition.ts";
import type { CarriedTask } from "./catalogue.ts";
import { Events } from "./events.ts";
import type { Lease } from "./lease.ts";
import { Node, type NodeOptions } from "./node.ts";

export interface EngineOptions
  extends Omit<NodeOptions, "events" | "onDeclaredDead" | "lease" | "tasks" | "releases"> {
  /** A lease for each incarnation. */
  readonly lease: () => Lease;
}

/** What this node has code for. */
export interface Carried {
  readonly tasks: readonly CarriedTask[];
  readonly releases: readonly Release[];
}

/** Keeps one node working: starts it, and puts a new one in its place when it was declared dead. */
export class Engine {
  readonly events: Events = new Events();
  readonly #options: EngineOptions;
  #carried: Carried = { tasks: [], releases: [] };
  #node: Node | null = null;
  #changing: Promise<void> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Incarnation id of the working node, or null. */
  get node(): string | null {
    return this.#node?.id ?? null;
  }

  get running(): number {
    return this.#node?.running ?? 0;
  }

  /** Starts a node that carries these tasks; starting twice is starting once. */
  start(carried: Carried): Promise<void> {
    return this.#change(async () => {
      if (this.#node !== null) return;
      this.#carried = carried;
      await this.#startNode();
    });
  }

  /** @param graceMs how long attempts may go on before they are interrupted. */
  stop(graceMs: number): Promise<void> {
    return this.#change(async () => {
      const node = this.#node;
      this.#node = null;
      await node?.stop(graceMs);
    });
  }

  /** Something was changed by this very process: look at once. */
  hint(): void {
    this.#node?.hint();
  }

  async #startNode(): Promise<void> {
    const node = new Node({
      ...this.#options,
      ...this.#carried,
      lease: this.#options.lease(),
      events: this.events,
      onDeclaredDead: (dead) => void this.#replace(dead),
    });
    this.#node = node;
    await node.start();
  }

  #replace(dead: Node): Promise<void> {
    return this.#change(async () => {
      if (this.#node !== dead) return;
      await dead.abandon();
      await this.#startNode();
    });
  }

  /** One change at a time: a stop that comes during a start waits for it. */
  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change);
    this.#changing = changed.catch(() => {});
    return changed;
  }
}

import type { Store } from "../packages/belfry/src/store.ts";
import type { SoakNode } from "./node-process.ts";

export interface Scene {
  readonly nodes: readonly SoakNode[];
  readonly leaseMs: number;
}

/** Something that goes wrong; it is over when its promise resolves. */
export type Fault = (scene: Scene, turn: number) => Promise<string>;

/** What the nodes of a soak stand on, and what may befall it. */
export interface Ground extends AsyncDisposable {
  /** The store's URL. */
  readonly url: string;
  /** Its own faults, beside those of the nodes. */
  readonly faults: readonly Fault[];
  /** The store as a client has it. The caller closes it. */
  open(): Promise<Store>;
  /** The store is there: whoever watches over it may begin. */
  watch(): Promise<void>;
  /** How large things are, MiB. */
  sizes(): Readonly<Record<string, number>>;
  /** What was seen of it, for people. */
  describe(): Promise<readonly string[]>;
  /** Everything wrong that only it can see. */
  judge(): Promise<readonly string[]>;
}

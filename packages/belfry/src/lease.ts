import type { Renewal } from "./store.ts";

/** Whether a node's process still exists, as its host can prove. */
export type Proof = "alive" | "gone" | "unknown";

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly renewMs: number;
}

/** A renewal's answer, and until when it holds, counted from before it was sent. */
export interface Renewed extends Renewal {
  readonly untilAt: number;
}

/** A node's time-limited right to work, renewed for as long as it is held. */
export interface Lease {
  /** Makes the death of this process provable; before the node's row is written. */
  prove(node: string): Promise<void>;
  hold(node: string, terms: LeaseTerms, onRenewed: (renewed: Renewed) => void): void;
  /** Stops renewing and withdraws the proof. */
  release(): Promise<void>;
  probe(node: string): Promise<Proof>;
  /** The tasks whose functions run in this process: one of them blocks it if it stands still. */
  working(tasks: readonly string[]): void;
}

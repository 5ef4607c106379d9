import type { LeaseTerms, Proof, Renewed } from "../../lease.ts";
import type { StallTerms } from "../stalls.ts";
import type { Failure } from "./failure.ts";
import type { VerbCall } from "./group-commit.ts";

/** What the keeper is given when it starts. */
export interface KeeperStart extends StallTerms {
  readonly path: string;
  /** Where nodes of this host hold their life lines; null: no death is provable. */
  readonly proofs: string | null;
}

/** What the keeper does beside the store's verbs. */
export type KeeperDeeds = {
  prove(node: string): void;
  hold(node: string, terms: LeaseTerms): void;
  release(): void;
  probe(node: string): Proof;
  listen(to: "changes" | "nothing"): void;
  close(): void;
};

export type Deed = keyof KeeperDeeds;

export type DeedCall = {
  [D in Deed]: {
    readonly verb: D;
    readonly args: Parameters<KeeperDeeds[D]>;
  };
}[Deed];

/** Calls go as one JSON text, a list of these: a tenth of what objects cost. */
export type KeeperCall = DeedCall | VerbCall;

/** What a call came to; answers come in the order of their calls. */
export interface Answered {
  readonly answer?: unknown;
  readonly failure?: Failure;
}

export type FromKeeper =
  | { readonly kind: "open" }
  | { readonly kind: "refused"; readonly failure: Failure }
  | { readonly kind: "answers"; readonly answers: readonly Answered[] }
  | { readonly kind: "renewed"; readonly renewed: Renewed }
  | { readonly kind: "changed" }
  | { readonly kind: "beat" };

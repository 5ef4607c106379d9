import type { Renewal } from "../../store.ts";
import type { Failure } from "./failure.ts";
import type { VerbCall } from "./group-commit.ts";
import type { Proof } from "./proof.ts";

/** What the keeper is given when it starts. */
export interface KeeperStart {
  readonly path: string;
  /** Where nodes of this host hold their life lines; null: no death is provable. */
  readonly proofs: string | null;
  readonly pulse: SharedArrayBuffer;
  readonly stallMs: number;
  /** Whether a loop that stands still is named on stderr: a library prints nothing. */
  readonly stalls: "printed" | "silent";
}

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly renewMs: number;
}

/** A renewal's answer, and until when it holds, counted from before it was sent. */
export interface Renewed extends Renewal {
  readonly untilAt: number;
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

import type { LeaseTerms, Renewed } from "../../lease.ts";
import type { StallTerms } from "../stalls.ts";

/** What the lease's thread is given when it starts. */
export interface LeaseStart extends StallTerms {
  readonly url: string;
}

export type ToLease =
  | {
      readonly kind: "hold";
      readonly node: string;
      readonly terms: LeaseTerms;
      /** When it is renewed first, ms from now. */
      readonly inMs: number;
    }
  | { readonly kind: "release" };

export type FromLease =
  | { readonly kind: "renewed"; readonly node: string; readonly renewed: Renewed }
  | { readonly kind: "released" }
  | { readonly kind: "beat" };

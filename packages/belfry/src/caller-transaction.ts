import type { Triggered, TriggerRequest } from "./triggering.ts";

/**
 * A transaction that the caller has begun: a `pg` client, or anything that does a statement in it.
 * The answer is the rows, or an object that has them as `rows`.
 */
export interface CallerTransaction {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/**
 * Makes a run in the caller's transaction: it exists exactly if that commits.
 * @throws BelfryError `not-in-transaction`, `other-database`; else whatever the statements throw.
 */
export type TriggerIn = (
  tx: CallerTransaction,
  request: TriggerRequest,
  now: number,
) => Promise<Triggered>;

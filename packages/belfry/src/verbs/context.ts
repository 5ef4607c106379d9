import type { TriggerIn } from "../caller-transaction.ts";
import type { Clock } from "../clock.ts";
import type { Proof } from "../lease.ts";
import type { Logs } from "../log.ts";
import type { NodeRow, TaskRow } from "../records.ts";
import type { Store } from "../store.ts";

export type KnownTask = Pick<TaskRow, "name" | "definition" | "body">;

/** What every verb of an operator needs: the same for the library, the command line and HTTP. */
export interface VerbContext {
  readonly store: Store;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly entropy: () => string;
  /** Who acts, for the audit: `ann@host`, `api`. */
  readonly by: string;
  readonly retentionMs: number;
  /** Whether the process of a node still exists, as its host can prove; absent: nothing is proven. */
  readonly probe?: (node: Pick<NodeRow, "id" | "host">) => Promise<Proof>;
  /**
   * Tasks as they were last read, by name, for a process that triggers often: the store says where
   * one has changed since. Absent: each is read anew.
   */
  readonly known?: Map<string, KnownTask>;
  /** Absent: no transaction of the caller's reaches the store. */
  readonly triggerIn?: TriggerIn;
}

import { dirname } from "node:path";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clocks/system.ts";
import type { StoreAddress } from "../define/store-address.ts";
import type { Lease } from "../engine/lease.ts";
import type { Proof } from "../engine/reaper.ts";
import type { Logs } from "../log.ts";
import type { Store } from "../store.ts";
import { openKeeper } from "../stores/sqlite/keeper-client.ts";
import { SqliteLogs } from "../stores/sqlite/logs.ts";
import { SqliteLogsClient } from "../stores/sqlite/logs-client.ts";
import { probe, proofsOf } from "../stores/sqlite/proof.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";

// Of the composition root: which store, logs and lease stand behind the address of a store.

/** What is kept for longer than a process, as a client sees it. */
export interface ClientState {
  readonly store: Store;
  readonly logs: Logs;
  /** By which all who share the store tell time. */
  readonly clock: Clock;
  /** Whether the process of a node of this host still exists. */
  probe(node: string): Promise<Proof>;
  close(): Promise<void>;
}

/** The same as a node sees it, with its right to work. */
export interface NodeState extends ClientState {
  /** For what belongs to this machine alone. */
  readonly dataDir: string;
  /** A lease for each incarnation of the node. */
  readonly lease: () => Lease;
}

/** Opens a store in this thread, for one command. @throws BelfryError where it cannot be used. */
export async function openClientState(address: StoreAddress): Promise<ClientState> {
  const store = new SqliteStore(address.path);
  const logs = new SqliteLogs(dirname(address.path));
  const proofs = proofsOf(address.path);
  return {
    store,
    logs,
    clock: systemClock,
    probe: async (node) => probe(proofs, node),
    async close() {
      await logs.close();
      await store.close();
    },
  };
}

/**
 * Opens a store and its logs so that neither blocks this thread.
 * @param stalls whether a loop that stands still is named on stderr.
 * @throws BelfryError where it cannot be used.
 */
export async function openNodeState(
  address: StoreAddress,
  stalls: "printed" | "silent",
): Promise<NodeState> {
  const keeper = await openKeeper({ path: address.path, death: "provable", stalls });
  const dataDir = dirname(address.path);
  const logs = new SqliteLogsClient(dataDir);
  return {
    store: keeper,
    logs,
    clock: systemClock,
    dataDir,
    lease: () => keeper,
    probe: (node) => keeper.probe(node),
    async close() {
      await logs.close();
      await keeper.close();
    },
  };
}

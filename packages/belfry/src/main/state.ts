import { existsSync } from "node:fs";
import type { TriggerIn } from "../caller-transaction.ts";
import type { Clock } from "../clock.ts";
import { systemClock } from "../clocks/system.ts";
import { BelfryError } from "../core/errors.ts";
import type { SqliteAddress, StoreAddress } from "../define/store-address.ts";
import type { Lease, Proof } from "../lease.ts";
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
  /** Null: no transaction of somebody else's reaches this store. */
  readonly triggerIn: TriggerIn | null;
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

/** Whether there is a store at that address; a question must not make one. */
export async function storeExists(address: StoreAddress): Promise<boolean> {
  if (address.kind === "sqlite") return existsSync(address.path);
  const { postgresExists } = await import("../stores/postgres/open.ts");
  return await postgresExists(address);
}

/**
 * Opens a store in this thread, for one command.
 * @throws BelfryError `no-store` where there is none; where it cannot be used, as the store.
 */
export async function openClientState(address: StoreAddress): Promise<ClientState> {
  if (!(await storeExists(address))) throw noStore(address);
  if (address.kind === "sqlite") return sqliteClient(address);
  // Read only where it is needed: most have one file, and the driver takes its time.
  const { openPostgres } = await import("../stores/postgres/open.ts");
  return await openPostgres(address);
}

/**
 * Opens a store and its logs so that neither blocks this thread.
 * @param stalls whether a loop that stands still is named on stderr.
 * @param leaseMs of the node.
 * @throws BelfryError where it cannot be used.
 */
export async function openNodeState(
  address: StoreAddress,
  stalls: "printed" | "silent",
  leaseMs: number,
): Promise<NodeState> {
  if (address.kind === "sqlite") return await sqliteNode(address, stalls);
  const { openPostgres } = await import("../stores/postgres/open.ts");
  const { ThreadLease } = await import("../stores/postgres/lease.ts");
  const lease = new ThreadLease({ url: address.url, stalls });
  const state = await openPostgres(address, leaseMs);
  return {
    ...state,
    dataDir: address.dataDir,
    lease: () => lease,
    async close() {
      await lease.close();
      await state.close();
    },
  };
}

function sqliteClient({ path, dataDir }: SqliteAddress): ClientState {
  const store = new SqliteStore(path);
  const logs = new SqliteLogs(dataDir);
  const proofs = proofsOf(path);
  return {
    store,
    logs,
    clock: systemClock,
    triggerIn: null,
    probe: async (node) => probe(proofs, node),
    async close() {
      await logs.close();
      await store.close();
    },
  };
}

async function sqliteNode(
  { path, dataDir }: SqliteAddress,
  stalls: "printed" | "silent",
): Promise<NodeState> {
  const keeper = await openKeeper({ path, death: "provable", stalls });
  const logs = new SqliteLogsClient(dataDir);
  return {
    store: keeper,
    logs,
    clock: systemClock,
    triggerIn: null,
    dataDir,
    lease: () => keeper,
    probe: (node) => keeper.probe(node),
    async close() {
      await logs.close();
      await keeper.close();
    },
  };
}

function noStore({ shown }: StoreAddress): BelfryError {
  return new BelfryError(
    "unavailable",
    "no-store",
    `There is no store at ${shown} yet.`,
    "Start a node with `belfry up`; or go to the project's folder, or name its configuration " +
      "with --config.",
  );
}

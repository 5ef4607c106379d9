import { describe } from "node:test";
import type { Store } from "../store.ts";
import { auditContract } from "./audit.contract.ts";
import { definitionsContract } from "./definitions.contract.ts";
import { gatesContract } from "./gates.contract.ts";
import { housekeepingContract } from "./housekeeping.contract.ts";
import { incidentsContract } from "./incidents.contract.ts";
import { nodesContract } from "./nodes.contract.ts";
import { outboxContract } from "./outbox.contract.ts";
import { pausesContract } from "./pauses.contract.ts";
import { placementContract } from "./placement.contract.ts";
import { planClaimContract } from "./plan-claim.contract.ts";
import { planningContract } from "./planning.contract.ts";
import { readingContract } from "./reading.contract.ts";
import { runsContract } from "./runs.contract.ts";
import { triggersContract } from "./triggers.contract.ts";

/** Opens an empty store; each test closes its own. */
export type Open = () => Promise<Store>;

/**
 * What every store must do, verb by verb, against the real engine.
 * @param skip why it cannot be asked of this one here, or false.
 */
export function storeContract(name: string, open: Open, skip: string | false = false): void {
  describe(name, { skip }, () => {
    nodesContract(open);
    placementContract(open);
    definitionsContract(open);
    planningContract(open);
    planClaimContract(open);
    triggersContract(open);
    runsContract(open);
    gatesContract(open);
    pausesContract(open);
    incidentsContract(open);
    outboxContract(open);
    housekeepingContract(open);
    readingContract(open);
    auditContract(open);
  });
}

/** Runs a test's body with a store of its own. */
export function withStore(open: Open, body: (store: Store) => Promise<void>): () => Promise<void> {
  return async () => {
    const store = await open();
    try {
      await body(store);
    } finally {
      await store.close();
    }
  };
}

import { hostname } from "node:os";
import { systemClock, systemEntropy } from "../clocks/system.ts";
import type { Config } from "../define/config.ts";
import type { Logs } from "../log.ts";
import type { Store } from "../store.ts";
import type { Proof } from "../stores/sqlite/proof.ts";
import type { VerbContext } from "../verbs/context.ts";

/** What an operator's verbs work with. @param probe tells of a node of this host. */
export function verbContext(
  config: Config,
  { store, logs, by }: { readonly store: Store; readonly logs: Logs; readonly by: string },
  probe: (node: string) => Promise<Proof>,
): VerbContext {
  const { historyMs: retentionMs } = config.retention;
  const around = { clock: systemClock, entropy: systemEntropy, by, retentionMs };
  return { store, logs, ...around, probe: ofThisHost(probe) };
}

/** What happens in the processes of other hosts nobody here can prove. */
function ofThisHost(probe: (node: string) => Promise<Proof>): NonNullable<VerbContext["probe"]> {
  const here = hostname();
  return async ({ id, host }) => (host === here ? await probe(id) : "unknown");
}

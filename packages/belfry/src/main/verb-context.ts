import { hostname } from "node:os";
import { systemEntropy } from "../clocks/system.ts";
import type { Config } from "../define/config.ts";
import type { VerbContext } from "../verbs/context.ts";
import type { ClientState } from "./state.ts";

/** What an operator's verbs work with. */
export function verbContext(
  config: Config,
  { store, logs, clock, probe, triggerIn }: Omit<ClientState, "close">,
  by: string,
): VerbContext {
  const { historyMs: retentionMs } = config.retention;
  return {
    store,
    logs,
    clock,
    entropy: systemEntropy,
    by,
    retentionMs,
    known: new Map(),
    probe: ofThisHost(probe),
    ...(triggerIn === null ? {} : { triggerIn }),
  };
}

/** What happens in the processes of other hosts nobody here can prove. */
function ofThisHost(probe: ClientState["probe"]): NonNullable<VerbContext["probe"]> {
  const here = hostname();
  return async ({ id, host }) => (host === here ? await probe(id) : "unknown");
}

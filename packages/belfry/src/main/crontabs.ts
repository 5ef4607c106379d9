import { hostname } from "node:os";
import { canonicalTimeZone } from "@belfry/schedule";
import { systemClock } from "../clocks/system.ts";
import type { Problem } from "../define/problem.ts";
import { hostAccounts } from "../sources/crontab/accounts.ts";
import { bootRuns, hostBoot } from "../sources/crontab/boot-runs.ts";
import { livingCronDaemon } from "../sources/crontab/cron-daemon.ts";
import {
  type CrontabHost,
  knownCrontabs,
  type LoadedCrontabs,
  loadCrontabs,
} from "../sources/crontab/load-crontabs.ts";
import type { VerbContext } from "../verbs/context.ts";

/** Crontabs that a node runs, as they were first read. */
export interface Crontabs {
  readonly paths: readonly string[];
  readonly host: CrontabHost;
  readonly loaded: LoadedCrontabs;
}

/**
 * Reads the crontabs of this host.
 * @param told whom to tell: the channels of every task that names none, and why nothing can be
 * mailed from here, or null.
 * @throws BelfryError `no-crontab`.
 */
export async function crontabsHere(
  paths: readonly string[],
  told: Pick<CrontabHost, "alerts" | "unmailable">,
): Promise<Crontabs> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const accounts = hostAccounts();
  const host: CrontabHost = {
    name: hostname(),
    timeZone: canonicalTimeZone(timeZone) ?? "UTC",
    accounts,
    ...told,
    daemon: () => livingCronDaemon(),
  };
  return { paths, host, loaded: await loadCrontabs(paths, host) };
}

/** The crontabs, and those that were there when a node last ran and are not any more. */
export async function withDeleted(crontabs: Crontabs, { store }: VerbContext): Promise<Crontabs> {
  const { paths, host } = crontabs;
  const tasks = await store.tasks(null);
  const sources = tasks.filter(({ enabled }) => enabled).map(({ source }) => source);
  return {
    ...crontabs,
    loaded: await loadCrontabs(paths, host, knownCrontabs(sources, paths, host)),
  };
}

export async function startBootRuns(
  loaded: LoadedCrontabs,
  context: VerbContext,
): Promise<readonly Problem[]> {
  const now = systemClock.now();
  const { runs, problems } = bootRuns(loaded, hostBoot(), now, context.entropy);
  if (runs.length > 0) await context.store.trigger(runs, now);
  return problems;
}

import { hash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Release } from "../../core/definition.ts";
import type { LoadedTask } from "../../define/load.ts";
import type { Fault, Problem } from "../../define/problem.ts";
import { release } from "../../define/release.ts";
import type { Accounts } from "./accounts.ts";
import type { CronDaemon } from "./cron-daemon.ts";
import { type CrontabTasks, crontabTasks } from "./crontab-tasks.ts";
import { distrust, type FoundCrontab, findCrontabs, isCronsOwn } from "./find-crontabs.ts";
import { readCrontab } from "./read-crontab.ts";

/** The host that crontabs are read on. */
export interface CrontabHost {
  readonly name: string;
  /** Its time zone, by its IANA name. */
  readonly timeZone: string;
  readonly accounts: Accounts;
  /** The channels that hear of every task that names none. */
  readonly alerts: readonly string[];
  /** Why nothing can be mailed from there; null: it can. */
  readonly unmailable: Fault | null;
  /** The cron daemon that is alive there. */
  readonly daemon: () => Promise<CronDaemon | null>;
}

/** All that some crontabs declare: a release of each. */
export interface LoadedCrontabs {
  readonly tasks: readonly LoadedTask[];
  readonly releases: readonly Release[];
  /** Names of tasks that run once per boot, and the crontabs they stand in. */
  readonly boots: readonly { readonly task: string; readonly crontab: FoundCrontab }[];
  readonly problems: readonly Problem[];
  readonly crontabs: readonly FoundCrontab[];
  /** A living cron daemon that runs some of them too. */
  readonly daemon: CronDaemon | null;
  /** Changes with anything that is read or said here. */
  readonly fingerprint: string;
}

/**
 * Reads crontabs, each of which is a source of its own, `crontab:HOST:PATH`.
 *
 * @param paths files and folders.
 * @param before what an earlier reading found: a crontab that has gone since declares nothing more.
 * @throws BelfryError `no-crontab` at the first reading, where a path leads nowhere.
 */
export async function loadCrontabs(
  paths: readonly string[],
  host: CrontabHost,
  before: readonly FoundCrontab[] | null = null,
): Promise<LoadedCrontabs> {
  const found = await findCrontabs(paths, before === null ? "refused" : "empty");
  const there = new Set(found.crontabs.map(({ file }) => file));
  const gone = (before ?? []).filter(({ file }) => !there.has(file));
  const parts = await Promise.all(
    found.crontabs.map(async (crontab) => ({ crontab, ...(await loadOne(crontab, host)) })),
  );
  const problems = [...found.problems, ...parts.flatMap((part) => part.problems)].filter(
    ({ message }, index, all) =>
      message !== host.unmailable?.message ||
      index === all.findIndex((problem) => problem.message === message),
  );
  const daemon = found.crontabs.some(isCronsOwn) ? await host.daemon() : null;
  if (daemon !== null) problems.push(alive(daemon));
  const content = [parts.map(({ crontab, text }) => [crontab, text]), problems];
  return {
    tasks: parts.flatMap(({ tasks }) => tasks),
    releases: [
      ...parts.map((part) => release(part, sourceOf(part.crontab, host))),
      ...gone.map((crontab) => release({ tasks: [], unread: [] }, sourceOf(crontab, host))),
    ],
    boots: parts.flatMap(({ boots, crontab }) => boots.map((task) => ({ task, crontab }))),
    problems,
    crontabs: [...found.crontabs, ...gone],
    daemon,
    fingerprint: hash("sha256", JSON.stringify(content)),
  };
}

function alive({ name, pid }: CronDaemon): Problem {
  const message = `${name} is alive (process ${pid}) and runs these crontabs too`;
  const hint =
    "unless you only observe, each line runs twice: systemctl disable --now cron, or crond";
  return { severity: "warning", file: null, line: null, path: null, message, hint };
}

/**
 * Crontabs of which a store knows tasks, among those that these paths name: what was deleted while
 * no node ran must not stay in force.
 *
 * @param sources the sources of the tasks in the store.
 */
export function knownCrontabs(
  sources: Iterable<string>,
  paths: readonly string[],
  host: CrontabHost,
): FoundCrontab[] {
  const prefix = `crontab:${host.name}:`;
  const files = [...new Set(sources)].flatMap((source) =>
    source.startsWith(prefix) ? [source.slice(prefix.length)] : [],
  );
  const named = files.filter((file) =>
    paths.some((path) => file === path || file.startsWith(path.endsWith("/") ? path : `${path}/`)),
  );
  return named.map((file) => ({ file, place: "own" }));
}

function sourceOf({ file }: FoundCrontab, host: CrontabHost): string {
  return `crontab:${host.name}:${file}`;
}

async function loadOne(
  crontab: FoundCrontab,
  host: CrontabHost,
): Promise<CrontabTasks & { readonly text: string }> {
  const { file, place } = crontab;
  const { accounts, timeZone } = host;
  const user = place === "spool" ? (file.split("/").at(-1) ?? "") : accounts.current.name;
  const owner = place === "spool" ? [accounts.find(user)?.uid ?? 0] : [];
  const doubt = await distrust(crontab, [0, accounts.current.uid, ...owner]);
  // What cannot be read takes nothing out of production: what it declared stays, without code.
  if (doubt !== null) return { tasks: [], boots: [], problems: [doubt], unread: [file], text: "" };
  const form =
    place === "system" ? ({ kind: "system" } as const) : ({ kind: "user", user } as const);
  const text = await readFile(file, "utf8");
  const read = readCrontab(text, { file, form, timeZone });
  const source = sourceOf(crontab, host);
  const { name: hostname, unmailable, alerts } = host;
  const about = { source, file, timeZone, accounts, hostname, unmailable, alerts };
  return { ...crontabTasks(read, about), text };
}

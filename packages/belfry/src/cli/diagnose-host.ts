import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import type { HostFacts } from "./host-facts.ts";

const OLDEST_NODE = [24, 15] as const;
const OLDEST_SQLITE = [3, 51, 3] as const;
/** Files that an attempt of a command holds open, and that a node needs beside them. */
const FILES_AN_ATTEMPT = 8;
const FILES_BESIDE = 200;
/** Editions of zone data come out several times a year; in two years some country changes its rule. */
const EDITION_AGE_MAX = 2;

/**
 * Whether the runtime is one that keeps what it was given, knows today's zones, and may open as
 * many files as it needs.
 *
 * @param concurrency attempts that the node may run at once.
 */
export function diagnoseHost(facts: HostFacts, concurrency: number, now: number): Diagnosis[] {
  return [diagnoseNode(facts), diagnoseSqlite(facts), diagnoseZones(facts, now)].concat(
    diagnoseOpenFiles(facts, concurrency),
  );
}

function diagnoseNode({ node }: HostFacts): Diagnosis {
  if (isAtLeast(node, OLDEST_NODE)) return ok("node", `Node.js ${node}.`);
  const message = `Node.js ${node} is too old: ${OLDEST_NODE.join(".")} is the oldest.`;
  return wrong("node", message, "Install a newer Node.js.");
}

function diagnoseSqlite({ sqlite }: HostFacts): Diagnosis {
  if (isAtLeast(sqlite, OLDEST_SQLITE)) return ok("sqlite", `SQLite ${sqlite}.`);
  const oldest = OLDEST_SQLITE.join(".");
  const message = `SQLite ${sqlite} can damage a file that two processes write to; ${oldest} is the oldest that cannot.`;
  return wrong("sqlite", message, "Install a newer Node.js: it brings its SQLite along.");
}

function diagnoseZones({ timeZones }: HostFacts, now: number): Diagnosis {
  const year = Number(/^(\d{4})[a-z]*$/.exec(timeZones)?.[1] ?? Number.NaN);
  const thisYear = new Date(now).getUTCFullYear();
  if (thisYear - year < EDITION_AGE_MAX) return ok("time zones", `Edition ${timeZones}.`);
  const edition = timeZones === "" ? "of an unknown edition" : `those of ${timeZones}`;
  const message = `The time zones are ${edition}: where a rule has changed since, schedules are an hour off.`;
  return doubtful("time zones", message, "Install a newer Node.js: it brings its zones along.");
}

function diagnoseOpenFiles({ openFiles }: HostFacts, concurrency: number): Diagnosis[] {
  if (openFiles === null) return [];
  const wanted = concurrency * FILES_AN_ATTEMPT + FILES_BESIDE;
  if (openFiles >= wanted) return [ok("limits", `A process may open ${openFiles} files.`)];
  const message =
    `A process of this user may open ${openFiles} files; ${concurrency} attempts at once may ` +
    `need ${wanted}.`;
  const remedy = `LimitNOFILE=${wanted} in its service, \`ulimit -n ${wanted}\`, or a lower node.concurrency.`;
  return [doubtful("limits", message, remedy)];
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

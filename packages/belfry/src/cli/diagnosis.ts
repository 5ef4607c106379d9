import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { SourcePlace } from "../core/definition.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { NodeRow, TaskRow } from "../records.ts";
import { codeOf } from "../verbs/nodes.ts";
import { errorView } from "../views/error.ts";
import { nodeState } from "../views/node.ts";
import { durationWords, relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

/** One thing that was looked at, what was found, and how to mend it. */
export interface Diagnosis {
  readonly check: string;
  /** `doubtful` works and may not be meant; only `wrong` counts against the whole. */
  readonly verdict: "ok" | "doubtful" | "wrong";
  readonly message: string;
  readonly remedy: string | null;
}

const MEBIBYTE = 1024 ** 2;
const DISK_LEAST = 100 * MEBIBYTE;
const DISK_LITTLE = 1024 * MEBIBYTE;
/** Clocks of one fleet are not the same to the second. */
const CLOCK_TOLERANCE_MS = 5_000;

export function ok(check: string, message: string): Diagnosis {
  return { check, verdict: "ok", message, remedy: null };
}

export function doubtful(check: string, message: string, remedy: string): Diagnosis {
  return { check, verdict: "doubtful", message, remedy };
}

export function wrong(check: string, message: string, remedy: string | null): Diagnosis {
  return { check, verdict: "wrong", message, remedy };
}

/** What was thrown as a finding: its own hint is the remedy. */
export function failed(check: string, thrown: unknown): Diagnosis {
  const { message, hint, file, line } = errorView(thrown).error;
  const place = file === null ? "" : line === null ? `${file}: ` : `${file}:${line}: `;
  return wrong(check, `${place}${message}`, hint);
}

/** Whether the folder of the state is there, ours alone, writable, and has room. */
export async function diagnoseFolder(store: string): Promise<Diagnosis[]> {
  const folder = dirname(store);
  const found = await stat(folder).catch(() => null);
  if (found === null) {
    const message = `There is no ${folder} yet: nothing was ever run here.`;
    return [doubtful("data folder", message, "belfry up")];
  }
  const findings = [await diagnoseWritable(folder, store)];
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
    const message = `Other users of this host can read ${folder}, and payloads and output with it.`;
    findings.push(doubtful("data folder", message, `chmod 700 ${folder}`));
  }
  return [...findings, await diagnoseDisk(folder)];
}

async function diagnoseWritable(folder: string, store: string): Promise<Diagnosis> {
  for (const path of [folder, store]) {
    try {
      await access(path, constants.R_OK | constants.W_OK);
    } catch (thrown) {
      const missing = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
      if (missing) continue;
      const message = `This user may not write to ${path}.`;
      return wrong("data folder", message, "Run Belfry as its owner, or give it to this user.");
    }
  }
  return ok("data folder", folder);
}

async function diagnoseDisk(folder: string): Promise<Diagnosis> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const message = `${Math.floor(free / MEBIBYTE).toLocaleString("en-US")} MiB are free at ${folder}.`;
  const remedy = "Make room, or keep less: `retention` in the configuration.";
  if (free < DISK_LEAST) return wrong("disk space", message, remedy);
  return free < DISK_LITTLE ? doubtful("disk space", message, remedy) : ok("disk space", message);
}

/** What loading the task files had to say. */
export function diagnoseTasks(tasks: number, problems: readonly Problem[]): Diagnosis[] {
  const findings = problems.map(({ severity, file, line, path, message, hint }) => {
    const place = placeOf({ file, line });
    const text = [place, path ?? "", message].filter((part) => part !== "").join(": ");
    return severity === "error"
      ? wrong("task files", text, hint)
      : doubtful("task files", text, hint ?? "See whether it is meant.");
  });
  if (tasks > 0) return [ok("task files", `${counted(tasks, "task")} can be loaded.`), ...findings];
  const none = "No task was found.";
  return [...findings, doubtful("task files", none, "belfry init writes a first one.")];
}

/** Whether somebody is alive to run things, and can. */
export function diagnoseNodes(nodes: readonly NodeRow[], now: number): Diagnosis[] {
  const present = nodes.filter(({ state }) => state === "alive");
  const alive = present.filter((node) => nodeState(node, now) === "alive");
  const findings: Diagnosis[] = [];
  for (const node of present) {
    const where = `${node.id} on ${node.host}, process ${node.pid}`;
    if (nodeState(node, now) === "expired") {
      const message = `The lease of node ${where} ran out ${relativeWords(node.leaseUntil, now)}.`;
      const remedy = "It is dead or cut off; a live node takes over its runs: belfry up.";
      findings.push(wrong("nodes", message, remedy));
    } else if (node.stalled !== null) {
      const { sinceAt, tasks } = node.stalled;
      const blame = tasks.length === 0 ? "something" : tasks.join(" or ");
      const message = `Node ${where} stands still since ${durationWords(now - sinceAt)}: ${blame} blocks it.`;
      const remedy = "Move its long computations into a command, or a worker thread.";
      findings.push(wrong("nodes", message, remedy));
    }
  }
  if (alive.length > 0)
    return [ok("nodes", `${counted(alive.length, "node")} alive.`), ...findings];
  return [...findings, wrong("nodes", "No node is alive, so nothing runs.", "belfry up")];
}

/** Live nodes of one source that carry different rules: the newest are in force for all. */
export function diagnoseReleases(nodes: readonly NodeRow[], now: number): Diagnosis[] {
  const hashes = new Map<string, Set<string>>();
  for (const node of nodes) {
    if (nodeState(node, now) !== "alive") continue;
    for (const { source, hash } of node.releases) {
      hashes.set(source, (hashes.get(source) ?? new Set()).add(hash));
    }
  }
  return [...hashes].flatMap(([source, found]) => {
    if (found.size < 2) return [];
    const names = [...found].map((hash) => hash.slice(0, 8)).join(" and ");
    const message = `Live nodes carry different releases of ${source}: ${names}; the newest is in force.`;
    const remedy =
      "Finish the deploy: stop the nodes with the old code. `belfry nodes` shows which.";
    return [doubtful("releases", message, remedy)];
  });
}

/** Tasks that nobody alive has the code of. Where nobody is alive at all, that is said already. */
export function diagnoseCarriers(
  tasks: readonly TaskRow[],
  nodes: readonly NodeRow[],
  now: number,
): Diagnosis[] {
  const alive = nodes.filter((node) => nodeState(node, now) === "alive");
  if (alive.length === 0) return [];
  const enabled = tasks.filter((task) => task.enabled);
  const unread = enabled.filter((task) => codeOf(task, alive) === "unread");
  const absent = enabled.filter((task) => codeOf(task, alive) === "absent");
  const mend = "Mend what is said of the task files, then start the node anew.";
  return [
    ...(unread.length === 0
      ? []
      : [wrong("tasks", `No live node could load ${namesOf(unread)}.`, mend)]),
    ...(absent.length === 0
      ? []
      : [
          wrong(
            "tasks",
            `No live node has the code of ${namesOf(absent)}.`,
            "Start a node where that code is: belfry up.",
          ),
        ]),
  ];
}

/** The first few of many. */
function namesOf(tasks: readonly { readonly name: string }[]): string {
  const names = tasks.slice(0, 5).map(({ name }) => name);
  const more = tasks.length > names.length ? ` and ${tasks.length - names.length} more` : "";
  return `${names.join(", ")}${more}`;
}

/** Tasks of this code base whose name another source had first: they are not loaded. */
export function diagnoseOwners(
  source: string,
  loaded: readonly Pick<LoadedTask, "definition" | "file" | "line">[],
  rows: readonly TaskRow[],
): Diagnosis[] {
  const owners = new Map(rows.filter(({ enabled }) => enabled).map((row) => [row.name, row]));
  return loaded.flatMap(({ definition: { task }, file, line }) => {
    const owner = owners.get(task);
    if (owner === undefined || owner.source === source) return [];
    const ours = placeOf({ file, line });
    const theirs = placeOf(owner);
    const message =
      `${ours === "" ? "" : `${ours}: `}${task} of ${source} is refused: the source ` +
      `${owner.source} has a task of this name${theirs === "" ? "" : ` (its ${theirs})`}.`;
    const remedy =
      "Rename one of them; or, where both are one code base, give both one `name` in the " +
      "configuration.";
    return [wrong("tasks", message, remedy)];
  });
}

function placeOf({ file, line }: SourcePlace): string {
  return [file ?? "", line ?? ""].filter((part) => part !== "").join(":");
}

/** Whether this host's clock stands below what the store has seen. */
export function diagnoseClock(highAt: number, now: number): Diagnosis {
  const behindMs = highAt - now;
  if (behindMs <= CLOCK_TOLERANCE_MS) return ok("clock", "It agrees with what the store has seen.");
  const message = `This host's clock is ${durationWords(behindMs)} behind what the store has seen.`;
  const remedy =
    "Set the clock (see `timedatectl`); or, if the store saw a wrong one, `belfry doctor --accept-clock`.";
  return wrong("clock", message, remedy);
}

export function isBehind(highAt: number, now: number): boolean {
  return highAt - now > CLOCK_TOLERANCE_MS;
}

/** Whether the SQLite in this Node is one that keeps what it was given. */
export function diagnoseRuntime(node: string, sqlite: string | undefined): Diagnosis[] {
  const version = sqlite ?? "0";
  const good = isAtLeast(version, [3, 51, 3]);
  return [
    ok("node", `Node.js ${node}.`),
    good
      ? ok("sqlite", `SQLite ${version}.`)
      : wrong(
          "sqlite",
          `SQLite ${version} can damage a file that two processes write to; 3.51.3 is the oldest that cannot.`,
          "Install a newer Node.js: it brings its SQLite along.",
        ),
  ];
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

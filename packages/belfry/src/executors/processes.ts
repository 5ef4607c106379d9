import { closeSync, openSync, readdirSync, readSync } from "node:fs";

/**
 * Processes of this host, as /proc shows them. Elsewhere than on Linux there is no /proc: nothing
 * is found by its marker there, and a command's process group is all that can be ended.
 *
 * A pid alone names nobody, since it is used again: with its start time it does.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, as text: only ever compared. */
  readonly startTime: string;
}

/** A process that bears the marker of a node's commands in the environment it was started with. */
export interface MarkedProcess extends ProcessIdentity {
  readonly run: string;
  readonly attempt: string;
}

/** A process group, and session, led by the command itself. */
export interface ProcessGroup {
  readonly id: number;
  /** Start time of its leader, or null where it could not be read. */
  readonly startTime: string | null;
}

/** The variable that every command of a node and all that descends from it bears. */
export const NODE_MARKER = "BELFRY_NODE";

const PROC = "/proc";
const NUL = 0;
/** How many processes are looked at in one go: about 3 ms. */
const SLICE = 200;

/** Grows to the longest file met; its first byte stays NUL. */
let scratch: Buffer = Buffer.alloc(64 * 1024);

/**
 * All living processes that bear the marker of `node`, of which those of one attempt bear its
 * run and number. About 15 µs for each process of the host. What cleared its environment, or
 * belongs to a user whose processes may not be looked into, is not seen.
 */
export function markedProcesses(node: string): MarkedProcess[] {
  return [...scan(node)].filter((found) => found !== null);
}

/** The same without blocking: `pause` is awaited after each few processes that were looked at. */
export async function markedProcessesInSlices(
  node: string,
  pause: () => Promise<void>,
): Promise<MarkedProcess[]> {
  const marked: MarkedProcess[] = [];
  let looked = 0;
  for (const found of scan(node)) {
    if (found !== null) marked.push(found);
    looked += 1;
    if (looked % SLICE === 0) await pause();
  }
  return marked;
}

/** Looks at one process a step. */
function* scan(node: string): Generator<MarkedProcess | null> {
  const marker = Buffer.from(`\0${NODE_MARKER}=${node}\0`);
  for (const pid of pids()) {
    if (pid !== process.pid) yield markedProcess(pid, marker);
  }
}

function markedProcess(pid: number, marker: Buffer): MarkedProcess | null {
  const environment = readFile(`${PROC}/${pid}/environ`);
  if (!environment?.includes(marker)) return null;
  const run = variable(environment, "BELFRY_RUN_ID");
  const attempt = variable(environment, "BELFRY_ATTEMPT");
  const stat = readStat(pid);
  return stat?.alive ? { pid, startTime: stat.startTime, run, attempt } : null;
}

export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat === null ? null : { pid, startTime: stat.startTime };
}

/**
 * The living processes of a group's session, which is as large or larger: a shell with job control
 * makes further groups in it. Empty too where the id now names somebody else's group.
 */
export function sessionMembers(group: ProcessGroup): ProcessIdentity[] {
  if (!isGroupThere(group)) return [];
  const members: ProcessIdentity[] = [];
  for (const pid of pids()) {
    const stat = readStat(pid);
    if (!stat?.alive || stat.session !== group.id) continue;
    members.push({ pid, startTime: stat.startTime });
  }
  return members;
}

/** Signals a process, unless its pid is another's by now. False where it is gone. */
export function signalProcess(target: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return identify(target.pid)?.startTime === target.startTime && send(target.pid, signal);
}

/** Signals a group, unless its id is another's by now. False where nobody is left in it. */
export function signalGroup(group: ProcessGroup, signal: NodeJS.Signals): boolean {
  return isGroupThere(group) && send(-group.id, signal);
}

/** Zombies count here: nobody may have reaped them yet. */
export function isGroupThere(group: ProcessGroup): boolean {
  // While anybody is in the group the kernel gives its id to no new process: a leader of another
  // age means that the group had ended.
  const leader = identify(group.id);
  if (leader !== null && group.startTime !== null && leader.startTime !== group.startTime) {
    return false;
  }
  return send(-group.id, 0);
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function pids(): number[] {
  try {
    return readdirSync(PROC).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

interface Stat {
  readonly alive: boolean;
  readonly session: number;
  readonly startTime: string;
}

/** See proc_pid_stat(5). The name before the fields may hold spaces and parentheses. */
function readStat(pid: number): Stat | null {
  const text = readFile(`${PROC}/${pid}/stat`)?.toString("latin1") ?? "";
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [startTime, memory] = fields.slice(19);
  if (startTime === undefined) return null;
  return {
    // One that is ending gives up its memory first, then its files, then it is a zombie.
    alive: !/^[ZXx]/.test(fields[0] ?? "X") && memory !== "0",
    session: Number(fields[3]),
    startTime,
  };
}

/**
 * A file of /proc, between two NULs, so that each entry of an environment stands between NULs;
 * valid until the next call. Null where it is empty, gone, or not ours to read.
 */
function readFile(path: string): Buffer | null {
  try {
    const file = openSync(path, "r");
    try {
      return readAll(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function readAll(file: number): Buffer | null {
  let length = 1;
  for (;;) {
    const room = scratch.length - length - 1;
    const read = readSync(file, scratch, length, room, null);
    length += read;
    // These files are given whole, so less than there was room for is all there is.
    if (read < room) break;
    scratch = Buffer.concat([scratch], scratch.length * 2);
  }
  scratch[length] = NUL;
  return length === 1 ? null : scratch.subarray(0, length + 1);
}

function variable(environment: Buffer, name: string): string {
  const key = `\0${name}=`;
  const found = environment.indexOf(key);
  if (found === -1) return "";
  const from = found + key.length;
  return environment.toString("utf8", from, environment.indexOf(NUL, from));
}

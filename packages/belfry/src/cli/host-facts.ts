import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/** What this process and its host are, as far as it can be known. */
export interface HostFacts {
  readonly node: string;
  readonly sqlite: string;
  /** Edition of the time zone data, such as `2026b`. */
  readonly timeZones: string;
  /** Files that a process of this user may have open; null: unknown, or no limit. */
  readonly openFiles: number | null;
  /** Whether somebody keeps the host's clock right. */
  readonly timeService: "synchronised" | "unsynchronised" | "unknown";
}

const PATIENCE_MS = 2_000;

export async function hostFacts(): Promise<HostFacts> {
  const { node, sqlite = "0", tz = "" } = process.versions;
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  return {
    node,
    sqlite,
    timeZones: tz,
    openFiles: openFilesOf(limits),
    timeService: timeServiceOf(await askTimedatectl()),
  };
}

/** @param limits as `/proc/self/limits` has them. */
export function openFilesOf(limits: string): number | null {
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** @param said what `timedatectl show --property=NTPSynchronized` says. */
export function timeServiceOf(said: string): HostFacts["timeService"] {
  if (/^NTPSynchronized=yes$/m.test(said)) return "synchronised";
  return /^NTPSynchronized=no$/m.test(said) ? "unsynchronised" : "unknown";
}

/** In containers there is none, and the host's clock is somebody else's care. */
function askTimedatectl(): Promise<string> {
  const argv = ["show", "--property=NTPSynchronized"];
  return new Promise((resolve) => {
    execFile("timedatectl", argv, { timeout: PATIENCE_MS }, (error, stdout) =>
      resolve(error === null ? stdout : ""),
    );
  });
}

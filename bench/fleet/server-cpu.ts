import { readdirSync, readFileSync } from "node:fs";

/** Of Linux on every machine that Node runs on: what /proc counts in, ms. */
const TICK_MS = 10;

/** Where /proc/PID/stat has it, counted after the name in brackets, which may hold blanks. */
const PARENT = 1;
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];

/**
 * CPU that a server and all its children have used so far, those that have ended included, ms; NaN
 * where there is no /proc.
 */
export function serverCpuMs(pid: number): number {
  const server = statOf(pid);
  if (server === null) return Number.NaN;
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => [statOf(Number(name)) ?? []])
    .filter((stat) => stat[PARENT] === pid);
  const fields = (stat: readonly number[], which: readonly number[]): number =>
    which.reduce((sum, index) => sum + (stat[index] ?? 0), 0);
  const ticks =
    fields(server, [...OWN, ...ENDED_CHILDREN]) +
    children.reduce((sum, stat) => sum + fields(stat, [...OWN, ...ENDED_CHILDREN]), 0);
  return ticks * TICK_MS;
}

function statOf(pid: number): readonly number[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
  } catch {
    return null;
  }
}

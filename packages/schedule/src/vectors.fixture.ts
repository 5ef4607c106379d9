import { readFileSync } from "node:fs";
import type { Dialect, ParseOptions } from "./schedule.ts";

/** A fact about a schedule, as vectors/README.md has it. */
export interface Vector {
  readonly dialect: Dialect | "iso-interval";
  readonly expr: string;
  readonly tz?: string;
  readonly from?: string;
  readonly next?: readonly string[];
  readonly invalid?: boolean;
  readonly anchor?: string;
  readonly horizon?: string;
  readonly complete?: boolean;
  readonly tags?: readonly string[];
}

/** The names of the files. */
export const VECTOR_FILES: readonly string[] =
  "unix unix-dst-crond kubernetes gcp quartz ncrontab aws systemd rrule iso-interval".split(" ");

export function readVectors(file: string): Vector[] {
  const url = new URL(`../vectors/${file}.jsonl`, import.meta.url);
  const lines = readFileSync(url, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Vector => JSON.parse(line));
}

export function vectorOptions({ dialect, expr, tz = "UTC", from, anchor }: Vector): ParseOptions {
  // robfig/cron counts whole seconds from the start of the program, which for a vector is `from`.
  const start = expr.startsWith("@every") ? from?.replace(/\.\d+Z/, "Z") : anchor;
  const ours = dialect === "iso-interval" ? "interval" : dialect;
  return { dialect: ours, timeZone: tz, ...(start === undefined ? {} : { anchor: start }) };
}

export function vectorName({ expr, tz, from }: Vector): string {
  return `${expr} in ${tz} after ${from}`;
}

/**
 * Where robfig/cron and Quartz walk past a clock change that is not of one hour, what they answer
 * depends on where they start, and some of it is lost (docs/schedules/disagreements.md). A schedule
 * is one set of instants, so these vectors, and no others, do not hold.
 */
const LOST_BY_THEM: ReadonlySet<string> = new Set([
  "0 */2 * * * in Antarctica/Troll after 2025-10-25T23:20:00Z",
  "0 */2 * * * in Australia/Lord_Howe after 2026-04-04T13:20:00Z",
  "0 0 * * * in Australia/Lord_Howe after 2025-10-03T09:30:00Z",
  "0 0 * * * in Australia/Lord_Howe after 2026-04-03T09:00:00Z",
  "0 2 * * * in Australia/Lord_Howe after 2026-04-03T09:00:00Z",
  "30 1 * * * in Australia/Lord_Howe after 2025-10-03T09:30:00Z",
  "0 1 * * * in Asia/Kathmandu after 1985-12-30T12:30:00Z",
  "0 3 * * * in Asia/Kathmandu after 1985-12-30T12:30:00Z",
  "0 12 * * * in Asia/Kathmandu after 1985-12-30T12:30:00Z",
  "30 23 * * * in Asia/Kathmandu after 1985-12-30T12:30:00Z",
  "0 0 * * * ? in Antarctica/Troll after 2025-10-25T23:20:00Z",
  "0 0 * * * ? in Antarctica/Troll after 2026-03-28T23:20:00Z",
  "0 0/15 * * * ? in Antarctica/Troll after 2025-10-25T23:20:00Z",
  "0 0/15 * * * ? in Antarctica/Troll after 2026-03-28T23:20:00Z",
]);

/** Whether a vector is one of those that do not hold. */
export function doesNotHold(vector: Vector): boolean {
  return /kubernetes|quartz/.test(vector.dialect) && LOST_BY_THEM.has(vectorName(vector));
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ScheduleError } from "./errors.ts";
import { type Dialect, type ParseOptions, parse } from "./schedule.ts";

interface Vector {
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

const YEAR_MS = 365 * 86_400_000;
const FILES =
  "unix unix-dst-crond kubernetes gcp quartz ncrontab aws systemd rrule iso-interval".split(" ");

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

for (const file of FILES) {
  describe(`the vectors of ${file}`, () => {
    for (const vector of read(file)) {
      const { expr, tz, from, next } = vector;
      if (vector.invalid === true) {
        it(`refuses ${JSON.stringify(expr)}`, () => {
          assert.throws(() => parse(expr, optionsOf(vector)), { name: "ScheduleError" });
        });
      } else {
        const name = `${expr} in ${tz} after ${from}`;
        it(name, () => {
          assert.ok(from !== undefined && next !== undefined);
          if (/kubernetes|quartz/.test(file) && LOST_BY_THEM.has(name)) {
            assert.throws(() => findAll(vector, Date.parse(from), next), assert.AssertionError);
          } else if (next.length === 0) findNothing(vector, Date.parse(from));
          else findAll(vector, Date.parse(from), next);
        });
      }
    }
  });
}

function findAll(vector: Vector, from: number, next: readonly string[]): void {
  const schedule = parse(vector.expr, optionsOf(vector));
  const found: string[] = [];
  let at = schedule.next(from);
  for (; at !== null && found.length < next.length; at = schedule.next(at)) found.push(text(at));
  assert.deepEqual(found, next);
  // Quartz looks no further than a hundred years.
  if (vector.complete === true) assert.ok(at === null || at > from + 100 * YEAR_MS);
  const last = Date.parse(next.at(-1) ?? "");
  const backwards: string[] = [];
  for (let at = schedule.previous(last + 1); at !== null && at > from; at = schedule.previous(at)) {
    backwards.unshift(text(at));
  }
  assert.deepEqual(backwards, next);
  assert.equal(schedule.count(from + 1, last + 1), next.length);
}

/** It never fires at all, which is an error, or it did before. */
function findNothing(vector: Vector, from: number): void {
  let first: number | null = null;
  try {
    first = parse(vector.expr, optionsOf(vector)).next(from);
  } catch (error) {
    assert.ok(error instanceof ScheduleError && error.code === "never");
  }
  // robfig/cron gives up after five years: what is later is no disagreement.
  const horizon = vector.tags?.includes("exhausted-robfig-5y") === true ? from + 5 * YEAR_MS : null;
  if (horizon === null) assert.equal(first, null);
  else assert.ok(first === null || first > horizon);
}

function optionsOf({ dialect, expr, tz = "UTC", from, anchor }: Vector): ParseOptions {
  // robfig/cron counts whole seconds from the start of the program, which for a vector is `from`.
  const start = expr.startsWith("@every") ? from?.replace(/\.\d+Z/, "Z") : anchor;
  const ours = dialect === "iso-interval" ? "interval" : dialect;
  return { dialect: ours, timeZone: tz, ...(start === undefined ? {} : { anchor: start }) };
}

function read(file: string): Vector[] {
  const url = new URL(`../vectors/${file}.jsonl`, import.meta.url);
  const lines = readFileSync(url, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Vector => JSON.parse(line));
}

function text(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

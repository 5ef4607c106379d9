import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ScheduleError } from "./errors.ts";
import { type Dialect, parse, type Schedule } from "./schedule.ts";

interface Vector {
  readonly expr: string;
  readonly tz?: string;
  readonly from?: string;
  readonly next?: readonly string[];
  /** Whether `next` is all there is. */
  readonly complete?: boolean;
  readonly invalid?: boolean;
}

const FILES: readonly (readonly [string, Dialect])[] = [
  ["unix.jsonl", "unix"],
  ["unix-dst-crond.jsonl", "unix"],
  ["systemd.jsonl", "systemd"],
  ["rrule.jsonl", "rrule"],
  ["iso-interval.jsonl", "interval"],
];

for (const [file, dialect] of FILES) {
  describe(`the vectors of ${file}`, () => {
    for (const vector of read(file)) {
      const { expr, tz = "UTC", from, next = [] } = vector;
      const schedule = () => parse(expr, { dialect, timeZone: tz });
      if (vector.invalid === true || (next.length === 0 && vector.complete !== true)) {
        it(`refuses ${JSON.stringify(expr)}`, () => {
          assert.throws(schedule, { name: "ScheduleError" });
        });
      } else {
        it(`${JSON.stringify(expr)} in ${tz} after ${from}`, () => {
          assert.ok(from !== undefined);
          const found = walk(schedule, Date.parse(from), next.length + 1);
          if (vector.complete === true) assert.deepEqual(found, next);
          assert.deepEqual(found.slice(0, next.length), next);
          if (next.length > 0) assert.deepEqual(walkBack(schedule(), Date.parse(from), next), next);
        });
      }
    }
  });
}

function read(file: string): Vector[] {
  const lines = readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Vector => JSON.parse(line));
}

/** What has no occurrence at all is refused as such. */
function walk(parsed: () => Schedule, from: number, steps: number): string[] {
  let schedule: Schedule;
  try {
    schedule = parsed();
  } catch (error) {
    if (error instanceof ScheduleError && error.code === "never") return [];
    throw error;
  }
  const found: string[] = [];
  for (let at = schedule.next(from); at !== null && found.length < steps; at = schedule.next(at)) {
    found.push(text(at));
  }
  return found;
}

function walkBack(schedule: Schedule, from: number, next: readonly string[]): string[] {
  const found: string[] = [];
  const end = Date.parse(next.at(-1) ?? "") + 1;
  for (let at = schedule.previous(end); at !== null && at > from; at = schedule.previous(at)) {
    found.unshift(text(at));
  }
  return found;
}

function text(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

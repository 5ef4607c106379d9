import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "./schedule.ts";

interface Vector {
  readonly expr: string;
  readonly tz?: string;
  readonly from?: string;
  readonly next?: readonly string[];
  readonly invalid?: boolean;
}

for (const file of ["unix.jsonl", "unix-dst-crond.jsonl"]) {
  describe(`the vectors of ${file}`, () => {
    for (const vector of read(file)) {
      const { expr, tz, from, next } = vector;
      if (vector.invalid === true || next?.length === 0) {
        it(`refuses ${JSON.stringify(expr)}`, () => {
          assert.throws(() => parse(expr, { timeZone: tz ?? "UTC" }), { name: "ScheduleError" });
        });
      } else {
        it(`${expr} in ${tz} after ${from}`, () => {
          assert.ok(tz !== undefined && from !== undefined && next !== undefined);
          assert.deepEqual(walk(expr, tz, Date.parse(from), next.length), next);
          assert.deepEqual(walkBack(expr, tz, Date.parse(from), next), next);
        });
      }
    }
  });
}

function read(file: string): Vector[] {
  const lines = readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Vector => JSON.parse(line));
}

function walk(expression: string, timeZone: string, from: number, steps: number): string[] {
  const schedule = parse(expression, { timeZone });
  const found: string[] = [];
  for (let at = schedule.next(from); at !== null && found.length < steps; at = schedule.next(at)) {
    found.push(text(at));
  }
  return found;
}

function walkBack(
  expression: string,
  timeZone: string,
  from: number,
  next: readonly string[],
): string[] {
  const schedule = parse(expression, { timeZone });
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

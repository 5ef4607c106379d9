import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScheduleError } from "./errors.ts";
import { parse } from "./schedule.ts";
import {
  doesNotHold,
  readVectors,
  VECTOR_FILES,
  type Vector,
  vectorName,
  vectorOptions,
} from "./vectors.fixture.ts";

const YEAR_MS = 365 * 86_400_000;

for (const file of VECTOR_FILES) {
  describe(`the vectors of ${file}`, () => {
    for (const vector of readVectors(file)) {
      const { expr, from, next } = vector;
      if (vector.invalid === true) {
        it(`refuses ${JSON.stringify(expr)}`, () => {
          assert.throws(() => parse(expr, vectorOptions(vector)), { name: "ScheduleError" });
        });
      } else {
        it(vectorName(vector), () => {
          assert.ok(from !== undefined && next !== undefined);
          if (doesNotHold(vector)) {
            assert.throws(() => findAll(vector, Date.parse(from), next), assert.AssertionError);
          } else if (next.length === 0) findNothing(vector, Date.parse(from));
          else findAll(vector, Date.parse(from), next);
        });
      }
    }
  });
}

function findAll(vector: Vector, from: number, next: readonly string[]): void {
  const schedule = parse(vector.expr, vectorOptions(vector));
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
    first = parse(vector.expr, vectorOptions(vector)).next(from);
  } catch (error) {
    assert.ok(error instanceof ScheduleError && error.code === "never");
  }
  // robfig/cron gives up after five years: what is later is no disagreement.
  const horizon = vector.tags?.includes("exhausted-robfig-5y") === true ? from + 5 * YEAR_MS : null;
  if (horizon === null) assert.equal(first, null);
  else assert.ok(first === null || first > horizon);
}

function text(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

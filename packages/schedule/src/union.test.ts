import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ParseOptions, parse, type Schedule } from "./schedule.ts";
import { union } from "./union.ts";

const NEW_YORK = { timeZone: "America/New_York" };
const DAY_MS = 86_400_000;

const POOL: readonly (readonly [string, ParseOptions])[] = [
  ["0 3 * * *", NEW_YORK],
  ["30 2 * * *", NEW_YORK],
  ["*/20 1-2 * * *", NEW_YORK],
  ["15,45 2 * * 0", NEW_YORK],
  ["0 12 * * 1-5", NEW_YORK],
  ["*/5 * * * *", NEW_YORK],
  ["0 7 * * *", {}],
  ["0 0 1,15 * 1", {}],
  ["45 1 * * *", { timeZone: "Australia/Lord_Howe" }],
  ["0 */2 * * *", { timeZone: "Australia/Lord_Howe" }],
  ["7m", { dialect: "every" }],
  ["6h", { dialect: "every" }],
  ["2026-03-08T03:00", { dialect: "at", ...NEW_YORK }],
];
const schedules = POOL.map(([expression, options]) => parse(expression, options));

describe("union", () => {
  it("has each instant of its parts once, and counts what it has", () => {
    const from = fc.oneof(
      fc.integer({ min: Date.UTC(2026, 2, 4), max: Date.UTC(2026, 2, 9) }),
      fc.integer({ min: Date.UTC(2026, 9, 28), max: Date.UTC(2026, 10, 2) }),
      fc.integer({ min: Date.UTC(2026, 3, 1), max: Date.UTC(2026, 3, 6) }),
    );
    const parts = fc.subarray(schedules, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, from, fc.nat({ max: 6 * DAY_MS }), (chosen, start, length) => {
        agree(union(chosen), chosen, start, start + length);
      }),
      { numRuns: 300 },
    );
  });

  it("counts decades of dense parts of one zone without walking through them", () => {
    const dense = union([
      parse("* * * * *", NEW_YORK),
      parse("*/5 * * * *", NEW_YORK),
      parse("30 2 * * *", NEW_YORK),
    ]);
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2056, 0, 1)];
    const started = performance.now();
    assert.equal(dense.count(from, to), (to - from) / 60_000);
    assert.ok(performance.now() - started < 500);
  });

  it("of one schedule is that schedule, of none an error", () => {
    const only = parse("0 3 * * *");
    assert.equal(union([only]), only);
    assert.throws(() => union([]), { code: "never" });
  });

  it("of unions counts as the union of all", () => {
    const [a, b, c] = [parse("0 3 * * *"), parse("0 */3 * * *"), parse("15 4 * * *")];
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
    assert.equal(union([union([a, b]), c]).count(from, to), 365 * 9);
  });

  it("names its parts, their zones, words and findings", () => {
    const both = union([parse("0 3 * * *", NEW_YORK), parse("* 2 * * *")]);
    assert.equal(both.expression, "0 3 * * *; * 2 * * *");
    assert.equal(both.timeZone, "America/New_York, UTC");
    assert.equal(
      both.words(),
      "At 03:00, America/New_York; and Every minute from 02:00 to 02:59, UTC",
    );
    assert.deepEqual(
      both.lint().map((finding) => finding.code),
      ["every-minute"],
    );
  });
});

function agree(whole: Schedule, parts: readonly Schedule[], from: number, to: number): void {
  const expected = [...new Set(parts.flatMap((part) => [...part.between(from, to)]))].sort(
    (a, b) => a - b,
  );
  assert.deepEqual([...whole.between(from, to)], expected);
  assert.equal(whole.count(from, to), expected.length);
  const backwards: number[] = [];
  for (let at = whole.previous(to); at !== null && at >= from; at = whole.previous(at)) {
    backwards.unshift(at);
  }
  assert.deepEqual(backwards, expected);
}

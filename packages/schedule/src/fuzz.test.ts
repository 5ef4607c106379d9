import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ScheduleError } from "./errors.ts";
import { type Dialect, parse } from "./schedule.ts";

/*
 * No expression crashes a dialect or takes it long, be it refused or answered. `npm run fuzz` asks
 * a million times.
 */

const QUESTIONS = Number(process.env["FUZZ"] ?? 4000);
const LONGEST_MS = 5;
const FROM_AT = Date.UTC(2026, 2, 8, 6, 59);
const DIALECTS: readonly Dialect[] = [
  "unix",
  "kubernetes",
  "gcp",
  "quartz",
  "ncrontab",
  "aws",
  "aws-rules",
  "every",
  "at",
];
const ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Monrovia"];

const value = fc.oneof(fc.nat({ max: 61 }).map(String), fc.constantFrom("MON", "sun", "JAN", "L"));
const item = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("*", "?", "0", "1", "30") },
  value,
  fc.tuple(value, value).map(([low, high]) => `${low}-${high}`),
  fc.tuple(fc.constantFrom("*", "5", "2-9"), fc.nat({ max: 70 })).map((pair) => pair.join("/")),
  fc.nat({ max: 32 }).map((day) => `${day}W`),
  fc.nat({ max: 32 }).map((day) => `L-${day}W`),
  fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 6 })).map((pair) => pair.join("#")),
  fc.nat({ max: 8 }).map((day) => `${day}L`),
  fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 })).map((pair) => pair.join("~")),
  fc.integer({ min: 1965, max: 2205 }).map(String),
);
const field = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
const fields = fc
  .array(fc.oneof({ weight: 3, arbitrary: item }, field), { minLength: 4, maxLength: 8 })
  .map((parts) => parts.join(" "));
const duration = fc
  .tuple(fc.nat(), fc.constantFrom("s", "m", "h", "d", "ms", "h1m", "µs"))
  .map((parts) => parts.join(""));
const text = fc.oneof(
  { weight: 6, arbitrary: fields },
  fields.map((inner) => `cron(${inner})`),
  duration.map((inner) => `@every ${inner}`),
  fc
    .tuple(fc.nat(), fc.constantFrom("minute", "hours", "days"))
    .map((parts) => `rate(${parts.join(" ")})`),
  fc.constantFrom("@daily", "@DAILY", "TZ=UTC 0 0 * * *", "@every", "at()", "rate()", "cron()"),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(..."*/-,?LW#~@()0123456789 \t"), maxLength: 300 }),
);

describe("any text", () => {
  for (const dialect of DIALECTS) {
    it(`is refused or answered soon by ${dialect}`, () => {
      fc.assert(
        fc.property(text, fc.constantFrom(...ZONES), (expression, timeZone) => {
          ask(expression, dialect, timeZone);
          let fastest = Infinity;
          for (let round = 0; round < 3 && fastest > LONGEST_MS; round++) {
            const from = performance.now();
            ask(expression, dialect, timeZone);
            fastest = performance.now() - from;
          }
          assert.ok(fastest <= LONGEST_MS, `${fastest} ms`);
        }),
        { numRuns: Math.ceil(QUESTIONS / DIALECTS.length) },
      );
    });
  }
});

function ask(expression: string, dialect: Dialect, timeZone: string): void {
  try {
    const schedule = parse(expression, { dialect, timeZone });
    const next = schedule.next(FROM_AT);
    const previous = schedule.previous(FROM_AT);
    assert.ok(next === null || next > FROM_AT);
    assert.ok(previous === null || previous < FROM_AT);
    if (next !== null) assert.equal(schedule.previous(next + 1), next);
    schedule.count(FROM_AT, FROM_AT + 1e10);
    assert.notEqual(schedule.words(), "");
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    assert.ok(error.position >= 0 && error.position + error.length <= expression.length);
    assert.notEqual(error.hint, null);
  }
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ScheduleError } from "./errors.ts";
import { expressionsFor } from "./expressions.fixture.ts";
import { DIALECT_NAMES, type Dialect, parse } from "./schedule.ts";

/*
 * No expression crashes a dialect or takes it long, be it refused or answered. `npm run fuzz` asks
 * a million times.
 */

const QUESTIONS = Number(process.env["FUZZ"] ?? 4000);
const LONGEST_MS = 5;
const FROM_AT = Date.UTC(2026, 2, 8, 6, 59);
const ZONES = ["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Monrovia"];

describe("any text", () => {
  for (const dialect of DIALECT_NAMES) {
    it(`is refused or answered soon by ${dialect}`, () => {
      fc.assert(
        fc.property(expressionsFor(dialect), fc.constantFrom(...ZONES), (expression, timeZone) => {
          // The first time may be spent on reading the zone's clock changes.
          let fastest = Infinity;
          for (let round = 0; round < 3 && fastest > LONGEST_MS; round++) {
            fastest = timeOf(() => ask(expression, dialect, timeZone));
          }
          assert.ok(fastest <= LONGEST_MS, `${fastest} ms`);
        }),
        { numRuns: Math.ceil(QUESTIONS / DIALECT_NAMES.length) },
      );
    });
  }
});

/** Of this thread alone, in milliseconds: on a machine with other work it is no longer. */
function timeOf(work: () => void): number {
  const from = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1000;
}

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

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONVERT_DIALECTS, DIALECT_NAMES, parse, type Schedule, union } from "@belfry/schedule";
import { Chance } from "../beside-calendars/chance.ts";
import { partingOf } from "./compare.ts";
import { tripsBetween } from "./trips.ts";

// The short form of `npm run round-trips`.

const TRIPS = 3;
const FROM_AT = Date.UTC(2026, 0, 1);

describe("schedules on their way to another dialect and back", () => {
  for (const [index, from] of DIALECT_NAMES.entries()) {
    it(`are due at the same instants, from ${from}`, () => {
      const faults = CONVERT_DIALECTS.flatMap(
        (to, number) => tripsBetween(from, to, TRIPS, index * 10 + number).faults,
      );
      assert.deepEqual(faults, []);
    });
  }

  it("are seen to part where they do: at one clock change, or at a single instant", () => {
    const timeZone = "Europe/Paris";
    const daily = parse("30 2 * * *", { timeZone });
    const parted = (other: Schedule): string | undefined =>
      partingOf(daily, other, FROM_AT, new Chance(1))?.what;
    assert.equal(parted(parse("30 2 1-31 * *", { timeZone })), undefined);
    assert.equal(parted(parse("30 2 * * *", { dialect: "kubernetes", timeZone })), "another count");
    const once = parse("2061-07-04T12:34", { dialect: "at", timeZone });
    assert.equal(parted(union([daily, once])), "another count in forty years");
  });
});

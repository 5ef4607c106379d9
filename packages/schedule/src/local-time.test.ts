import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { localDate, localInstant, nextMidnight, offsetAt, startOfDay } from "./local-time.ts";

const HOUR_MS = 3_600_000;
const at = (text: string): number => Date.parse(text);

describe("local days", () => {
  it("have 23 hours where the clock goes forward and 25 where it goes back", () => {
    const length = (text: string, zone: string): number => {
      const start = startOfDay(at(text), zone);
      return (nextMidnight(start, zone) - start) / HOUR_MS;
    };
    assert.equal(length("2026-03-08T12:00Z", "America/New_York"), 23);
    assert.equal(length("2026-11-01T12:00Z", "America/New_York"), 25);
    assert.equal(length("2026-06-01T12:00Z", "America/New_York"), 24);
    assert.equal(length("2026-04-05T00:00Z", "Australia/Lord_Howe"), 24.5);
  });

  it("begin at their first instant where midnight does not exist", () => {
    const zone = "America/Sao_Paulo";
    assert.equal(startOfDay(at("2018-11-04T12:00Z"), zone), at("2018-11-04T03:00Z"));
    assert.equal(nextMidnight(at("2018-11-04T02:59Z"), zone), at("2018-11-04T03:00Z"));
  });

  it("leave out a day that is skipped", () => {
    const zone = "Pacific/Apia";
    assert.equal(nextMidnight(at("2011-12-30T09:00Z"), zone), at("2011-12-30T10:00Z"));
    assert.equal(nextMidnight(at("2011-12-30T10:00Z"), zone), at("2011-12-31T10:00Z"));
    assert.equal(localDate(at("2011-12-30T09:59Z"), zone), "2011-12-29");
    assert.equal(localDate(at("2011-12-30T10:00Z"), zone), "2011-12-31");
  });

  it("begin the first time where the clock passes midnight twice", () => {
    // St. John's went back from 00:01 to 23:01 of the day before.
    const zone = "America/St_Johns";
    const midnight = at("2006-10-29T02:30Z");
    assert.equal(startOfDay(at("2006-10-29T02:30:30Z"), zone), midnight);
    assert.equal(localDate(at("2006-10-29T03:00Z"), zone), "2006-10-28");
    assert.equal(startOfDay(at("2006-10-29T03:00Z"), zone), midnight);
    assert.equal(nextMidnight(at("2006-10-29T03:00Z"), zone), at("2006-10-30T03:30Z"));
  });

  it("follow each other without gap or overlap", () => {
    const zones = ["UTC", "+14:00", "Europe/London", "America/St_Johns", "Pacific/Apia"];
    const instant = fc.integer({ min: at("1985-01-01T00:00Z"), max: at("2040-01-01T00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instant, (zone, now) => {
        const start = startOfDay(now, zone);
        const next = nextMidnight(now, zone);
        assert.ok(start <= now && now < next);
        assert.equal(startOfDay(start, zone), start);
        assert.equal(startOfDay(next - 1, zone), start);
        assert.equal(startOfDay(next, zone), next);
        assert.equal(nextMidnight(start, zone), next);
      }),
      { numRuns: 500 },
    );
  });

  it("are refused for what is no instant", () => {
    assert.throws(() => localDate(Number.NaN, "UTC"), RangeError);
    assert.throws(() => startOfDay(Number.POSITIVE_INFINITY, "UTC"), RangeError);
    assert.throws(() => nextMidnight(9e15, "Europe/London"), RangeError);
    assert.equal(localDate(8.64e15, "Europe/London"), "+275760-09-13");
  });
});

describe("localInstant", () => {
  it("answers the instant of a local time", () => {
    assert.equal(localInstant("2026-07-01T09:00", "Europe/London"), at("2026-07-01T08:00Z"));
    assert.equal(localInstant("2026-07-01T09:00:30.5", "+05:45"), at("2026-07-01T03:15:30.5Z"));
  });

  it("answers the first instant after a gap and the first of an overlap", () => {
    assert.equal(localInstant("2026-03-29T01:30", "Europe/London"), at("2026-03-29T01:00Z"));
    assert.equal(localInstant("2026-10-25T01:30", "Europe/London"), at("2026-10-25T00:30Z"));
    assert.equal(localInstant("2026-11-01T02:00", "America/New_York"), at("2026-11-01T07:00Z"));
  });

  it("takes no offset", () => {
    assert.throws(() => localInstant("2026-07-01T09:00Z", "UTC"), { code: "instant" });
    assert.throws(() => localInstant("2026-07-01T09:00", "Mars/Base"), { code: "time-zone" });
  });
});

describe("offsetAt", () => {
  it("answers how far the local clock is ahead", () => {
    assert.equal(offsetAt(at("2026-07-01T00:00Z"), "Europe/London"), HOUR_MS);
    assert.equal(offsetAt(at("2026-01-01T00:00Z"), "America/New_York"), -5 * HOUR_MS);
    assert.equal(offsetAt(at("1971-01-01T00:00Z"), "Africa/Monrovia"), -2_670_000);
    assert.equal(offsetAt(0, "-0930"), -9.5 * HOUR_MS);
  });
});

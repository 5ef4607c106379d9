import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { zoneOf } from "./zone.ts";
import { canonicalTimeZone } from "./zone-names.ts";

const HOUR_MS = 3_600_000;

describe("the table of a zone", () => {
  const zones = [
    "America/New_York",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Recife",
    "Asia/Gaza",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Pacific/Apia",
    "Africa/Monrovia",
  ];
  for (const zone of zones) {
    it(`gives the offset that Intl gives, each third hour of some years in ${zone}`, () => {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      });
      for (const year of [1972, 2000, 2011, 2026, 2040]) {
        const end = Date.UTC(year + 1, 0, 2);
        for (let at = Date.UTC(year, 0, 1) - HOUR_MS; at < end; at += 3 * HOUR_MS) {
          const offset = zoneOf(zone).spanAt(at).offsetMs;
          if (at % (15 * HOUR_MS) === 0) assert.equal(offset, intlOffset(format, at), `${at}`);
        }
      }
    });

    it(`joins its spans end to end in ${zone}`, () => {
      const table = zoneOf(zone);
      let span = table.spanAt(Date.UTC(1995, 0, 1));
      while (span.fromAt < Date.UTC(2045, 0, 1)) {
        const after = table.spanAfter(span);
        assert.ok(after !== null);
        assert.equal(after.fromAt, span.toAt);
        assert.deepEqual(table.spanBefore(after), span);
        const gap = after.startMinute - span.endMinute;
        assert.equal(after.gapMinutes, Math.max(gap, 0));
        span = after;
      }
    });
  }
});

function intlOffset(format: Intl.DateTimeFormat, instant: number): number {
  const [, month, day, year, time] =
    /^(\d+)\/(\d+)\/(\d+), (.*)$/.exec(format.format(instant)) ?? [];
  return Date.parse(`${year}-${month}-${day}T${time}Z`) - instant;
}

describe("canonicalTimeZone", () => {
  it("gives the proper spelling", () => {
    assert.equal(canonicalTimeZone("europe/london"), "Europe/London");
    assert.equal(canonicalTimeZone("utc"), "UTC");
    assert.equal(canonicalTimeZone("Etc/UTC"), "UTC");
    assert.equal(canonicalTimeZone("+0530"), "+05:30");
    assert.equal(canonicalTimeZone("-03"), "-03:00");
    assert.equal(canonicalTimeZone("+00:00"), "UTC");
  });

  it("keeps an alias as it was written", () => {
    assert.equal(canonicalTimeZone("Asia/Kolkata"), "Asia/Kolkata");
    assert.equal(canonicalTimeZone("US/Eastern"), "US/Eastern");
  });

  it("answers null for what is no zone", () => {
    for (const name of ["", "Mars/Base", "+25:00", "+5", "Europe/", "x".repeat(1000)]) {
      assert.equal(canonicalTimeZone(name), null, name);
    }
  });
});

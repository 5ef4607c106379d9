import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ParseOptions, parse } from "../schedule.ts";

const HOUR_MS = 3_600_000;
const every = (text: string, options: ParseOptions = {}) =>
  parse(text, { ...options, dialect: "every" });

describe("the dialect every", () => {
  it("counts from the epoch", () => {
    assert.equal(every("15m").next(Date.UTC(2026, 0, 1, 0, 7)), Date.UTC(2026, 0, 1, 0, 15));
    assert.equal(every("15m").next(Date.UTC(2026, 0, 1, 0, 15)), Date.UTC(2026, 0, 1, 0, 30));
    assert.equal(every("7s").next(0), 7000);
    assert.equal(every("7s").previous(0), -7000);
  });

  it("counts from an anchor, in both directions", () => {
    const schedule = every("6h", { anchor: "2026-03-01T08:00Z" });
    assert.equal(schedule.next(Date.UTC(2026, 2, 1)), Date.UTC(2026, 2, 1, 2));
    assert.equal(schedule.next(Date.UTC(2026, 2, 1, 8)), Date.UTC(2026, 2, 1, 14));
    assert.equal(every("1h", { anchor: 1234 }).next(0), 1234);
    assert.equal(every("1h", { anchor: -1 }).next(0), HOUR_MS - 1);
  });

  it("reads an anchor in the zone's local time", () => {
    const schedule = every("1d", { anchor: "2026-07-01T09:00", timeZone: "Europe/London" });
    assert.equal(schedule.next(Date.UTC(2026, 6, 1)), Date.UTC(2026, 6, 1, 8));
    // Elapsed days: in winter the local time is an hour earlier.
    assert.equal(schedule.next(Date.UTC(2026, 11, 1)), Date.UTC(2026, 11, 1, 8));
  });

  it("knows no clock changes", () => {
    const schedule = every("1h", { timeZone: "America/New_York" });
    assert.equal(schedule.count(Date.UTC(2026, 2, 1), Date.UTC(2026, 3, 1)), 31 * 24);
  });

  it("may be written with the word every", () => {
    assert.equal(every("every 1h30m").next(0), 5_400_000);
  });

  it("tells what it does in words", () => {
    const anchor = "2026-03-01T08:00";
    assert.equal(every("15m").words(), "Every 15 minutes, counted from 1970-01-01 00:00 UTC");
    assert.equal(
      every("1h", { anchor, timeZone: "Europe/London" }).words(),
      "Every hour, counted from 2026-03-01 08:00 Europe/London",
    );
  });

  it("refuses less than a second, what is no duration, and anchors that are none", () => {
    assert.throws(() => every("500ms"), { code: "duration", position: 0, length: 5 });
    assert.throws(() => every("every 0s"), { code: "duration", position: 6, length: 2 });
    assert.throws(() => every("every soon"), { code: "duration", position: 6, length: 4 });
    assert.throws(() => every("1h 30m"), { code: "syntax" });
    assert.throws(() => every(""), { code: "duration" });
    assert.throws(() => every("1h", { anchor: "noon" }), { code: "instant" });
    assert.throws(() => every("1h", { anchor: Number.NaN }), { code: "instant" });
    assert.throws(() => every("1h", { anchor: 0.5 }), { code: "instant" });
  });
});

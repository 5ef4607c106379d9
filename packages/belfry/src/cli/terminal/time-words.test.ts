import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  clockWords,
  durationWords,
  instantWords,
  offsetText,
  rangeWords,
  relativeWords,
  zoneWords,
} from "./time-words.ts";

const at = (text: string): number => Date.parse(text);

describe("durations", () => {
  it("are told in at most two units", () => {
    const told = [0, 999, 1_250, 9_999, 59_999, 200_000, 3_600_000, 7_500_000, 93_600_000];
    assert.deepEqual(told.map(durationWords), [
      "0 ms",
      "999 ms",
      "1.2 s",
      "9.9 s",
      "59 s",
      "3 min 20 s",
      "1 h",
      "2 h 5 min",
      "1 d 2 h",
    ]);
  });

  it("away from now have a direction", () => {
    assert.equal(relativeWords(5_000, 0), "in 5 s");
    assert.equal(relativeWords(0, 61_000), "1 min 1 s ago");
    assert.equal(relativeWords(400, 0), "now");
    assert.equal(relativeWords(0, 22 * 60_000 + 8_000), "22 min ago");
  });
});

describe("instants", () => {
  it("are told by the zone's clock, with what people call the zone then", () => {
    assert.equal(instantWords(at("2026-07-01T12:30:00Z"), "Europe/London"), "2026-07-01 13:30 BST");
    assert.equal(
      instantWords(at("2026-01-01T12:30:05Z"), "Europe/Berlin"),
      "2026-01-01 13:30:05 CET",
    );
    assert.equal(zoneWords(at("2026-07-01T12:30:00Z"), "America/New_York"), "EDT");
    assert.equal(zoneWords(at("2026-07-01T12:30:00Z"), "Asia/Tokyo"), "+09:00");
    assert.equal(zoneWords(at("2026-07-01T12:30:00Z"), "UTC"), "UTC");
  });

  it("of the hour that comes twice are told apart", () => {
    const zone = "Europe/London";
    assert.equal(instantWords(at("2026-10-25T00:30:00Z"), zone), "2026-10-25 01:30 BST");
    assert.equal(instantWords(at("2026-10-25T01:30:00Z"), zone), "2026-10-25 01:30 GMT");
    assert.equal(offsetText(at("2026-10-25T00:30:00Z"), zone), "2026-10-25T01:30:00+01:00");
    assert.equal(clockWords(at("2026-10-25T00:30:07Z"), zone), "01:30:07");
  });

  it("of a range on one day say the day once, unless the clock changed in it", () => {
    const [from, to] = [at("2026-10-24T00:30:00Z"), at("2026-10-24T03:00:00Z")];
    assert.equal(rangeWords(from, to, "Europe/London"), "2026-10-24 01:30 … 04:00 BST");
    assert.equal(
      rangeWords(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"), "Europe/London"),
      "2026-10-25 01:30 BST … 2026-10-25 01:30 GMT",
    );
    assert.equal(rangeWords(from, from, "UTC"), "2026-10-24 00:30 UTC");
  });

  it("in a zone with half hours have a half in their offset", () => {
    assert.equal(
      offsetText(at("2026-01-01T00:00:00Z"), "Asia/Kolkata"),
      "2026-01-01T05:30:00+05:30",
    );
    assert.equal(
      offsetText(at("2026-01-01T00:00:00Z"), "America/St_Johns"),
      "2025-12-31T20:30:00-03:30",
    );
  });
});

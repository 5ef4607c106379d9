import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { timeZoneOfWindows, timeZones, transitions, windowsTimeZone } from "./time-zones.ts";
import { zoneOf } from "./zone.ts";

describe("the time zones", () => {
  it("are all that the platform knows, and UTC", () => {
    const all = timeZones();
    assert.ok(all.length > 400);
    assert.equal(all[0], "UTC");
    assert.equal(new Set(all).size, all.length);
  });

  for (const [search, first] of [
    ["london", "Europe/London"],
    ["new york", "America/New_York"],
    ["US/Eastern", "America/New_York"],
    ["W. Europe Standard Time", "Europe/Berlin"],
    ["buenos", "America/Argentina/Buenos_Aires"],
    ["utc", "UTC"],
  ] as const) {
    it(`are found by "${search}"`, () => {
      const [found = ""] = timeZones(search);
      // Platforms differ in which of a zone's names they list.
      assert.equal(zoneOf(found).spanAt(0).offsetMs, zoneOf(first).spanAt(0).offsetMs);
      assert.ok(found.endsWith(first.slice(first.lastIndexOf("/") + 1)), found);
    });
  }

  it("are found by their English names, and by several words", () => {
    assert.ok(timeZones("eastern time").includes("America/New_York"));
    assert.ok(timeZones("central european").includes("Europe/Paris"));
    assert.deepEqual(timeZones("no such place"), []);
    assert.deepEqual(timeZones("x".repeat(1000)), []);
  });

  it("have names in Windows, there and back", () => {
    assert.equal(windowsTimeZone("Europe/Berlin"), "W. Europe Standard Time");
    assert.equal(windowsTimeZone("Asia/Kolkata"), "India Standard Time");
    assert.equal(windowsTimeZone("UTC"), "UTC");
    assert.equal(windowsTimeZone("Mars/Olympus"), null);
    assert.equal(timeZoneOfWindows("pacific standard time"), "America/Los_Angeles");
    assert.equal(timeZoneOfWindows("Europe/Berlin"), null);
    const named = timeZones().filter((name) => windowsTimeZone(name) !== null);
    assert.ok(named.length > 0.95 * timeZones().length, `${named.length}`);
    for (const name of named) {
      const back = timeZoneOfWindows(windowsTimeZone(name) ?? "");
      assert.notEqual(zoneOf(back ?? "").name, "");
    }
  });

  it("change their clocks", () => {
    const changes = transitions("Europe/London", Date.UTC(2026, 0), Date.UTC(2027, 0));
    assert.deepEqual(changes, [
      { at: Date.UTC(2026, 2, 29, 1), offsetBeforeMs: 0, offsetAfterMs: 3_600_000, kind: "gap" },
      {
        at: Date.UTC(2026, 9, 25, 1),
        offsetBeforeMs: 3_600_000,
        offsetAfterMs: 0,
        kind: "overlap",
      },
    ]);
    assert.deepEqual(transitions("UTC", 0, Date.UTC(2100, 0)), []);
    assert.deepEqual(transitions("Asia/Tokyo", Date.UTC(2000, 0), Number.POSITIVE_INFINITY), []);
    const at = Date.UTC(2026, 2, 29, 1);
    assert.equal(transitions("Europe/London", at, at + 1).length, 1);
    assert.equal(transitions("Europe/London", at + 1, at + 2).length, 0);
  });
});

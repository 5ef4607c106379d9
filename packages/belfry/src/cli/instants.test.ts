import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDay, readInstant, type Standpoint } from "./instants.ts";

const now = Date.parse("2026-11-24T22:40:00Z");
const london: Standpoint = { timeZone: "Europe/London", now, bare: "ago" };
const tokyo: Standpoint = { timeZone: "Asia/Tokyo", now, bare: "ahead" };

function read(text: string, standpoint: Standpoint = london): string {
  return new Date(readInstant(text, standpoint)).toISOString();
}

describe("an instant as people write it", () => {
  it("with an offset stands for itself", () => {
    assert.equal(read("2026-11-24T02:30Z", tokyo), "2026-11-24T02:30:00.000Z");
    assert.equal(read("2026-11-24T02:30:15+02:00"), "2026-11-24T00:30:15.000Z");
  });

  it("without one is in the zone's local time", () => {
    assert.equal(read("2026-11-24T02:30", tokyo), "2026-11-23T17:30:00.000Z");
    assert.equal(read("2026-07-24 02:30"), "2026-07-24T01:30:00.000Z");
  });

  it("may be a date or a day, for its beginning there", () => {
    assert.equal(read("2026-07-24"), "2026-07-23T23:00:00.000Z");
    assert.equal(read("today", tokyo), "2026-11-24T15:00:00.000Z");
    assert.equal(read("yesterday"), "2026-11-23T00:00:00.000Z");
    assert.equal(read("Tomorrow"), "2026-11-25T00:00:00.000Z");
    assert.equal(read("now"), "2026-11-24T22:40:00.000Z");
  });

  it("may be a distance, whose direction is the question's unless it is said", () => {
    assert.equal(read("2h"), "2026-11-24T20:40:00.000Z");
    assert.equal(read("2h", tokyo), "2026-11-25T00:40:00.000Z");
    assert.equal(read("2h ago", tokyo), "2026-11-24T20:40:00.000Z");
    assert.equal(read("in 1h30m"), "2026-11-25T00:10:00.000Z");
    assert.equal(read("-90s"), "2026-11-24T22:38:30.000Z");
    assert.equal(read("+1d"), "2026-11-25T22:40:00.000Z");
  });

  it("is refused with the forms that there are", () => {
    for (const text of [
      "",
      "soon",
      "2026-02-30",
      "2026-02-30T00:00Z",
      "2h later",
      "in 2h ago",
      "5",
    ]) {
      assert.throws(() => readInstant(text, london), { code: "bad-instant" }, text);
    }
  });
});

describe("a day", () => {
  it("lasts from its local midnight to the next, also where the clock changes", () => {
    const { from, until } = readDay("2026-03-29", london);
    assert.equal(until - from, 23 * 3_600_000);
    assert.throws(() => readDay("2h", london), { code: "bad-day" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "../schedule.ts";

const at = (text: string, timeZone = "UTC") => parse(text, { dialect: "at", timeZone });

describe("the dialect at", () => {
  it("is one instant", () => {
    const dueAt = Date.UTC(2026, 11, 1, 9);
    const schedule = at("2026-12-01T09:00Z", "Europe/London");
    assert.equal(schedule.next(dueAt - 1), dueAt);
    assert.equal(schedule.next(dueAt), null);
    assert.equal(schedule.previous(dueAt), null);
    assert.equal(schedule.previous(dueAt + 1), dueAt);
    assert.equal(schedule.count(dueAt, dueAt + 1), 1);
    assert.equal(schedule.count(dueAt - 1, dueAt), 0);
    assert.equal(schedule.words(), "Once, at 2026-12-01 09:00, Europe/London");
  });

  it("takes an offset, seconds and milliseconds", () => {
    const dueAt = Date.UTC(2026, 11, 1, 7, 0, 5, 250);
    assert.equal(at("2026-12-01T09:00:05.25+02:00").next(0), dueAt);
    assert.equal(at("at 2026-12-01 01:30:05.250-0530").next(0), dueAt);
  });

  it("takes a local time: the first instant after a gap, the first of an overlap", () => {
    assert.equal(at("2026-03-29T01:30", "Europe/London").next(0), Date.UTC(2026, 2, 29, 1));
    assert.equal(at("2026-10-25T01:30", "Europe/London").next(0), Date.UTC(2026, 9, 25, 0, 30));
    assert.equal(at("2011-12-30T12:00", "Pacific/Apia").next(0), Date.UTC(2011, 11, 30, 10));
  });

  it("refuses what is no instant, and says where", () => {
    for (const text of ["", "noon", "2026-12-01", "2026-02-30T00:00", "2026-12-01T24:00"]) {
      assert.throws(() => at(text), { code: "instant", position: 0, length: text.length });
    }
    assert.throws(() => at("at 2026-13-01T00:00Z"), { code: "instant", position: 3 });
    assert.throws(() => at("2026-12-01T00:00+25:00"), { code: "instant" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ScheduleError } from "../errors.ts";
import { dayAt } from "../local-time.ts";
import { parse, type Schedule } from "../schedule.ts";
import { union } from "../union.ts";
import { instantOfLocal, zoneOf } from "../zone.ts";
import { type Days, daySetOf } from "./days.ts";
import { during } from "./during.ts";
import { except, type OnOptions, on } from "./on.ts";

const DAY = 86_400_000;
const LONDON = "Europe/London";
const HOLIDAYS: Days = { dates: ["2026-12-25", "2026-12-28", "01-01"] };
const BUSINESS: Days = { weekdays: "mon-fri", except: HOLIDAYS };

function times(schedule: Schedule, from: string, count: number): string[] {
  const found: string[] = [];
  let at = schedule.next(Date.parse(from) - 1);
  while (at !== null && found.length < count) {
    found.push(new Date(at).toISOString().slice(0, 16));
    at = schedule.next(at);
  }
  return found;
}

describe("a schedule on certain days", () => {
  const nine = parse("0 9 * * *");

  it("is left out on others", () => {
    assert.deepEqual(times(on(nine, BUSINESS), "2026-12-24T00:00Z", 4), [
      "2026-12-24T09:00",
      "2026-12-29T09:00",
      "2026-12-30T09:00",
      "2026-12-31T09:00",
    ]);
    assert.deepEqual(times(except(nine, HOLIDAYS), "2026-12-24T00:00Z", 3), [
      "2026-12-24T09:00",
      "2026-12-26T09:00",
      "2026-12-27T09:00",
    ]);
  });

  it("comes on the nth of them in each month, also from its end", () => {
    const last = on(nine, { ...BUSINESS, nth: -1 });
    assert.deepEqual(times(last, "2026-10-01T00:00Z", 3), [
      "2026-10-30T09:00",
      "2026-11-30T09:00",
      "2026-12-31T09:00",
    ]);
    const both = on(nine, { ...BUSINESS, nth: [1, 10] });
    assert.deepEqual(times(both, "2027-01-01T00:00Z", 2), ["2027-01-04T09:00", "2027-01-15T09:00"]);
  });

  it("moves to the next of them, or to the one before", () => {
    const monthly = parse("30 9 25 * *");
    assert.deepEqual(times(on(monthly, BUSINESS, { otherwise: "next" }), "2026-12-01T00:00Z", 3), [
      "2026-12-29T09:30",
      "2027-01-25T09:30",
      "2027-02-25T09:30",
    ]);
    const before = on(monthly, BUSINESS, { otherwise: "previous" });
    assert.deepEqual(times(before, "2026-12-01T00:00Z", 1), ["2026-12-24T09:30"]);
  });

  it("is one occurrence where two meet", () => {
    const moved = on(nine, { weekdays: "mon" }, { otherwise: "next" });
    assert.deepEqual(times(moved, "2026-12-01T00:00Z", 2), [
      "2026-12-07T09:00",
      "2026-12-14T09:00",
    ]);
  });

  it("goes by the days of its own zone", () => {
    const night = parse("30 23 * * *", { timeZone: "America/New_York" });
    const found = times(on(night, { weekdays: "fri" }), "2026-12-01T00:00Z", 1);
    assert.deepEqual(found, ["2026-12-05T04:30"]);
  });

  it("knows the days of a rule", () => {
    const rule = "DTSTART:20261126\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH";
    const found = times(on(nine, { dates: [rule] }), "2026-01-01T00:00Z", 2);
    assert.deepEqual(found, ["2026-11-26T09:00", "2027-11-25T09:00"]);
  });

  it("says so in words, and where its list is about to end", () => {
    const schedule = except(parse("0 9 * * 1-5", { timeZone: LONDON }), {
      dates: ["2026-12-25", "2026-12-28"],
    });
    assert.match(schedule.words(), /Europe\/London, except on 2026-12-25, 2026-12-28$/);
    assert.equal(
      on(nine, { ...BUSINESS, nth: -1 }, { otherwise: "previous" }).words(),
      "At 09:00, UTC, only on the last of each month's Monday to Friday but not on 2026-12-25, 2026-12-28, 01-01; else on the previous such day",
    );
    const codes = (from: string): string[] =>
      schedule.lint(Date.parse(from)).map(({ code }) => code);
    assert.deepEqual(codes("2026-06-01T00:00Z"), []);
    assert.deepEqual(codes("2026-12-01T00:00Z"), ["list-ends"]);
  });

  it("says of a union that all of it is meant", () => {
    const both = union([nine, parse("0 17 * * *")]);
    const words = "At 09:00, UTC; and At 17:00, UTC; all only on Monday to Friday";
    assert.equal(on(both, { weekdays: "mon-fri" }).words(), words);
  });

  it("is refused where it never comes, or where days cannot be read", () => {
    const refused = (code: string, build: () => unknown): void => {
      assert.throws(build, (error) => error instanceof ScheduleError && error.code === code);
    };
    refused("never", () => on(parse("0 9 * * 1"), { weekdays: "tue" }));
    refused("never", () => on(nine, { dates: [] }));
    refused("calendar", () => on(nine, { weekdays: "mon-xyz" }));
    refused("calendar", () => on(nine, { dates: ["2026-02-29"] }));
    refused("calendar", () => on(nine, { dates: ["2026-12-31/2026-12-01"] }));
    refused("calendar", () => on(nine, { nth: 0 }));
    const apart = union([nine, parse("0 9 * * *", { timeZone: LONDON })]);
    refused("calendar", () => except(apart, HOLIDAYS));
    refused("calendar", () => on(nine, BUSINESS, JSON.parse('{ "otherwise": "later" }')));
  });
});

describe("a schedule during a window", () => {
  it("comes only in it, also past midnight", () => {
    const half = parse("*/30 * * * *", { timeZone: LONDON });
    assert.deepEqual(times(during(half, "09:00-10:00"), "2026-12-01T00:00Z", 3), [
      "2026-12-01T09:00",
      "2026-12-01T09:30",
      "2026-12-02T09:00",
    ]);
    assert.deepEqual(times(during(half, "23:30-00:30"), "2026-12-01T12:00Z", 3), [
      "2026-12-01T23:30",
      "2026-12-02T00:00",
      "2026-12-02T23:30",
    ]);
  });

  it("is refused where it is none, or never open", () => {
    const nine = parse("0 9 * * *");
    assert.throws(() => during(nine, "9-17"), /is no window/);
    assert.throws(() => during(nine, "10:00-11:00"), /never occurs/);
  });
});

const bases: fc.Arbitrary<Schedule> = fc
  .tuple(
    fc.constantFrom(
      "0 9 * * *",
      "30 1 * * *",
      "0 0 1,15 * *",
      "*/37 * * * *",
      "0 0 29 2 *",
      "15 23 * * 5",
    ),
    fc.constantFrom("UTC", LONDON, "America/New_York", "Pacific/Apia", "Africa/Cairo"),
  )
  .map(([expression, timeZone]) => parse(expression, { timeZone }));

const dayText = fc
  .integer({ min: 0, max: 300 })
  .map((day) => new Date(Date.UTC(2011, 6, 1) + day * DAY).toISOString().slice(0, 10));

const dayLists: fc.Arbitrary<Days> = fc.record({
  weekdays: fc.constantFrom("mon-fri", "sat,sun", "mon-sun", "fri-mon"),
  except: fc.record({ dates: fc.array(dayText, { maxLength: 20 }) }),
});

const FROM = Date.UTC(2011, 8, 20);
const TO = Date.UTC(2012, 3, 1);

/** Every occurrence of the base, and where it goes, one by one. */
function bruteForce(base: Schedule, days: Days, otherwise: OnOptions["otherwise"]): number[] {
  const zone = zoneOf(base.timeZone);
  const set = daySetOf(days);
  const found = new Set<number>();
  for (const at of base.between(FROM - 40 * DAY, TO + 40 * DAY)) {
    const day = dayAt(zone, at);
    if (set.firstDay(day) === day) found.add(at);
    else if (otherwise !== "skip") {
      const step = otherwise === "next" ? 1 : -1;
      const seek = (from: number): number => (step === 1 ? set.firstDay(from) : set.lastDay(from));
      let to = seek(day);
      // Samoa left a day out.
      while (instantOfLocal(zone, to * DAY) === instantOfLocal(zone, (to + 1) * DAY))
        to = seek(to + step);
      if (Math.abs(to - day) > 31) continue;
      const local = at + zone.spanAt(at).offsetMs;
      found.add(instantOfLocal(zone, local + (to - day) * DAY));
    }
  }
  return [...found].filter((at) => at >= FROM && at < TO).sort((a, b) => a - b);
}

function backwards(schedule: Schedule): number[] {
  const found: number[] = [];
  let at = schedule.previous(TO);
  while (at !== null && at >= FROM) {
    found.unshift(at);
    at = schedule.previous(at);
  }
  return found;
}

describe("combinations agree with a walk over every occurrence", () => {
  for (const otherwise of ["skip", "next", "previous"] as const) {
    it(`on certain days, else ${otherwise}`, () => {
      fc.assert(
        fc.property(bases, dayLists, (base, days) => {
          const expected = bruteForce(base, days, otherwise);
          let combined: Schedule;
          try {
            combined = on(base, days, { otherwise });
          } catch {
            return expected.length === 0;
          }
          assert.deepEqual([...combined.between(FROM, TO)], expected);
          assert.deepEqual(backwards(combined), expected);
          assert.equal(combined.count(FROM, TO), expected.length);
          return true;
        }),
        { numRuns: 40 },
      );
    });
  }

  it("during a window", () => {
    const windows = fc.constantFrom(
      "09:00-17:00",
      "22:00-06:00",
      "01:15-01:45",
      "00:00-24:00",
      "02:00-03:00",
    );
    fc.assert(
      fc.property(bases, windows, (base, window) => {
        const zone = zoneOf(base.timeZone);
        const [from = 0, to = 0] = window.split("-").map((time) => {
          const [hour = 0, minute = 0] = time.split(":").map(Number);
          return (hour * 60 + minute) * 60_000;
        });
        const expected = [...base.between(FROM, TO)].filter((at) => {
          const ofDay = (at + zone.spanAt(at).offsetMs) % DAY;
          return from < to ? ofDay >= from && ofDay < to : ofDay >= from || ofDay < to;
        });
        let combined: Schedule;
        try {
          combined = during(base, window);
        } catch {
          return expected.length === 0;
        }
        assert.deepEqual([...combined.between(FROM, TO)], expected);
        assert.deepEqual(backwards(combined), expected);
        assert.equal(combined.count(FROM, TO), expected.length);
        return true;
      }),
      { numRuns: 40 },
    );
  });
});

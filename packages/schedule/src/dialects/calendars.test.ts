import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dialect, type ParseOptions, parse, type Schedule } from "../schedule.ts";

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function refuses(dialect: Dialect, cases: readonly (readonly [string, object])[]): void {
  for (const [expression, expected] of cases) {
    it(`refuses ${JSON.stringify(expression)}`, () => {
      assert.throws(() => parse(expression, { dialect }), expected);
    });
  }
}

describe("the dialect systemd", () => {
  const words = (text: string, timeZone = "UTC"): string =>
    parse(text, { dialect: "systemd", timeZone }).words();

  it("tells what it does", () => {
    assert.equal(words("Mon..Fri 09:00"), "At 09:00 on Monday to Friday, UTC");
    assert.equal(words("daily Europe/London"), "At 00:00, Europe/London");
    assert.match(words("*-02~03"), /counting days from the month's end: 3, UTC$/);
    assert.match(words("2026..2027-1-1 0:0:30"), /in 2026, 2027, at second 30 of the minute, UTC$/);
  });

  it("warns of what the clock skips and repeats", () => {
    const options: ParseOptions = { dialect: "systemd", timeZone: "America/New_York" };
    const findings = parse("*-*-* 01..02:30", options).lint(Date.UTC(2026, 0, 1));
    assert.deepEqual(
      findings.map((finding) => finding.code),
      ["dst-gap", "dst-overlap"],
    );
    assert.match(findings[0]?.message ?? "", /02:00 to 03:00 on 2026-03-08/);
  });

  it("takes fractions of seconds and the seconds of the epoch", () => {
    const quarter = parse("*:*:0/0.25", { dialect: "systemd" });
    assert.equal(quarter.next(0), 250);
    assert.equal(quarter.count(0, 60_000), 240);
    assert.equal(parse("@1395716396", { dialect: "systemd" }).next(0), 1_395_716_396_000);
  });

  refuses("systemd", [
    ["Sun..Tue 12:00", { code: "range", position: 0, length: 8, hint: /Sun..Sun,Mon..Tue/ }],
    ["*-*-* 25:00", { code: "range", position: 6, length: 2, hint: "use 0 to 23" }],
    ["*:0/0", { code: "step", position: 3 }],
    ["0 0 * * *", { code: "syntax", hint: /unix/ }],
    ["daily Europe/Lodnon", { code: "time-zone", position: 6, hint: /Europe\/London/ }],
    ["*-02-30", { code: "never" }],
    ["*-*~30", { code: "range", hint: "use 1 to 28" }],
    ["12:00:00.0001", { code: "range", position: 6 }],
  ]);
});

describe("the dialect rrule", () => {
  const start = "DTSTART;TZID=America/New_York:20260306T023000\n";

  it("leaves out and does not count what the clock skips", () => {
    const schedule = parse(`${start}RRULE:FREQ=DAILY;COUNT=3`, { dialect: "rrule" });
    assert.deepEqual([...schedule.between(0, Date.UTC(2027, 0))].map(iso), [
      "2026-03-06T07:30:00.000Z",
      "2026-03-07T07:30:00.000Z",
      "2026-03-09T06:30:00.000Z",
    ]);
  });

  it("adds and removes dates, and counts neither", () => {
    const text = `${start}RRULE:FREQ=DAILY;COUNT=3\nRDATE:20260401T120000Z\nEXDATE;TZID=America/New_York:20260307T023000`;
    const schedule = parse(text, { dialect: "rrule" });
    assert.equal(schedule.count(0, Date.UTC(2027, 0)), 3);
    assert.equal(iso(schedule.previous(Number.POSITIVE_INFINITY)), "2026-04-01T12:00:00.000Z");
    assert.match(schedule.words(), /^Every day, 3 times, on 2026-04-01 08:00, except 2026-03-07/);
  });

  it("ends with the last that COUNT allows, whatever is asked first", () => {
    const zoned = "DTSTART;TZID=America/New_York:20260101T093000\n";
    const rules = [
      "FREQ=SECONDLY;INTERVAL=7;BYSECOND=1,30",
      "FREQ=MINUTELY;BYHOUR=1,2",
      "FREQ=HOURLY;INTERVAL=5",
      "FREQ=WEEKLY;BYDAY=MO,SU",
    ];
    for (const rule of rules) {
      const endless = parse(`${zoned}RRULE:${rule}`, { dialect: "rrule" });
      let last: number | null = Number.NEGATIVE_INFINITY;
      for (let found = 0; found < 2000 && last !== null; found++) last = endless.next(last);
      assert.ok(last !== null);
      const counted = (): Schedule =>
        parse(`${zoned}RRULE:${rule};COUNT=2000`, { dialect: "rrule" });
      assert.equal(counted().previous(Infinity), last);
      assert.equal(counted().next(last), null);
      assert.equal(counted().count(-Infinity, Infinity), 2000);
      assert.equal(counted().previous(last + 1), last);
    }
  });

  it("steps minutes in elapsed time", () => {
    const text = "DTSTART;TZID=America/New_York:20261101T003000\nRRULE:FREQ=MINUTELY;INTERVAL=45";
    const schedule = parse(text, { dialect: "rrule" });
    const hours = [...schedule.between(0, Date.UTC(2026, 10, 1, 9))].map((at) =>
      iso(at)?.slice(11, 16),
    );
    assert.deepEqual(hours, ["04:30", "05:15", "06:00", "06:45", "07:30", "08:15"]);
  });

  it("takes its start from the anchor", () => {
    const options: ParseOptions = { dialect: "rrule", anchor: "2026-03-01T08:00Z" };
    assert.equal(iso(parse("FREQ=WEEKLY", options).next(0)), "2026-03-01T08:00:00.000Z");
    assert.throws(() => parse("FREQ=WEEKLY", { dialect: "rrule" }), /needs its start/);
  });

  it("ends quickly where a rule cannot occur", () => {
    const from = performance.now();
    const rule = "DTSTART:20260101T000000Z\nRRULE:FREQ=MINUTELY;INTERVAL=2;BYMINUTE=1";
    assert.throws(() => parse(rule, { dialect: "rrule" }), { code: "never" });
    assert.ok(performance.now() - from < 50);
  });

  refuses("rrule", [
    ["DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYHOUR=24", { code: "range", position: 49 }],
    ["DTSTART:20260101T000000Z\nEXRULE:FREQ=DAILY", { code: "syntax", hint: /EXDATE/ }],
    [
      "DTSTART;TZID=Europe/Lodnon:20260101T000000\nRRULE:FREQ=DAILY",
      { code: "time-zone", position: 13 },
    ],
    ["DTSTART:20260101T000000Z\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", { code: "never" }],
    [
      "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20260201",
      { hint: "keep one of them" },
    ],
  ]);
});

describe("the dialect interval", () => {
  const parsed = (text: string, timeZone = "UTC") => parse(text, { dialect: "interval", timeZone });

  it("counts months from the start, not from the last occurrence", () => {
    const found = [...parsed("R4/2026-01-31T00:00:00Z/P1M").between(0, Date.UTC(2027, 0))].map(iso);
    assert.deepEqual(
      found.map((text) => text?.slice(0, 10)),
      ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
    );
  });

  it("takes equal instants for one occurrence", () => {
    const schedule = parsed("R6/2011-12-28T10:00:00/P1D", "Pacific/Apia");
    const found = [...schedule.between(0, Date.UTC(2013, 0))];
    assert.equal(found.length, 5);
    assert.equal(schedule.count(0, Date.UTC(2013, 0)), 5);
  });

  it("goes back from an end without a beginning", () => {
    const schedule = parsed("R/PT1H/2026-01-01T00:00:00Z");
    assert.equal(iso(schedule.previous(0)), "1969-12-31T23:00:00.000Z");
    assert.equal(schedule.next(Date.UTC(2026, 0, 1)), null);
    assert.equal(schedule.count(0, Date.UTC(2026, 0, 1, 1)), 490_897);
  });

  it("tells what it does", () => {
    assert.equal(
      parsed("R3/2026-01-01T00:00:00Z/P1MT12H").words(),
      "Every 1 month 12 hours, 3 times, counted from 2026-01-01 00:00, UTC",
    );
  });

  refuses("interval", [
    ["R0/2026-01-01T00:00:00Z/PT1H", { code: "never" }],
    ["R5/2026-01-01T00:00:00Z/PT0S", { code: "duration", position: 24 }],
    ["R5/2026-02-30T00:00:00Z/P1D", { code: "instant", position: 3 }],
    ["R5/2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", { code: "syntax", position: 24 }],
  ]);
});

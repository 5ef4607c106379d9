import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "../schedule.ts";
import { holidays } from "./holidays.ts";
import { except } from "./on.ts";

const file = (...events: readonly (readonly string[])[]): string =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    ...events.flatMap((lines) => ["BEGIN:VEVENT", ...lines, "END:VEVENT"]),
    "END:VCALENDAR",
    "",
  ].join("\r\n");

describe("the holidays of an iCalendar file", () => {
  it("are the days of its events", () => {
    const { dates } = holidays(
      file(
        ["DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261226", "SUMMARY:Christmas: day, one"],
        ["DTSTART;VALUE=DATE:20261225", "DURATION:P2D"],
        ["DTSTART;TZID=Europe/London:20270101T090000", "DTEND;TZID=Europe/London:20270102T120000"],
        ["DTSTART;VALUE=DATE:20270503", "STATUS:CANCELLED"],
        ["DTSTART;VALUE=DATE:20270", " 531", "BEGIN:VALARM", "DTSTART:nonsense", "END:VALARM"],
      ),
    );
    assert.deepEqual(dates, [
      "2026-12-25",
      "2026-12-25/2026-12-26",
      "2027-01-01/2027-01-02",
      "2027-05-31",
    ]);
  });

  it("come again by their rules", () => {
    const days = holidays(
      file(
        ["DTSTART;VALUE=DATE:20201226", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20261226"],
        [
          "DTSTART;VALUE=DATE:20201126",
          "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20291231T235959Z",
        ],
        ["DTSTART;VALUE=DATE:20201230", "DTEND;VALUE=DATE:20210101", "RRULE:FREQ=YEARLY"],
      ),
    );
    const left = except(parse("0 12 * 11,12 *"), days);
    const missing = [...parse("0 12 * 11,12 *").between(Date.UTC(2026, 0), Date.UTC(2028, 0))]
      .filter((at) => !left.matches(at))
      .map((at) => new Date(at).toISOString().slice(0, 10));
    assert.deepEqual(missing, [
      "2026-11-26",
      "2026-12-30",
      "2026-12-31",
      "2027-11-25",
      "2027-12-26",
      "2027-12-30",
      "2027-12-31",
    ]);
  });

  for (const [what, text, message] of [
    ["no calendar", "hello", /^line 1: this is no iCalendar file/],
    ["no date", file(["DTSTART;VALUE=DATE:20260231"]), /^line 4: "20260231" is no date/],
    ["no start", file(["SUMMARY:x"]), /^line 4: an event has no DTSTART/],
    ["a bad rule", file(["DTSTART:20261225", "RRULE:FREQ=SOMETIMES"]), /^line 5: /],
    ["no line", file(["nonsense"]), /^line 4: "nonsense" is no line/],
    ["no event", "BEGIN:VCALENDAR\nEND:VCALENDAR", /no event/],
    [
      "an end before its start",
      file(["DTSTART:20261225", "DTEND:20261220"]),
      /^line 5: an event ends/,
    ],
  ] as const) {
    it(`are refused by line where there is ${what}`, () => {
      assert.throws(() => holidays(text), { name: "ScheduleError", code: "calendar", message });
    });
  }
});

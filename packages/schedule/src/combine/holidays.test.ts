import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dateText } from "../civil.ts";
import { parse } from "../schedule.ts";
import { daySetOf } from "./days.ts";
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

/** All days of a file from 2026 to 2028, or from `from` to before `to`. */
function daysIn(text: string, from = "2026-01-01", to = "2029-01-01"): readonly string[] {
  const set = daySetOf(holidays(text));
  const found: string[] = [];
  let day = set.firstDay(Date.parse(from) / 86_400_000);
  for (; day < Date.parse(to) / 86_400_000; day = set.firstDay(day + 1)) found.push(dateText(day));
  return found;
}

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

  it("are those that an event touches by its own clock", () => {
    const days = daysIn(
      file(
        ["DTSTART:20260101T200000", "DURATION:PT4H"],
        ["DTSTART:20260201T200000Z", "DURATION:PT4H1S"],
        ["DTSTART;TZID=Asia/Tokyo:20260301T000000", "DTEND;TZID=Asia/Tokyo:20260303T000000"],
        ["DTSTART;VALUE=DATE-TIME:20260401T090000", "DTEND:20260401T090000"],
        ["DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260501"],
        ["DTSTART;VALUE=DATE:20260601", "DURATION:P1W"],
      ),
    );
    const january = ["2026-01-01", "2026-02-01", "2026-02-02", "2026-03-01", "2026-03-02"];
    const june = Array.from({ length: 7 }, (_, index) => `2026-06-0${index + 1}`);
    assert.deepEqual(days, [...january, "2026-04-01", "2026-05-01", ...june]);
  });

  it("of several days come again as a whole, at the ends of months and of their rules, too", () => {
    const twoDays = ["DTSTART;VALUE=DATE:20200228", "DTEND;VALUE=DATE:20200301"];
    assert.deepEqual(daysIn(file([...twoDays, "RRULE:FREQ=YEARLY;UNTIL=20270228"])), [
      "2026-02-28",
      "2026-03-01",
      "2027-02-28",
      "2027-03-01",
    ]);
    const thanksgiving = ["DTSTART;VALUE=DATE:20201126", "DURATION:P2D"];
    const rule = "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH";
    assert.deepEqual(daysIn(file([...thanksgiving, rule, "EXDATE;VALUE=DATE:20271125"])), [
      "2026-11-26",
      "2026-11-27",
      "2028-11-23",
      "2028-11-24",
    ]);
  });

  it("end with the day on which UNTIL is by the clock of the event", () => {
    const until = (text: string): string | undefined => {
      const start = "DTSTART;TZID=America/New_York:20260101T200000";
      return daysIn(file([start, `RRULE:FREQ=DAILY;UNTIL=${text}`])).at(-1);
    };
    assert.equal(until("20260111T010000Z"), "2026-01-10");
    assert.equal(until("20260111T005959Z"), "2026-01-09");
    assert.equal(until("20260110T195959"), "2026-01-09");
    assert.equal(until("20260110"), "2026-01-10");
  });

  it("are moved and called off by events that stand for one of a series", () => {
    const series = ["UID:1", "DTSTART;VALUE=DATE:20201226", "RRULE:FREQ=YEARLY"];
    const moved = ["UID:1", "RECURRENCE-ID;VALUE=DATE:20261226", "DTSTART;VALUE=DATE:20261228"];
    const off = ["UID:1", "RECURRENCE-ID:20271226", "DTSTART:20271226", "STATUS:CANCELLED"];
    const other = ["UID:2", "DTSTART:20261226"];
    assert.deepEqual(daysIn(file(moved, series, off)), ["2026-12-28", "2028-12-26"]);
    assert.deepEqual(daysIn(file(moved, off, other)), ["2026-12-26", "2026-12-28"]);
    const once = ["UID:1", "DTSTART:20261226", "RRULE:FREQ=YEARLY;COUNT=1"];
    assert.deepEqual(daysIn(file(once, moved)), ["2026-12-28"]);
    const single = ["UID:1", "DTSTART:20261226", "EXDATE:20270101"];
    assert.deepEqual(daysIn(file(single, other)), ["2026-12-26"]);
  });

  it("are read whatever else is in the file, and however its lines end", () => {
    const text = [
      "\uFEFFBEGIN:VCALENDAR",
      'X-WR-CALNAME;X-A="a:b;c",plain:Feiertage',
      "BEGIN:VTIMEZONE",
      "TZID:Custom",
      "BEGIN:STANDARD",
      "DTSTART:16010101T030000",
      "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
      "END:STANDARD",
      "END:VTIMEZONE",
      "BEGIN:VTODO",
      "DTSTART:20260101",
      "END:VTODO",
      "BEGIN:VEVENT",
      'DTSTART;TZID="Custom";X-NOTE="a:b":20260501T120000',
      "SUMMARY:Tag der Arb",
      "\teit: frei",
      "END:VEVENT",
      "END:VCALENDAR",
    ];
    for (const end of ["\n", "\r\n", "\r"]) {
      assert.deepEqual(daysIn(text.join(end)), ["2026-05-01"], JSON.stringify(end));
    }
  });

  it("are refused in no time where a line is made to be looked at for long", () => {
    const start = performance.now();
    const line = `X;${"A=b;".repeat(20_000)}A=${"c".repeat(50_000)}"d:e`;
    assert.throws(() => holidays(file([line])), /is no line of iCalendar/);
    assert.ok(performance.now() - start < 1000);
  });

  for (const [what, text, message] of [
    [
      "a file that is cut off",
      file(["DTSTART:20261225"], ["DTSTART:20261226"]).split("\r\n").slice(0, -3).join("\n"),
      /^line 6: VEVENT does not end: the file is cut off/,
    ],
    [
      "an end without its begin",
      file(["DTSTART:20261225", "END:VALARM"]),
      /^line 5: VALARM ends before it begins/,
    ],
    [
      "one of a series and all that follow",
      file(["DTSTART:20261225", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261224"]),
      /^line 5: RANGE cannot be read/,
    ],
    ["no duration", file(["DTSTART:20261225", "DURATION:PT"]), /^line 5: "PT" is no duration/],
    ["no time", file(["DTSTART:20261225T240000"]), /^line 4: "20261225T240000" is no date/],
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

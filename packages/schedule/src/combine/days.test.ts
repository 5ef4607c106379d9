import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { dateText } from "../civil.ts";
import { parse } from "../schedule.ts";
import { type Days, daySetOf } from "./days.ts";
import { daysWords } from "./days-words.ts";

const DAY = 86_400_000;
const FIRST = Date.UTC(2023, 10, 1) / DAY;
const LAST = Date.UTC(2024, 4, 31) / DAY;
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const dayNumber = fc.integer({ min: FIRST, max: LAST });
const rule = fc
  .record({
    start: dayNumber,
    length: fc.integer({ min: 1, max: 40 }),
    repeat: fc.constantFrom(
      "FREQ=MONTHLY",
      "FREQ=YEARLY;BYMONTH=2,12;BYMONTHDAY=28,-1",
      "FREQ=WEEKLY;INTERVAL=5;COUNT=3",
      "FREQ=HOURLY;INTERVAL=50;COUNT=20",
      "FREQ=DAILY;INTERVAL=9;BYHOUR=0,12,23",
    ),
  })
  .map(({ start, length, repeat }) => ({ length, text: `${startLine(start)}\nRRULE:${repeat}` }));

function startLine(day: number): string {
  return `DTSTART:${dateText(day).replaceAll("-", "")}T090000`;
}

/** What a text of a list names, and the days that it does. */
type Named = readonly [text: string, has: (day: number) => boolean];

const named: fc.Arbitrary<Named> = fc.oneof(
  dayNumber.map((day): Named => [dateText(day), (each) => each === day]),
  dayNumber.map((day): Named => {
    const yearly = dateText(day).slice(5);
    return [yearly, (each) => dateText(each).endsWith(`-${yearly}`)];
  }),
  fc.tuple(dayNumber, fc.integer({ min: 0, max: 70 })).map(([first, more]): Named => {
    const range = `${dateText(first)}/${dateText(first + more)}`;
    return [range, (day) => day >= first && day <= first + more];
  }),
  rule.map(({ text, length }): Named => {
    const [from, to] = [(FIRST - 400) * DAY, (LAST + 400) * DAY];
    const starts = Array.from(parse(text, { dialect: "rrule" }).between(from, to), (at) =>
      Math.floor(at / DAY),
    );
    const lines = length === 1 ? text : `${text}\nDURATION:P${length}D`;
    return [lines, (day) => starts.some((start) => day >= start && day < start + length)];
  }),
);

const plain = fc.record(
  {
    weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
    dates: fc.array(named, { maxLength: 8 }),
    nth: fc.uniqueArray(fc.constantFrom(1, 2, 5, 21, -1, -3), { minLength: 1 }),
  },
  { requiredKeys: [] },
);
type Plain = Partial<{ weekdays: string[]; dates: Named[]; nth: number[] }>;

function daysOf({ weekdays, dates, nth }: Plain, except: Days | null): Days {
  return {
    ...(weekdays === undefined ? {} : { weekdays: weekdays.join() }),
    ...(dates === undefined ? {} : { dates: dates.map(([text]) => text) }),
    ...(nth === undefined ? {} : { nth }),
    ...(except === null ? {} : { except }),
  };
}

/** Day by day, by the words of `Days`. */
function walk({ weekdays, dates, nth }: Plain, except: readonly number[]): readonly number[] {
  const found: number[] = [];
  for (let day = FIRST; day <= LAST; day++) {
    const weekday = WEEKDAYS[new Date(day * DAY).getUTCDay()] ?? "";
    const among = dates === undefined || dates.some(([, has]) => has(day));
    if ((weekdays?.includes(weekday) ?? true) && among && !except.includes(day)) found.push(day);
  }
  if (nth === undefined) return found;
  const months = Map.groupBy(found, (day) => dateText(day).slice(0, 7));
  const kept = [...months.values()].flatMap((days) =>
    nth.map((place) => days.at(place > 0 ? place - 1 : place)),
  );
  return found.filter((day) => kept.includes(day));
}

describe("days", () => {
  it("are what their words say, whatever they are made of", () => {
    const property = fc.property(plain, fc.option(plain), (own, other) => {
      const set = daySetOf(daysOf(own, other === null ? null : daysOf(other, null)));
      const expected = walk(own, other === null ? [] : walk(other, []));
      const forwards: number[] = [];
      for (let day = set.firstDay(FIRST); day <= LAST; day = set.firstDay(day + 1))
        forwards.push(day);
      assert.deepEqual(forwards, expected);
      const backwards: number[] = [];
      for (let day = set.lastDay(LAST); day >= FIRST; day = set.lastDay(day - 1))
        backwards.unshift(day);
      assert.deepEqual(backwards, expected);
    });
    fc.assert(property, { numRuns: 150 });
  });

  it("end with the calendar", () => {
    const set = daySetOf({});
    const [first, last] = [Date.UTC(1900, 0, 1) / DAY, Date.UTC(2199, 11, 31) / DAY];
    assert.equal(set.firstDay(first - 60), first);
    assert.equal(set.lastDay(last + 60), last);
    for (const far of [1, 2, 31, 32, 60]) {
      assert.equal(set.firstDay(last + far), Number.POSITIVE_INFINITY);
      assert.equal(set.lastDay(first - far), Number.NEGATIVE_INFINITY);
    }
  });

  it("of a rule have no time zone", () => {
    const dates = [
      "DTSTART;TZID=America/New_York:20261126T200000\nRRULE:FREQ=DAILY;COUNT=10000000",
    ];
    assert.equal(dateText(daySetOf({ dates }).firstDay(0)), "2026-11-26");
  });

  it("are found fast, also in ten thousand ranges and with rules of seconds", () => {
    const ranges = Array.from({ length: 10_000 }, (_, index) => {
      return `${dateText(index * 7)}/${dateText(index * 7 + 1)}`;
    });
    const set = daySetOf({ dates: ranges, except: { dates: ["1900-01-01/2199-12-31"] } });
    const secondly = daySetOf({ dates: ["DTSTART:20260101\nRRULE:FREQ=SECONDLY"] });
    const start = performance.now();
    assert.equal(set.firstDay(0), Number.POSITIVE_INFINITY);
    for (let day = secondly.firstDay(0), left = 500; left > 0; left--)
      day = secondly.firstDay(day + 1);
    // Several milliseconds here, and several seconds where each range or second is looked at.
    assert.ok(performance.now() - start < 1000);
  });

  for (const [days, words] of [
    [{}, "all days"],
    [{ weekdays: "sat,sun" }, "Saturday and Sunday"],
    [{ weekdays: "Monday - tues" }, "Monday and Tuesday"],
    [{ dates: [] }, "no date"],
    [{ dates: ["12-25 ", "2026-12-24/2027-01-02"] }, "12-25, 2026-12-24 to 2027-01-02"],
    [{ dates: ["01-01", "05-01", "12-25", "12-26"] }, "4 dates"],
    [{ dates: ["01-01", "DTSTART:20260101\nRRULE:FREQ=YEARLY"] }, "01-01, the days of a rule"],
    [
      { weekdays: "fri", dates: ["2026-12-24/2027-01-02"] },
      "Friday among 2026-12-24 to 2027-01-02",
    ],
    [{ nth: -1 }, "the last of each month's days"],
    [
      { nth: [1, 3, 21, 22, -2] },
      "the first, third, 21st, 22nd and second from the end of each month's days",
    ],
    [{ except: { dates: ["12-25"] }, nth: 1 }, "the first of each month's days but not on 12-25"],
    [
      { weekdays: "mon-fri", except: { weekdays: "fri", except: { dates: ["12-25"] } } },
      "Monday to Friday but not on (Friday but not on 12-25)",
    ],
  ] as const) {
    it(`are called ${words}`, () => assert.equal(daysWords(days), words));
  }

  for (const [days, message] of [
    [{ weekdays: "mon-wed-fri" }, /"mon-wed-fri" names no weekdays/],
    [{ weekdays: "money" }, /"money" names no weekdays/],
    [{ weekdays: "mo" }, /"mo" names no weekdays/],
    [{ weekdays: "" }, /"" names no weekdays/],
    [{ nth: [] }, /^nth names no day/],
    [{ nth: 32 }, /^nth: 32 is none of a month's days/],
    [{ dates: ["13-01"] }, /there is no date "13-01"/],
    [{ dates: ["2026-1-1"] }, /"2026-1-1" is no date/],
    [{ dates: ["2026-01-01/2026-01-02/2026-01-03"] }, /is no range/],
    [
      { dates: ["DTSTART:20260101\nRRULE:FREQ=FOO"] },
      /^"DTSTART:20260101\\nRRULE:FREQ=FOO": unknown FREQ "FOO"/,
    ],
    [
      { dates: ["DTSTART:20260101\nRRULE:FREQ=YEARLY\nDURATION:PT5H"] },
      /PT5H is no length of a rule's days/,
    ],
    [{ dates: Array<string>(10_001).fill("01-01") }, /10001 dates are too many/],
  ] as const) {
    it(`are refused with ${message}`, () => {
      assert.throws(() => daySetOf(days), { name: "ScheduleError", code: "calendar", message });
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScheduleError } from "../errors.ts";
import { parse } from "../schedule.ts";

/** expression, code, offending text, message */
const REFUSED: readonly (readonly [string, string, string, string])[] = [
  ["5/15 * * * *", "step", "5/15", '"5/15" needs a range (minute): write 5-59/15'],
  ["0 22-2 * * *", "range", "22-2", 'hour range "22-2" runs backwards: write 22-23,0-2'],
  [
    "0 0 * * fri-mon",
    "range",
    "fri-mon",
    'day of week range "fri-mon" runs backwards: write fri-sat,sun-mon',
  ],
  [
    "0 0 * nov-jan *",
    "range",
    "nov-jan",
    'month range "nov-jan" runs backwards: write nov-dec,jan',
  ],
  ["60 * * * *", "range", "60", 'minute "60" is out of range: write 0 to 59'],
  ["0 0 0 * *", "range", "0", 'day of month "0" is out of range: write 1 to 31'],
  ["0 0 * * 8", "range", "8", 'day of week "8" is out of range: write 0 to 7'],
  ["*/0 * * * *", "step", "0", 'the step of "*/0" is 0 (minute): write 1 or more'],
  ["*/ * * * *", "step", "", 'the step of "*/" is not a number (minute): write for example */5'],
  ["0 0 * janfeb *", "name", "janfeb", '"janfeb" is no month: use jan to dec, or 1 to 12'],
  ["0 0 * * funday", "name", "funday", '"funday" is no day of week: use sun to sat, or 0 to 7'],
  [
    "1,,2 * * * *",
    "syntax",
    ",",
    "the list of the minute field has an empty place: write a value between the commas, and no blanks",
  ],
  ["? * * * *", "syntax", "?", '"?" means nothing in the minute field: write *'],
  [
    "0 0 L * *",
    "syntax",
    "L",
    '"L" means nothing in the day of month field: this dialect has no L and no W',
  ],
  [
    "0 0 * * 5#2",
    "syntax",
    "#2",
    '"#2" means nothing in the day of week field: this dialect has no L and no #',
  ],
  [
    "* * * *",
    "syntax",
    "",
    "found 4 of 5 fields, no day of week: write minute, hour, day of month, month and day of week",
  ],
  [
    "0 * * * * *",
    "syntax",
    "*",
    "found 6 fields instead of 5: unix expressions have no seconds and no years: leave out the field",
  ],
  [
    "15~6 * * * *",
    "range",
    "15~6",
    'minute range "15~6" runs backwards: put the smaller number first',
  ],
  ["0~9/2 * * * *", "step", "0~9/2", "a random range takes no step (minute): leave out the step"],
  ["@Daily", "syntax", "@Daily", 'unknown macro "@Daily": write @daily'],
  ["@every 5m", "syntax", "@every 5m", 'unix has no @every: use the dialect "every" with "5m"'],
  [
    "@reboot",
    "reboot",
    "@reboot",
    "@reboot is no time: it runs once per boot of the host: keep it in a crontab",
  ],
  [
    "0 0 30 2 *",
    "never",
    "30",
    'never fires: no month "2" has a day "30": choose a day that the month has',
  ],
];

describe("the unix dialect refuses", () => {
  for (const [expression, code, offending, message] of REFUSED) {
    it(`${expression} with code ${code}`, () => {
      assert.throws(
        () => parse(expression),
        (error) => {
          assert.ok(error instanceof ScheduleError);
          assert.equal(error.message, message);
          assert.equal(error.code, code);
          assert.equal(expression.substr(error.position, error.length), offending);
          return true;
        },
      );
    });
  }
});

describe("the unix dialect reads", () => {
  const same = (name: string, one: string, other: string): void => {
    it(name, () => {
      const from = Date.UTC(2026, 0, 1);
      const to = Date.UTC(2027, 0, 1);
      assert.deepEqual([...parse(one).between(from, to)], [...parse(other).between(from, to)]);
    });
  };
  same("0 and 7 as Sunday", "0 0 * * 7", "0 0 * * 0");
  same("fri-sun as a range to the end of the week", "0 0 * * fri-sun", "0 0 * * 0,5,6");
  same("names in any case", "0 0 * JAN-Mar MON", "0 0 * 1-3 1");
  same("a star with a step over days 0 to 7", "0 0 * * */7", "0 0 * * 0");
  same("blanks and tabs around and between", "\t 0  6\t* * * ", "0 6 * * *");
  same("either of day and weekday where neither is a star", "0 0 13 * 5", "0 0 13 * 5-5");
  same("both of them where one begins with a star", "0 0 */1 * 5", "0 0 * * 5");
  same("a list that begins with a star as a star", "0 0 *,5 * 5", "0 0 * * 5");
  same("macros", "@weekly", "0 0 * * 0");

  it("random ranges the same way each time, and as the seed says", () => {
    const minuteOf = (expression: string, seed?: string): number => {
      const schedule = parse(expression, seed === undefined ? {} : { seed });
      return ((schedule.next(0) ?? 0) / 60_000) % 60;
    };
    assert.equal(minuteOf("10~20 0 * * *"), minuteOf("10~20 0 * * *"));
    assert.equal(minuteOf("~ * * * *", "a"), minuteOf("~ * * * *", "a"));
    const drawn = new Set(Array.from({ length: 200 }, (_, i) => minuteOf("10~20 * * * *", `${i}`)));
    assert.deepEqual(
      [...drawn].sort((a, b) => a - b),
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
    );
    assert.ok(minuteOf("50~ * * * *") >= 50);
    assert.ok(minuteOf("~5 * * * *") <= 5);
    assert.notEqual(minuteOf("~ * * * *", "web-1"), minuteOf("~ * * * *", "web-2"));
  });
});

describe("at a clock change the unix dialect", () => {
  const runs = (expression: string, timeZone: string, day: string): string[] => {
    const from = Date.parse(`${day}T00:00Z`);
    const found = parse(expression, { timeZone }).between(from, from + 86_400_000);
    return [...found].map((instant) => new Date(instant).toISOString().slice(11, 16));
  };

  it("makes up for a fixed time in a gap, once, in the first minute after it", () => {
    assert.deepEqual(runs("0,30 2 * * *", "America/New_York", "2026-03-08"), ["07:00"]);
    assert.deepEqual(runs("30 1 * * *", "Antarctica/Troll", "2026-03-29"), ["01:00", "23:30"]);
  });

  it("does not run what follows the clock where the clock skips it", () => {
    assert.deepEqual(runs("*/30 2 * * *", "America/New_York", "2026-03-08"), []);
  });

  it("runs a fixed time in an overlap the first time only", () => {
    assert.deepEqual(runs("30 1 * * *", "America/New_York", "2026-11-01"), ["05:30"]);
  });

  it("runs what follows the clock both times", () => {
    assert.deepEqual(runs("*/30 1 * * *", "America/New_York", "2026-11-01"), [
      "05:00",
      "05:30",
      "06:00",
      "06:30",
    ]);
  });

  it("takes @hourly for what follows the clock, and @daily for a fixed time", () => {
    assert.equal(runs("@hourly", "Europe/London", "2026-10-25").length, 24);
    assert.deepEqual(runs("@daily", "Africa/Cairo", "2026-04-24"), ["21:00"]);
    assert.deepEqual(runs("@daily", "Africa/Cairo", "2026-04-23"), ["22:00"]);
  });

  it("runs nothing of a day that is skipped", () => {
    assert.deepEqual(runs("0 12 30 12 *", "Pacific/Apia", "2011-12-30"), []);
    assert.deepEqual(runs("0 12 30 12 *", "Pacific/Apia", "2011-12-29"), []);
  });
});

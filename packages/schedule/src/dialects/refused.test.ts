import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ScheduleError } from "../errors.ts";
import { type Dialect, parse } from "../schedule.ts";

/** dialect, expression, code, offending text, message */
const REFUSED: readonly (readonly [Dialect, string, string, string, string])[] = [
  ["kubernetes", "0 0 * * 7", "range", "7", 'day of week "7" is out of range: write 0 to 6'],
  [
    "kubernetes",
    "TZ=UTC 0 0 * * *",
    "syntax",
    "TZ=UTC",
    "a CronJob takes no TZ= and no CRON_TZ= in its schedule: leave it out and name the time zone beside the schedule",
  ],
  [
    "kubernetes",
    "0 0 22-2 * *",
    "range",
    "22-2",
    'day of month range "22-2" runs backwards: write 22-31,1-2',
  ],
  ["kubernetes", "@DAILY", "syntax", "@DAILY", 'unknown macro "@DAILY": write @daily'],
  [
    "kubernetes",
    "@every 5",
    "duration",
    "5",
    '"5" is no interval: write for example @every 1h30m, with the units h, m and s, and no sign',
  ],
  [
    "kubernetes",
    "* * * * * *",
    "syntax",
    "*",
    "found 6 fields instead of 5: kubernetes expressions have no seconds and no years: leave out the field",
  ],
  [
    "kubernetes",
    "0,,5 * * * *",
    "syntax",
    ",",
    "the list of the minute field has an empty place: write a value between the commas, and no blanks",
  ],
  [
    "gcp",
    "every 5 minutes",
    "syntax",
    "every 5 minutes",
    'gcp has no "every 5 minutes": write five fields, for example */5 * * * *',
  ],
  [
    "gcp",
    "0 0 L * *",
    "syntax",
    "L",
    '"L" means nothing in the day of month field: this dialect has no L and no W',
  ],
  [
    "quartz",
    "0 0 3 * * *",
    "syntax",
    "*",
    "quartz takes a day of month or a day of week, not both: write ? in the field that is to be ignored",
  ],
  ["quartz", "0 0 3 ? * ?", "syntax", "?", "both day fields are ?: write * in one of them"],
  [
    "quartz",
    "0 0 3 * *",
    "syntax",
    "",
    "found 5 of 6 fields, no day of week: write second, minute, hour, day of month, month, day of week and optionally year",
  ],
  [
    "quartz",
    "0 0 0 L,15 * ?",
    "syntax",
    "L,15",
    "L, W and # stand alone in the day of month field: leave out the rest of the list",
  ],
  [
    "quartz",
    "0 0 0 ? * 6#6",
    "syntax",
    "#6",
    '"#6" means nothing in the day of week field: use * , - / and 1 to 7, sun to sat, or L 6L 6#3',
  ],
  [
    "quartz",
    "0 */60 0 * * ?",
    "step",
    "60",
    'the step of "*/60" is longer than the minute field: write 59 or less',
  ],
  [
    "quartz",
    "0 0 0 15X * ?",
    "syntax",
    "15X",
    '"15X" means nothing in the day of month field: use * , - / and 1 to 31, or L L-3 LW L-3W 15W',
  ],
  [
    "quartz",
    "0 0 0 30 2 ?",
    "never",
    "30",
    'never fires: no month "2" has a day "30" in its years: choose a day that the month has',
  ],
  [
    "quartz",
    "0 0 0 ? * MONDAY",
    "name",
    "MONDAY",
    '"MONDAY" is no day of week: use sun to sat, or 1 to 7',
  ],
  ["ncrontab", "0 0 * * 7", "range", "7", 'day of week "7" is out of range: write 0 to 6'],
  ["ncrontab", "0 0 ? * *", "syntax", "?", '"?" means nothing in the day of month field: write *'],
  [
    "ncrontab",
    "0 0 22-2 * * *",
    "range",
    "22-2",
    'hour range "22-2" runs backwards: write 22-23,0-2',
  ],
  [
    "ncrontab",
    "0 0 * Janbad *",
    "name",
    "Janbad",
    '"Janbad" is no month: use january to december, or 1 to 12',
  ],
  [
    "aws",
    "0 10 * * ? *",
    "syntax",
    "0 10 * * ? *",
    '"0 10 * * ? *" is no schedule of EventBridge: write cron(0 10 * * ? *), rate(5 minutes) or at(2026-12-01T09:00:00)',
  ],
  [
    "aws",
    "cron(0 10 * * * *)",
    "syntax",
    "*",
    "aws takes a day of month or a day of week, not both: write ? in the field that is to be ignored",
  ],
  [
    "aws",
    "cron(0 10 * * ?)",
    "syntax",
    "",
    "found 5 of 6 fields, no year: write minute, hour, day of month, month, day of week and year",
  ],
  [
    "aws",
    "cron(0 0 LW * ? *)",
    "syntax",
    "LW",
    '"LW" means nothing in the day of month field: use * , - / and 1 to 31, or L 15W',
  ],
  [
    "aws",
    "cron(0 0 1 1 ? 2200)",
    "range",
    "2200",
    'year "2200" is out of range: write 1970 to 2199',
  ],
  ["aws", "cron(60 0 1 1 ? *)", "range", "60", 'minute "60" is out of range: write 0 to 59'],
  [
    "aws",
    "rate(1 hours)",
    "duration",
    "1 hours",
    '"1 hours" has the wrong form of hour: write rate(1 hour)',
  ],
  [
    "aws",
    "rate(5 seconds)",
    "duration",
    "5 seconds",
    '"5 seconds" is no rate: write a whole number and minutes, hours or days, for example rate(5 minutes)',
  ],
  [
    "aws",
    "at(2026-02-30T13:00:00)",
    "instant",
    "2026-02-30T13:00:00",
    '"2026-02-30T13:00:00" is not an instant: there is no such date',
  ],
  [
    "aws-rules",
    "at(2026-02-20T13:00:00)",
    "syntax",
    "2026-02-20T13:00:00",
    'EventBridge rules have no at(): use the dialect "aws" (EventBridge Scheduler)',
  ],
  [
    "aws",
    "cron(0 0 30 2 ? *)",
    "never",
    "30",
    'never fires: no month "2" has a day "30" in its years: choose a day that the month has',
  ],
  [
    "quartz",
    "0 0 0 29 2 ? 2027",
    "never",
    "29",
    'never fires: no month "2" has a day "29" in its years: choose a day that the month has',
  ],
];

describe("the dialects of cron refuse", () => {
  for (const [dialect, expression, code, offending, message] of REFUSED) {
    it(`${expression} in ${dialect} with code ${code}`, () => {
      assert.throws(
        () => parse(expression, { dialect }),
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

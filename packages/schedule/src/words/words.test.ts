import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dialect, parse } from "../schedule.ts";

const GOLDEN: readonly (readonly [string, string])[] = [
  ["* * * * *", "Every minute"],
  ["*/5 * * * *", "Every 5 minutes"],
  ["30 2 * * *", "At 02:30"],
  ["0 6 * * 1-5", "At 06:00 on Monday to Friday"],
  ["0 * * * *", "Every hour on the hour"],
  ["17 * * * *", "Every hour at minute 17"],
  ["*/7 * * * *", "Every 7 minutes from minute 0 to 56 of every hour"],
  ["1-59/2 * * * *", "Every 2 minutes from minute 1 to 59 of every hour"],
  ["5,35 * * * *", "At minutes 5 and 35 of every hour"],
  ["0-10 * * * *", "Every minute from minute 0 to 10 of every hour"],
  ["0 */2 * * *", "Every 2 hours from 00:00 to 22:00"],
  ["30 */6 * * *", "Every 6 hours from 00:30 to 18:30"],
  ["0 9-17 * * *", "Every hour from 09:00 to 17:00"],
  ["*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:45 on Monday to Friday"],
  ["* 2 * * *", "Every minute from 02:00 to 02:59"],
  ["30 2,14 * * *", "At 02:30 and 14:30"],
  ["5,35 */6 * * *", "At minutes 5 and 35 of the hours 00 to 18 in steps of 6"],
  ["0 8-10,16-18 * * *", "At 08:00, 09:00, 10:00, 16:00, 17:00 and 18:00"],
  ["0 0 29 2 *", "At 00:00 on 29 February"],
  ["0 0 1 * *", "At 00:00 on day 1 of every month"],
  ["0 0 1,15 * *", "At 00:00 on days 1 and 15 of every month"],
  ["0 0 1-7 * *", "At 00:00 on days 1 to 7 of every month"],
  ["0 0 */2 * *", "At 00:00 on every 2nd day from 1 to 31 of every month"],
  ["0 0 13 * 5", "At 00:00 on day 13 of every month, and on every Friday"],
  ["0 0 */2 * 1", "At 00:00 on every 2nd day from 1 to 31 of every month, if it is a Monday"],
  ["0 12 1-7 * 1", "At 12:00 on days 1 to 7 of every month, and on every Monday"],
  ["0 0 1 JAN,JUL *", "At 00:00 on day 1 of January and July"],
  ["15 10 * JUN-AUG MON-WED", "At 10:15 on Monday to Wednesday in June to August"],
  ["0 0 * * 6,0", "At 00:00 on Saturday and Sunday"],
  ["0 0 * * */2", "At 00:00 on Tuesday, Thursday, Saturday and Sunday"],
  ["0 0 1 1,mar-may,12 *", "At 00:00 on day 1 of January, March to May and December"],
  ["30 4 1,15 * 5", "At 04:30 on days 1 and 15 of every month, and on every Friday"],
  ["0 0 1 6 3", "At 00:00 on 1 June, and on every Wednesday in June"],
  ["0 0 10,20,30 1-6/2 *", "At 00:00 on days 10, 20 and 30 of January, March and May"],
  ["7 7 7 7 7", "At 07:07 on 7 July, and on every Sunday in July"],
  ["1-3,5-7,50-59/3 * * * *", "At minutes 1 to 3, 5 to 7, 50, 53, 56 and 59 of every hour"],
  [
    "0 0 31 1,3,5,7,8,10,12 *",
    "At 00:00 on day 31 of January, March, May, July, August, October and December",
  ],
  ["0 0 2-30/4 * *", "At 00:00 on every 4th day from 2 to 30 of every month"],
  ["@hourly", "Every hour on the hour"],
  ["@weekly", "At 00:00 on Sunday"],
  ["0 0 * Jan Mon", "At 00:00 on Monday in January"],
  ["*/59 * * * *", "At minutes 0 and 59 of every hour"],
  ["0 6-18/4 * * *", "Every 4 hours from 06:00 to 18:00"],
  ["0-5,30-35 12 * * *", "At minutes 0 to 5 and 30 to 35 of hour 12"],
  ["* 9-17 * * *", "Every minute from 09:00 to 17:59"],
  [
    "0 0 1 * */2",
    "At 00:00 on day 1 of every month, if it is a Tuesday, Thursday, Saturday or Sunday",
  ],
];

/** Sentences of schedules that a clock change touches, in Europe/London unless a zone is named. */
const CHANGED: readonly (readonly [Dialect, string, string, string?])[] = [
  ["unix", "30 1 * * 1-5", "At 01:30 on Monday to Friday, Europe/London"],
  [
    "unix",
    "30 1 * * *",
    "At 01:30, Europe/London; on 29 March 2026 that time does not exist: runs at 02:00; on 25 October 2026 that time comes twice: runs at the first",
  ],
  [
    "unix",
    "5,35 1,2 * * *",
    "At 01:05, 01:35, 02:05 and 02:35, Europe/London; on 29 March 2026 01:00 to 02:00 does not exist: what is due then runs once, at 02:00; on 25 October 2026 01:00 to 02:00 comes twice: runs the first time only",
  ],
  [
    "unix",
    "30 1,13 * * *",
    "At 01:30 and 13:30, Europe/London; on 29 March 2026 01:30 does not exist: runs at 02:00; on 25 October 2026 01:30 comes twice: runs at the first",
  ],
  [
    "unix",
    "*/15 1 * * *",
    "At 01:00, 01:15, 01:30 and 01:45, Europe/London; on 29 March 2026 01:00 to 02:00 does not exist: what is due then does not run; on 25 October 2026 01:00 to 02:00 comes twice: what is due then runs both times",
  ],
  ["unix", "*/15 * * * *", "Every 15 minutes, Europe/London"],
  ["unix", "0 * * * *", "Every hour on the hour, Europe/London"],
  [
    "kubernetes",
    "30 1 * * *",
    "At 01:30, Europe/London; on 29 March 2026 that time does not exist: does not run; on 25 October 2026 that time comes twice: runs both times",
  ],
  [
    "quartz",
    "0 30 1 * * ?",
    "At 01:30, Europe/London; on 29 March 2026 that time does not exist: does not run; on 25 October 2026 that time comes twice: runs at the second",
  ],
  [
    "quartz",
    "0 0 * * * ?",
    "Every hour on the hour, Europe/London; on 25 October 2026 01:00 comes twice: runs at the second",
  ],
  [
    "ncrontab",
    "0 40 1 * * *",
    "At 01:40, Europe/London; on 29 March 2026 that time does not exist: runs at 02:40; on 25 October 2026 that time comes twice: runs at the first",
  ],
  ["ncrontab", "0 */5 * * * *", "Every 5 minutes, Europe/London"],
  [
    "aws",
    "cron(30 1 L * ? *)",
    "At 01:30 on the last day of every month, Europe/London; on 31 October 2027 that time comes twice: runs at the first",
  ],
  [
    "systemd",
    "*:0/30",
    "Every 30 minutes, Europe/London; on 25 October 2026 01:00 to 02:00 comes twice: runs the first time only",
  ],
  [
    "systemd",
    "01:30",
    "At 01:30, Europe/Dublin; on 29 March 2026 that time does not exist: does not run, nor later that day; on 25 October 2026 that time comes twice: runs at the first",
    "Europe/Dublin",
  ],
  [
    "rrule",
    "DTSTART:20260101T013000\nRRULE:FREQ=DAILY",
    "Every day, from 2026-01-01 01:30, Europe/London; on 29 March 2026 that time does not exist: does not run; on 25 October 2026 that time comes twice: runs at the first",
  ],
  [
    "rrule",
    "DTSTART:20260101T013000\nRRULE:FREQ=DAILY;COUNT=9",
    "Every day, 9 times, from 2026-01-01 01:30, Europe/London",
  ],
  [
    "rrule",
    "DTSTART:20260101T013000\nRRULE:FREQ=MINUTELY",
    "Every minute, from 2026-01-01 01:30, Europe/London",
  ],
  [
    "interval",
    "R/2026-03-01T01:30/P1W",
    "Every 1 week, counted from 2026-03-01 01:30, Europe/London; on 29 March 2026 that time does not exist: runs at 02:30; on 25 October 2026 that time comes twice: runs at the first",
  ],
  [
    "interval",
    "R/2026-03-01T01:30Z/P1W",
    "Every 1 week, counted from 2026-03-01 01:30, Europe/London",
  ],
  [
    "at",
    "2026-03-29T01:30",
    "Once, at 2026-03-29 02:00, Europe/London; 2026-03-29 01:30 does not exist",
  ],
  [
    "at",
    "2026-10-25T01:30",
    "Once, at 2026-10-25 01:30, Europe/London; that time comes twice: runs at the first",
  ],
  ["at", "2026-10-25T01:30Z", "Once, at 2026-10-25 01:30, Europe/London"],
  ["every", "1d", "Every day, counted from 1970-01-01 00:00 UTC"],
  [
    "unix",
    "15 2 * * *",
    "At 02:15, Australia/Lord_Howe; on 4 October 2026 that time does not exist: runs at 02:30",
    "Australia/Lord_Howe",
  ],
];

/** What a rule says, from 2026-01-01 09:00 in UTC. */
const RULES: readonly (readonly [string, string])[] = [
  ["FREQ=DAILY", "Every day"],
  ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU", "Every 2 weeks, on Monday, Wednesday and Sunday"],
  [
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU",
    "Every 2 weeks, counting weeks from Sunday, on Monday",
  ],
  ["FREQ=MONTHLY;BYDAY=-1FR", "Every month, on the last Friday of the month"],
  [
    "FREQ=MONTHLY;BYDAY=1MO,-2FR,SA",
    "Every month, on the 1st Monday, the 2nd Friday from the end and Saturday of the month",
  ],
  [
    "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
    "Every month, on days 1 and 15 and the last day of the month",
  ],
  [
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "Every month, on Monday to Friday, only the last time of each month",
  ],
  [
    "FREQ=YEARLY;BYMONTH=1,7;BYDAY=1MO",
    "Every year, in January and July, on the 1st Monday of the month",
  ],
  ["FREQ=YEARLY;BYDAY=20MO", "Every year, on the 20th Monday of the year"],
  ["FREQ=YEARLY;BYWEEKNO=1,20,-1", "Every year, in weeks 1 and 20 and the last week of the year"],
  [
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=FR;WKST=SU",
    "Every year, counting weeks from Sunday, in week 20 of the year, on Friday",
  ],
  ["FREQ=WEEKLY;BYDAY=FR;WKST=SU", "Every week, on Friday"],
  ["FREQ=YEARLY;BYYEARDAY=100", "Every year, on day 100 of the year"],
  ["FREQ=DAILY;BYHOUR=9,17", "Every day, at 09:00 and 17:00"],
  ["FREQ=DAILY;BYHOUR=8,12;BYMINUTE=0,30", "Every day, at 08:00, 08:30, 12:00 and 12:30"],
  ["FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=30", "Every day, at 09:00:30"],
  ["FREQ=DAILY;BYHOUR=8;BYMINUTE=1,2,3,4,5,6,7", "Every day, in the hours 08, at minutes 1 to 7"],
  ["FREQ=HOURLY;BYHOUR=9,10,11;COUNT=10", "Every hour, in the hours 09 to 11, 10 times"],
  ["FREQ=MINUTELY;INTERVAL=15;COUNT=1", "Every 15 minutes, once"],
];

describe("words", () => {
  for (const [expression, words] of GOLDEN) {
    it(`tell ${expression}`, () => {
      const schedule = parse(expression, { timeZone: "Europe/London" });
      assert.equal(schedule.words(), `${words}, Europe/London`);
    });
  }

  for (const [dialect, expression, words, timeZone = "Europe/London"] of CHANGED) {
    it(`tell what the clock does to ${expression} (${dialect})`, () => {
      const schedule = parse(expression, { dialect, timeZone });
      assert.equal(schedule.words(Date.UTC(2026, 0, 1)), words);
    });
  }

  it("tell the next clock changes from the instant they are given", () => {
    const schedule = parse("30 1 * * *", { timeZone: "Europe/London" });
    assert.equal(schedule.words(), schedule.words(Date.UTC(2026, 0, 1)));
    assert.equal(
      schedule.words(Date.UTC(2027, 5, 1)),
      "At 01:30, Europe/London; on 31 October 2027 that time comes twice: runs at the first; on 26 March 2028 that time does not exist: runs at 02:00",
    );
    assert.throws(() => schedule.words(Number.NaN), RangeError);
    assert.equal(schedule.words(Number.NEGATIVE_INFINITY), "At 01:30, Europe/London");
    assert.equal(schedule.words(Number.POSITIVE_INFINITY), "At 01:30, Europe/London");
  });

  for (const [rule, words] of RULES) {
    it(`tell ${rule}`, () => {
      const schedule = parse(rule, { dialect: "rrule", anchor: "2026-01-01T09:00" });
      assert.equal(schedule.words(), `${words}, from 2026-01-01 09:00, UTC`);
    });
  }

  it("tell special days, seconds and years", () => {
    const quartz = (text: string): string => parse(text, { dialect: "quartz" }).words();
    const nearest = "the day from Monday to Friday nearest to";
    assert.equal(
      quartz("0 15 10 ? * 6L 2026-2029"),
      "At 10:15 on the last Friday of every month, in 2026 to 2029, UTC",
    );
    assert.equal(quartz("0 0 9 ? 1,7 2#1"), "At 09:00 on the 1st Monday of January and July, UTC");
    assert.equal(
      quartz("0 0 0 L-2 * ?"),
      "At 00:00 on the 3rd day from the end of every month, UTC",
    );
    assert.equal(quartz("0 0 0 LW 3 ?"), `At 00:00 on ${nearest} the last day of March, UTC`);
    assert.equal(quartz("0 0 0 15W * ?"), `At 00:00 on ${nearest} day 15 of every month, UTC`);
    assert.equal(quartz("0/10 0 3 * * ?"), "Every 10 seconds of each minute: At 03:00, UTC");
    assert.equal(quartz("5,9 0 3 * * ?"), "At seconds 5 and 9 of each minute: At 03:00, UTC");
  });

  it("are the same for each spelling of a schedule", () => {
    assert.equal(parse("0,15,30,45 * * * *").words(), parse("*/15 * * * *").words());
    assert.equal(parse("0 0 * * 1,2,3,4,5").words(), parse("0 0 * * mon-fri").words());
  });
});

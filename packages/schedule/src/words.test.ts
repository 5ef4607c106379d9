import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "./schedule.ts";

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
  ["*/20 1-3 * * *", "Every 20 minutes from 01:00 to 03:40"],
  ["*/15 1 * * *", "At 01:00, 01:15, 01:30 and 01:45"],
  ["* 2 * * *", "Every minute from 02:00 to 02:59"],
  ["30 2,14 * * *", "At 02:30 and 14:30"],
  ["5,35 1,2 * * *", "At 01:05, 01:35, 02:05 and 02:35"],
  ["5,35 */6 * * *", "At minutes 5 and 35 of the hours 00 to 18 in steps of 6"],
  ["*/30 22,23,0,1 * * *", "At minutes 0 and 30 of the hours 00, 01, 22 and 23"],
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

describe("words", () => {
  for (const [expression, words] of GOLDEN) {
    it(`tell ${expression}`, () => {
      const schedule = parse(expression, { timeZone: "Europe/London" });
      assert.equal(schedule.words(), `${words}, Europe/London`);
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

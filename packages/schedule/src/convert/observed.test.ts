import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ParseOptions, parse } from "../schedule.ts";
import { zoneOf } from "../zone.ts";
import { observe } from "./observed.ts";
import { isSameShape, writtenShape } from "./shape.ts";

const FROM_AT = Date.UTC(2026, 2, 28, 13, 7);

/** What is seen of a schedule must be what cron would write for it. */
const SEEN: readonly (readonly [string, ParseOptions, cron: string, as?: ParseOptions])[] = [
  ["5m", { dialect: "every" }, "*/5 * * * *"],
  ["1d", { dialect: "every" }, "0 0 * * *"],
  ["02:00/15", { dialect: "systemd", timeZone: "Asia/Gaza" }, "*/15 2 * * *"],
  ["Fri 00/2:00/20", { dialect: "systemd", timeZone: "Africa/Cairo" }, "*/20 */2 * * 5"],
  ["DTSTART:20200301T093000\nRRULE:FREQ=WEEKLY;BYDAY=MO,FR", { dialect: "rrule" }, "30 9 * * 1,5"],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=15",
    { dialect: "rrule" },
    "30 9 15 * *",
  ],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    { dialect: "rrule" },
    "30 9 29 2 *",
  ],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    { dialect: "rrule" },
    "0 30 9 13 * 5",
    { dialect: "ncrontab" },
  ],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR",
    { dialect: "rrule" },
    "0 30 9 ? * 6L",
    { dialect: "quartz" },
  ],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-3",
    { dialect: "rrule" },
    "0 30 9 L-2 * ?",
    { dialect: "quartz" },
  ],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    { dialect: "rrule" },
    "0 30 9 LW * ?",
    { dialect: "quartz" },
  ],
  ["2031-12-31T23:59", { dialect: "at" }, "0 59 23 31 12 ? 2031", { dialect: "quartz" }],
];

const SHAPELESS: readonly (readonly [string, ParseOptions, says: RegExp])[] = [
  ["7m", { dialect: "every" }, /times of day/],
  ["1d", { dialect: "every", timeZone: "Europe/Paris" }, /not the same on all of its days/],
  ["2d", { dialect: "every" }, /its days are none/],
  [
    "DTSTART:20200301T093000\nRRULE:FREQ=DAILY;INTERVAL=3",
    { dialect: "rrule" },
    /its days are none/,
  ],
  ["2020-12-31T23:59", { dialect: "at" }, /no occurrence from then on/],
  ["*:*:00/0.5", { dialect: "systemd" }, /fractions of seconds/],
];

describe("the fields of a schedule, as it is seen to occur", () => {
  for (const [expression, options, cron, as = {}] of SEEN) {
    it(`${JSON.stringify(expression)} is ${cron}`, () => {
      const schedule = parse(expression, options);
      const seen = observe(schedule, zoneOf(schedule.timeZone), FROM_AT);
      const written = writtenShape(parse(cron, { ...as, timeZone: options.timeZone ?? "UTC" }));
      assert.ok(typeof seen !== "string" && written !== null, String(seen));
      assert.ok(isSameShape(seen, written), JSON.stringify([seen, written]));
    });
  }

  for (const [expression, options, says] of SHAPELESS) {
    it(`${JSON.stringify(expression)} has none`, () => {
      const schedule = parse(expression, options);
      const seen = observe(schedule, zoneOf(schedule.timeZone), FROM_AT);
      assert.match(String(seen), says);
    });
  }
});

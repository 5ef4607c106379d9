import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ParseOptions, parse } from "../schedule.ts";
import { CONVERT_DIALECTS, type ConvertDialect, convert } from "./convert.ts";
import { firstDifference } from "./difference.ts";

const LONDON = "Europe/London";

/** Of an expression: what each dialect makes of it; a pattern for what it says instead. */
type Says = Partial<Record<ConvertDialect, string | RegExp>>;

const CASES: readonly (readonly [string, ParseOptions, Says])[] = [
  [
    "*/5 * * * *",
    {},
    {
      kubernetes: "*/5 * * * *",
      gcp: "*/5 * * * *",
      aws: "cron(*/5 * * * ? *)",
      quartz: "0 */5 * * * ?",
      systemd: "*-*-* *:00/5:00 UTC",
    },
  ],
  [
    "0 9 * * 1-5",
    { timeZone: LONDON },
    {
      kubernetes: "0 9 * * 1-5",
      aws: "cron(0 9 ? * MON-FRI *)",
      quartz: "0 0 9 ? * MON-FRI",
      systemd: "Mon..Fri *-*-* 09:00:00 Europe/London",
    },
  ],
  [
    "30 1 * * *",
    { timeZone: LONDON },
    {
      gcp: "30 1 * * *",
      kubernetes: /at 2026-03-29 02:00 Europe\/London unix is due, kubernetes is not/,
    },
  ],
  [
    "0 0 1,15 * 1",
    {},
    { kubernetes: "0 0 1,15 * 1", aws: /each is enough/, systemd: /each is enough/ },
  ],
  [
    "0 0 9 ? * 6#3",
    { dialect: "quartz" },
    {
      unix: /the 3rd Friday of a month/,
      aws: "cron(0 9 ? * 6#3 *)",
      systemd: "Fri *-*-15..21 09:00:00 UTC",
    },
  ],
  [
    "0 0 9 L-2 * ?",
    { dialect: "quartz" },
    { aws: /the 3rd day from the end/, systemd: "*-*~03 09:00:00 UTC" },
  ],
  [
    "0 0 9 15W * ?",
    { dialect: "quartz" },
    { aws: "cron(0 9 15W * ? *)", systemd: /nearest to day 15/ },
  ],
  ["*/10 * * * * ?", { dialect: "quartz" }, { unix: /no seconds/, systemd: "*-*-* *:*:00/10 UTC" }],
  [
    "Fri *-*-13 09:00",
    { dialect: "systemd" },
    { unix: /on day 13 of every month, if it is a Friday/, quartz: /a date and a weekday at once/ },
  ],
  ["Mon *-05~07/1", { dialect: "systemd" }, { quartz: "0 0 0 ? 5 2L", unix: /the last Monday/ }],
  [
    "2027-03-04T09:30",
    { dialect: "at" },
    { unix: /no years/, aws: "cron(30 9 4 3 ? 2027)", systemd: "2027-03-04 09:30:00 UTC" },
  ],
  [
    "90m",
    { dialect: "every" },
    { unix: /does not come out even/, kubernetes: /from when it is made/ },
  ],
  ["1h", { dialect: "every", timeZone: LONDON }, { unix: "0 * * * *", quartz: /2026-10-25 01:00/ }],
  ["R/2026-01-31T09:00:00Z/P1M", { dialect: "interval" }, { quartz: "0 0 9 L * ?" }],
  [
    "DTSTART:20260101T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=2TU",
    { dialect: "rrule" },
    { quartz: "0 0 9 ? * 3#2", systemd: "Tue *-*-08..14 09:00:00 UTC" },
  ],
  [
    "DTSTART:20260101T090000Z\nRRULE:FREQ=WEEKLY;INTERVAL=2",
    { dialect: "rrule" },
    { unix: /its days are none/ },
  ],
  ["0 6 * * *", { timeZone: "+02:00" }, { kubernetes: "0 6 * * *" }],
  ["0 6 * * *", { timeZone: "+05:30" }, { kubernetes: /no offset such as \+05:30/ }],
];

describe("a schedule in another dialect", () => {
  for (const [expression, options, says] of CASES) {
    const from = [options.dialect ?? "unix", options.timeZone].filter(Boolean).join(", ");
    it(`${JSON.stringify(expression)} (${from})`, () => {
      const schedule = parse(expression, options);
      for (const dialect of CONVERT_DIALECTS) {
        const said = says[dialect];
        if (said === undefined) continue;
        if (typeof said === "string") {
          const to = convert(schedule, dialect);
          assert.equal(to.expression, said);
          assert.equal(firstDifference(schedule, to), null);
        } else assert.throws(() => convert(schedule, dialect), said);
      }
    });
  }

  it("is, approximately, one that parts only where the clock is changed", () => {
    const schedule = parse("30 1 * * *", { timeZone: LONDON });
    const to = convert(schedule, "kubernetes", { approximately: true });
    assert.deepEqual([to.expression, to.timeZone], ["30 1 * * *", LONDON]);
    const gapAt = Date.UTC(2026, 2, 29, 1);
    assert.deepEqual(firstDifference(schedule, to), { at: gapAt, due: "first" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { except, on } from "../combine/on.ts";
import { type ParseOptions, parse } from "../schedule.ts";
import { union } from "../union.ts";
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
    {
      unix: /no years/,
      aws: "at(2027-03-04T09:30:00)",
      quartz: "0 30 9 4 3 ? 2027",
      systemd: "2027-03-04 09:30:00 UTC",
    },
  ],
  [
    "90m",
    { dialect: "every" },
    { unix: /does not come out even/, kubernetes: /from when it is made/ },
  ],
  [
    "1h",
    { dialect: "every", timeZone: LONDON },
    { unix: "0 * * * *", quartz: "0 0 * * * ?", systemd: "*-*-* *:00:00 UTC" },
  ],
  // crond goes by stars: where the clock is changed, and for whether both days must match.
  [
    "0,40 1 * * *",
    { dialect: "kubernetes", timeZone: LONDON },
    { unix: "*/40 1 * * *", kubernetes: "0,40 1 * * *", quartz: /2026-10-25 01:00/ },
  ],
  ["30 0-23 * * *", { timeZone: LONDON }, { gcp: "30 0-23 * * *", kubernetes: /2026-03-29 02:00/ }],
  ["0 9 */2 * 1", { dialect: "kubernetes" }, { unix: "0 9 1-31/2 * 1" }],
  ["0 9 */2 * 1", {}, { gcp: "0 9 */2 * 1", quartz: /a date and a weekday at once/ }],
  ["0 0 9 ? * 2#1", { dialect: "quartz" }, { unix: "0 9 */31,2-7 * 1", kubernetes: /at once/ }],
  ["Mon *-*-01..07 09:00", { dialect: "systemd" }, { aws: "cron(0 9 ? * 2#1 *)" }],
  ["*-*~01..03 09:00", { dialect: "systemd" }, { quartz: /one day such as/, unix: /the last day/ }],
  [
    "0 0 9 ? * MON 2027/2",
    { dialect: "quartz" },
    { aws: "cron(0 9 ? * MON 2027-2199/2)", systemd: "Mon 2027..2199/2-*-* 09:00:00 UTC" },
  ],
  [
    "DTSTART:20270101T090000Z\nRRULE:FREQ=DAILY",
    { dialect: "rrule" },
    { unix: /it begins at 2027-01-01 09:00 UTC, and "0 9 \* \* \*" in unix is due before/ },
  ],
  [
    "DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=40",
    { dialect: "rrule" },
    { unix: /no years/, aws: /it ends at 2026-02-09 09:00 UTC, and .* goes on/ },
  ],
  [
    "DTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=20",
    { dialect: "rrule" },
    { aws: "cron(0 9 1-20 1 ? 2026)", systemd: "2026-01-01..20 09:00:00 UTC" },
  ],
  ["rate(7 hours)", { dialect: "aws-rules" }, { aws: "rate(7 hours)", kubernetes: "@every 7h" }],
  ["R1/2026-05-01T09:00:00.500Z/PT1H", { dialect: "interval" }, { aws: /fractions of seconds/ }],
  ["10s", { dialect: "every" }, { unix: /no seconds/, quartz: "*/10 * * * * ?" }],
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
  [
    "0 6 * * *",
    { timeZone: "+05:30" },
    { kubernetes: "30 0 * * *", systemd: "*-*-* 00:30:00 UTC" },
  ],
  ["0 3 1 * *", { timeZone: "+05:30" }, { kubernetes: /no offset such as \+05:30/ }],
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

  it("goes over to UTC where that has it keep its instants", () => {
    const all = convert(parse("*/15 * * * *", { timeZone: LONDON }), "aws");
    assert.deepEqual([all.expression, all.timeZone], ["cron(*/15 * * * ? *)", "UTC"]);
    const late = parse("2026-10-25T01:30:00Z", { dialect: "at", timeZone: LONDON });
    const to = convert(late, "aws");
    assert.deepEqual([to.expression, to.timeZone], ["at(2026-10-25T01:30:00)", "UTC"]);
  });

  it("is itself where it is in that dialect", () => {
    const schedule = parse("@daily", { timeZone: LONDON });
    assert.equal(convert(schedule, "unix"), schedule);
  });

  it("is one date where the day from which it is looked at could be taken for another", () => {
    const once = parse("2028-12-23T23:59", { dialect: "at" });
    const to = convert(once, "quartz", { from: Date.UTC(2028, 10, 23, 1) });
    assert.equal(to.expression, "0 59 23 23 12 ? 2028");
  });

  it("may be a union that is one expression, and may be none", () => {
    const weekly = union([parse("0 9 * * 1"), parse("0 9 * * 4")]);
    assert.equal(convert(weekly, "unix").expression, "0 9 * * 1,4");
    const uneven = union([parse("0 9 * * *"), parse("30 17 * * *")]);
    assert.throws(() => convert(uneven, "unix"), /not the same minutes of several hours/);
    const zones = union([parse("0 9 * * *"), parse("0 9 * * *", { timeZone: LONDON })]);
    assert.throws(() => convert(zones, "unix"), /different time zones/);
  });

  it("says the days on which a schedule was kept, where they have a rhythm", () => {
    const daily = parse("0 9 * * *", { timeZone: LONDON });
    const workdays = on(daily, { weekdays: "mon-fri" });
    assert.equal(convert(workdays, "unix").expression, "0 9 * * 1-5");
    const christmas = except(daily, { dates: ["12-25"] });
    assert.throws(() => convert(christmas, "unix"), /its days are none/);
  });

  it("counts from elsewhere, approximately, where it is an interval of elapsed time", () => {
    const every = parse("45m", { dialect: "every", anchor: "2026-03-01T08:00Z" });
    assert.throws(() => convert(every, "aws"), {
      code: "convert",
      message:
        "aws counts rate(45 minutes) from when it is made there, not from 2026-03-01 08:00 UTC: " +
        "take that by `approximately`, or choose an interval that divides the day",
    });
    const to = convert(every, "aws", { approximately: true });
    assert.equal(to.expression, "rate(45 minutes)");
    assert.equal(convert(every, "kubernetes", { approximately: true }).expression, "@every 45m");
  });

  it("refuses dialects that it does not write", () => {
    const untyped: Record<string, ConvertDialect> = JSON.parse('{ "to": "rrule" }');
    assert.throws(() => convert(parse("0 0 * * *"), untyped["to"] ?? "unix"), {
      code: "dialect",
      hint: "use one of unix, kubernetes, gcp, aws, quartz, systemd",
    });
  });

  it("is, approximately, one that parts only where the clock is changed", () => {
    const schedule = parse("30 1 * * *", { timeZone: LONDON });
    const to = convert(schedule, "kubernetes", { approximately: true });
    assert.deepEqual([to.expression, to.timeZone], ["30 1 * * *", LONDON]);
    const gapAt = Date.UTC(2026, 2, 29, 1);
    assert.deepEqual(firstDifference(schedule, to), { at: gapAt, due: "first" });
  });
});

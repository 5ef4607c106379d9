import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dialect, parse } from "../schedule.ts";
import { union } from "../union.ts";

const START = "DTSTART:20260131T090000\nRRULE:";

/** dialect, expression, then each finding as: code severity "text it is about" [→ fix] */
const FOUND: readonly (readonly [Dialect, string, ...string[]])[] = [
  // Days that some months lack.
  ["quartz", "0 0 9 31 * ?", 'short-month warning "31" → 0 0 9 L * ?'],
  ["quartz", "0 0 9 30 * ?", 'short-month warning "30" → 0 0 9 L * ?'],
  ["quartz", "0 0 9 29 * ?", 'short-month info "29"'],
  ["quartz", "0 0 9 29 2 ?", 'rare warning "29" → 0 0 9 L 2 ?'],
  ["quartz", "0 0 9 31W * ?", 'short-month warning "31W" → 0 0 9 LW * ?'],
  ["quartz", "0 0 9 L-30 * ?", 'short-month warning "L-30"'],
  ["quartz", "0 0 9 30,31 * ?", 'short-month warning "30,31"'],
  ["aws", "cron(0 9 31 * ? *)", 'short-month warning "31" → cron(0 9 L * ? *)'],
  ["aws", "cron(0 9 31W * ? *)", 'short-month warning "31W"'],
  ["ncrontab", "0 0 9 31 * *", 'short-month warning "31"'],
  ["systemd", "*-*-31 09:00", 'short-month warning "31" → *-*~01 09:00'],
  ["systemd", "*-02-29", 'rare warning "29" → *-02~01'],
  ["systemd", "Mon *-*-31"],
  [
    "rrule",
    `${START}FREQ=MONTHLY`,
    `short-month warning "MONTHLY" → ${START}FREQ=MONTHLY;BYMONTHDAY=-1`,
  ],
  [
    "rrule",
    `${START}FREQ=MONTHLY;BYMONTHDAY=30`,
    `short-month warning "30" → ${START}FREQ=MONTHLY;BYMONTHDAY=-1`,
  ],
  ["rrule", `${START}FREQ=MONTHLY;INTERVAL=12`],
  ["rrule", `${START}FREQ=YEARLY`],
  ["rrule", `${START}FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1`],
  [
    "rrule",
    "DTSTART:20240229T090000\nRRULE:FREQ=YEARLY",
    'rare warning "YEARLY" → DTSTART:20240229T090000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1',
  ],
  ["rrule", "DTSTART:20240229T090000\nRRULE:FREQ=YEARLY;INTERVAL=4"],
  // Fifth weekdays.
  ["quartz", "0 0 9 ? * 6#5", 'fifth-weekday warning "6#5" → 0 0 9 ? * 6L'],
  ["aws", "cron(0 9 ? * FRI#5 *)", 'fifth-weekday warning "FRI#5" → cron(0 9 ? * FRIL *)'],
  ["quartz", "0 0 9 ? * 6#3"],
  [
    "rrule",
    `${START}FREQ=MONTHLY;BYDAY=5FR`,
    `fifth-weekday warning "5FR" → ${START}FREQ=MONTHLY;BYDAY=-1FR`,
  ],
  [
    "rrule",
    `${START}FREQ=YEARLY;BYMONTH=3;BYDAY=-5FR`,
    `fifth-weekday warning "-5FR" → ${START}FREQ=YEARLY;BYMONTH=3;BYDAY=1FR`,
  ],
  ["rrule", `${START}FREQ=YEARLY;BYDAY=5FR`],
  // Once was meant.
  ["aws", "cron(* 2 * * ? *)", 'every-minute warning "*" → cron(0 2 * * ? *)'],
  ["kubernetes", "* */2 * * *", 'every-minute warning "*" → 0 */2 * * *'],
  ["quartz", "0 * 2 * * ?", 'every-minute warning "*" → 0 0 2 * * ?'],
  ["quartz", "* * 2 * * ?", 'every-second warning "*" → 0 0 2 * * ?'],
  ["quartz", "* 0 2 * * ?", 'every-second warning "*" → 0 0 2 * * ?'],
  ["ncrontab", "* */5 * * * *", 'every-second warning "*" → 0 */5 * * * *'],
  ["ncrontab", "* * * * * MON", 'every-second warning "*" → 0 0 0 * * MON'],
  ["quartz", "* * * * * ?"],
  ["quartz", "0/10 * 9 * * ?"],
  ["unix", "* * * * 1-5"],
  // Steps.
  ["quartz", "0/7 * * * * ?", 'uneven-step info "0/7"'],
  ["quartz", "0 5/15 * * * ?"],
  ["quartz", "0 20/15 * * * ?", 'uneven-step info "20/15"'],
  ["gcp", "0-59/7 * * * *", 'uneven-step info "0-59/7"'],
  ["gcp", "0-30/7 * * * *"],
  ["gcp", "*/60 * * * *", 'step-too-long warning "*/60"'],
  ["aws", "cron(0 9 ? * 2/2 *)", 'uneven-step info "2/2"'],
  ["aws", "cron(0 9 1 1 ? 2026/2)"],
  ["systemd", "*:0/7:0/9", 'uneven-step info "0/7"', 'uneven-step info "0/9"'],
  ["systemd", "*-*-1/2", 'uneven-step info "1/2"'],
  // Two day fields.
  ["kubernetes", "0 9 */2 * 1", 'uneven-step info "*/2"', 'day-or-weekday warning "*/2"'],
  ["gcp", "0 9 13 * 5", 'day-or-weekday warning "13"'],
  ["gcp", "0 9 13 * */5", 'uneven-step info "*/5"', 'day-and-weekday warning "*/5"'],
  ["ncrontab", "0 0 9 13 * 5", 'day-and-weekday info "13"'],
  // Numbers of weekdays.
  ["quartz", "0 0 9 ? * 1-5", 'weekday-number warning "1-5" → 0 0 9 ? * MON-FRI'],
  ["aws", "cron(0 9 ? * 6,7 *)", 'weekday-number warning "6,7" → cron(0 9 ? * SAT,SUN *)'],
  ["aws", "cron(0 9 ? * 1 *)", 'weekday-number info "1"'],
  ["quartz", "0 0 9 ? * 2-6"],
  ["quartz", "0 0 9 ? * 7,1"],
  ["unix", "0 9 * * 2-6"],
  // Midnight.
  ["unix", "0 0 * * *", 'midnight info "0"'],
  ["kubernetes", "@daily", 'midnight info "@daily"'],
  ["quartz", "0 0 0 * * ?", 'midnight info "0"'],
  ["quartz", "0 0 0 L * ?"],
];

function tell(expression: string, dialect: Dialect, timeZone = "UTC", from?: number): string[] {
  return parse(expression, { dialect, timeZone })
    .lint(from)
    .map(({ code, severity, position, length, fix }) => {
      const about = expression.slice(position, position + length);
      return `${code} ${severity} "${about}"${fix === null ? "" : ` → ${fix}`}`;
    });
}

describe("lint of the dialects", () => {
  for (const [dialect, expression, ...expected] of FOUND) {
    it(`finds ${expected.length} in ${expression} (${dialect})`, () => {
      assert.deepEqual(tell(expression, dialect), expected);
    });
  }

  it("offers fixes after which nothing is left to find", () => {
    for (const [dialect, expression] of FOUND) {
      for (const { fix } of parse(expression, { dialect }).lint()) {
        if (fix !== null) assert.deepEqual(tell(fix, dialect), [], fix);
      }
    }
  });

  it("says where a clock change strikes, and what the dialect does there", () => {
    const messages = (expression: string, dialect: Dialect, timeZone = "Europe/London"): string[] =>
      parse(expression, { dialect, timeZone })
        .lint(Date.UTC(2026, 0, 1))
        .map(({ position, length, message }) => {
          return `${expression.slice(position, position + length)}: ${message}`;
        });
    const gap = "the clock skips 01:00 to 02:00 on 2026-03-29 and 2027-03-28";
    const overlap = "the clock shows 01:00 to 02:00 twice on 2026-10-25 and 2027-10-31";
    assert.deepEqual(messages("30 1 * * *", "kubernetes"), [
      `1: ${gap}: what is due then does not run`,
      `1: ${overlap}: what is due then runs both times`,
    ]);
    assert.deepEqual(messages("0 30 1 * * ?", "quartz"), [
      `1: ${gap}: what is due then does not run`,
      `1: ${overlap}: runs the second time only`,
    ]);
    assert.deepEqual(messages("0 30 1 * * *", "ncrontab"), [
      `1: ${gap}: what is due then runs once, at 02:30`,
      `1: ${overlap}: runs the first time only`,
    ]);
    assert.deepEqual(messages("*-*-* 01..03:00", "systemd"), [
      `01..03: ${gap}: what is due then does not run`,
      `01..03: ${overlap}: runs the first time only`,
    ]);
    assert.equal(
      messages("01:30", "systemd", "Europe/Dublin")[0],
      `01: ${gap}: does not run, nor later that day`,
    );
    assert.deepEqual(messages("cron(0 * * * ? *)", "aws"), [
      `*: ${overlap}: runs the first time only`,
    ]);
    assert.deepEqual(messages("R/2026-01-01T01:30/P1D", "interval"), [
      `R/2026-01-01T01:30/P1D: ${gap}: what is due then runs once, at 02:30`,
      `R/2026-01-01T01:30/P1D: ${overlap}: runs the first time only`,
    ]);
    assert.deepEqual(messages("DTSTART:20260101T003000\nRRULE:FREQ=DAILY;BYHOUR=1", "rrule"), [
      `1: ${gap}: what is due then does not run`,
      `1: ${overlap}: runs the first time only`,
    ]);
    for (const dialect of ["kubernetes", "unix", "gcp"] as const) {
      assert.deepEqual(messages("*/10 * * * *", dialect), []);
    }
  });

  it("says which instants the clock shows twice", () => {
    const [found] = parse("2026-10-25T01:30", { dialect: "at", timeZone: "Europe/London" }).lint();
    assert.equal(found?.code, "dst-overlap");
    assert.deepEqual(tell("2026-10-25T02:30", "at", "Europe/London"), []);
    assert.deepEqual(tell("at(2026-10-25T01:30:00)", "aws", "Europe/London"), [
      'dst-overlap info "2026-10-25T01:30:00"',
    ]);
  });

  it("says what is over, to whoever passes the present", () => {
    const later = Date.UTC(2030, 0, 1);
    const over: readonly (readonly [Dialect, string])[] = [
      ["quartz", "0 0 9 1 1 ? 2026"],
      ["systemd", "2026-01-01 09:00"],
      ["rrule", `${START}FREQ=DAILY;COUNT=3`],
      ["rrule", "DTSTART:20260101T090000\nRDATE:20260201T090000"],
      ["interval", "R3/2026-01-01T00:00:00Z/PT1H"],
    ];
    for (const [dialect, expression] of over) {
      assert.deepEqual(tell(expression, dialect), []);
      assert.deepEqual(tell(expression, dialect, "UTC", later), [`past warning "${expression}"`]);
    }
  });

  it("says that days of elapsed time move against the clock", () => {
    const drifting: readonly (readonly [Dialect, string])[] = [
      ["every", "2d"],
      ["aws", "rate(1 day)"],
      ["kubernetes", "@every 24h"],
      ["interval", "R/2026-01-01T09:00Z/P1D"],
    ];
    for (const [dialect, expression] of drifting) {
      const found = [`elapsed-days info "${expression}"`];
      assert.deepEqual(tell(expression, dialect, "Europe/London"), found);
      assert.deepEqual(tell(expression, dialect, "UTC"), []);
    }
    assert.deepEqual(tell("R/2026-01-01T09:00/P1D", "interval", "Europe/London"), []);
  });

  it("names time zones that do not say what they seem to", () => {
    const zone = (timeZone: string): string[] =>
      parse("0 9 * * *", { timeZone })
        .lint()
        .map(({ code, severity, message }) => `${code} ${severity} ${message}`);
    assert.deepEqual(zone("EST"), [
      "zone-name warning EST has no summer time (it is America/Panama): write America/New_York for the clock of most who say EST",
    ]);
    assert.deepEqual(zone("US/Eastern"), [
      "zone-name info US/Eastern is an old name: write America/New_York",
    ]);
    assert.deepEqual(zone("Etc/GMT+5"), [
      "zone-name warning Etc/GMT+5 is behind UTC, for its sign is turned around: -05:00 says it plainly",
    ]);
    for (const name of [
      "UTC",
      "GMT",
      "Etc/UTC",
      "Etc/GMT",
      "+02:00",
      "Asia/Kolkata",
      "europe/london",
    ]) {
      assert.deepEqual(zone(name), [], name);
    }
    assert.deepEqual(tell("daily US/Eastern", "systemd"), [
      'zone-name info "US/Eastern" → daily America/New_York',
    ]);
    assert.deepEqual(tell("DTSTART;TZID=MST:20260101T090000\nRRULE:FREQ=DAILY", "rrule"), [
      'zone-name warning "MST" → DTSTART;TZID=America/Denver:20260101T090000\nRRULE:FREQ=DAILY',
    ]);
  });

  it("places the findings of a union in its own expression", () => {
    const both = union([parse("0 3 * * *"), parse("* 2 * * *"), parse("0 9 31 * *")]);
    const places = both
      .lint()
      .map(({ position, length }) => both.expression.slice(position - 2, position + length));
    assert.deepEqual(places, ["; *", "9 31"]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "../schedule.ts";

/** expression, zone, then each finding as: code severity "text it is about" message [→ fix] */
const GOLDEN: readonly (readonly [string, string, ...string[]])[] = [
  ["*/5 * * * *", "UTC"],
  ["0 4 * * 1-5", "Europe/London"],
  ["0 0 1 * *", "Asia/Tokyo"],
  [
    "30 2 * * *",
    "America/New_York",
    'dst-gap warning "2" the clock skips 02:00 to 03:00 on 2026-03-08 and 2027-03-14: what is due then runs once, at 03:00',
  ],
  [
    "30 1 * * *",
    "Europe/London",
    'dst-gap warning "1" the clock skips 01:00 to 02:00 on 2026-03-29 and 2027-03-28: what is due then runs once, at 02:00',
    'dst-overlap info "1" the clock shows 01:00 to 02:00 twice on 2026-10-25 and 2027-10-31: runs the first time only',
  ],
  [
    "*/15 1 * * *",
    "Europe/London",
    'dst-gap warning "1" the clock skips 01:00 to 02:00 on 2026-03-29 and 2027-03-28: what is due then does not run',
    'dst-overlap warning "1" the clock shows 01:00 to 02:00 twice on 2026-10-25 and 2027-10-31: what is due then runs both times',
  ],
  ["* * * * *", "Europe/London"],
  ["*/7 * * * *", "UTC", 'uneven-step info "*/7" 7 does not divide 60: after 56 comes 0, 4 later'],
  ["0 */5 * * *", "UTC", 'uneven-step info "*/5" 5 does not divide 24: after 20 comes 0, 4 later'],
  ["0 0 1 */5 *", "UTC", 'uneven-step info "*/5" 5 does not divide 12: after 11 comes 1, 2 later'],
  ["0 0 * * */2", "UTC", 'uneven-step info "*/2" 2 does not divide 7: after 6 comes 0, 1 later'],
  [
    "*/90 * * * *",
    "UTC",
    'step-too-long warning "*/90" a step of 90 is longer than the minute field: only its first value is left',
  ],
  [
    "0 0 */2 * 1",
    "UTC",
    'uneven-step info "*/2" the steps start again on day 1 of each month, whatever day the last one had',
    'day-and-weekday warning "*/2" */2 begins with a star, so both must hold: runs only on a day */2 that is also a weekday 1',
  ],
  [
    "0 0 13 * 5",
    "UTC",
    'day-or-weekday warning "13" either is enough: runs on day 13 and also on each weekday 5, as both fields are given',
  ],
  [
    "* 2 * * *",
    "UTC",
    'every-minute warning "*" runs every minute, 60 times in each of these hours; once would be 0 2 * * * → 0 2 * * *',
  ],
  [
    "* 2,3 * * *",
    "UTC",
    'every-minute warning "*" runs every minute, 60 times in each of these hours; once would be 0 2,3 * * * → 0 2,3 * * *',
  ],
  [
    "* * 1 * *",
    "UTC",
    'every-minute warning "*" runs every minute, 1440 times on each of these days; once would be 0 0 1 * * → 0 0 1 * *',
  ],
  ["* 9-17 * * *", "UTC"],
  [
    "0 0 31 * *",
    "UTC",
    'short-month warning "31" February, April, June, September and November have no day 31',
  ],
  ["0 0 30 * *", "UTC", 'short-month warning "30" February has no day 30'],
  ["0 0 29 2 *", "UTC", 'rare warning "29" 29 February comes every 4 years, and not in 2100'],
  ["0 0 29 * *", "UTC", 'short-month info "29" February has a day 29 in leap years only'],
  ["0 0 29-31 2,4 *", "UTC", 'short-month info "29-31" February has a day 29 in leap years only'],
  [
    "@daily",
    "America/Santiago",
    'dst-gap warning "@daily" the clock skips 00:00 to 01:00 on 2026-09-06 and 2027-09-05: what is due then runs once, at 01:00',
  ],
  [
    "0 0 * * *",
    "Africa/Cairo",
    'dst-gap warning "0" the clock skips 00:00 to 01:00 on 2026-04-24 and 2027-04-30: what is due then runs once, at 01:00',
  ],
  [
    "15 2 * * *",
    "Africa/Casablanca",
    'dst-gap warning "2" the clock skips 02:00 to 03:00 on 2026-03-22: what is due then runs once, at 03:00',
    'dst-overlap info "2" the clock shows 02:00 to 03:00 twice on 2026-02-15: runs the first time only',
  ],
  [
    "0,30 0-23 * * *",
    "Europe/Paris",
    'dst-gap warning "0-23" the clock skips 02:00 to 03:00 on 2026-03-29 and 2027-03-28: what is due then runs once, at 03:00',
    'dst-overlap info "0-23" the clock shows 02:00 to 03:00 twice on 2026-10-25 and 2027-10-31: runs the first time only',
  ],
  ["30 2 * * *", "America/Sao_Paulo"],
];

describe("lint", () => {
  for (const [expression, timeZone, ...expected] of GOLDEN) {
    it(`finds ${expected.length} in ${expression}, ${timeZone}`, () => {
      const findings = parse(expression, { timeZone }).lint(Date.UTC(2026, 0, 1));
      const texts = findings.map(({ code, severity, message, position, length, fix }) => {
        const about = expression.slice(position, position + length);
        return `${code} ${severity} "${about}" ${message}${fix === null ? "" : ` → ${fix}`}`;
      });
      assert.deepEqual(texts, expected);
    });
  }

  it("looks for clock changes from the instant it is given", () => {
    const schedule = parse("30 2 * * *", { timeZone: "America/New_York" });
    const [finding] = schedule.lint(Date.UTC(2030, 5, 1));
    assert.match(finding?.message ?? "", /on 2031-03-09 and 2032-03-14/);
  });

  it("offers fixes that parse and run once an hour or a day", () => {
    for (const [expression, timeZone] of GOLDEN) {
      for (const { fix } of parse(expression, { timeZone }).lint()) {
        if (fix !== null) assert.deepEqual(parse(fix, { timeZone }).lint(), [], fix);
      }
    }
  });

  it("warns of an instant that the clock skips, and of one that has passed", () => {
    const skipped = parse("2026-03-29T01:30", { dialect: "at", timeZone: "Europe/London" });
    assert.deepEqual(
      skipped.lint().map((finding) => finding.code),
      ["dst-gap"],
    );
    const passed = parse("2026-03-29T01:30Z", { dialect: "at", timeZone: "Europe/London" });
    assert.deepEqual(
      passed.lint().map((finding) => finding.code),
      [],
    );
    assert.deepEqual(
      passed.lint(Date.UTC(2027, 0, 1)).map((finding) => finding.code),
      ["past"],
    );
  });

  it("says that days of elapsed time move against the clock", () => {
    const findings = parse("1d", { dialect: "every", timeZone: "Europe/London" }).lint();
    assert.deepEqual(
      findings.map((finding) => finding.code),
      ["elapsed-days"],
    );
    assert.deepEqual(parse("1d", { dialect: "every" }).lint(), []);
  });
});

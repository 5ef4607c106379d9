import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dialect, parse } from "../schedule.ts";

/** What people write every day, in the zone where they write it; and the findings, mostly none. */
const EVERYDAY: readonly (readonly [Dialect, string, string, ...string[]])[] = [
  ["unix", "* * * * *", "UTC"],
  ["unix", "*/5 * * * *", "UTC"],
  ["unix", "*/5 * * * *", "Europe/London"],
  ["unix", "*/15 * * * *", "America/New_York"],
  ["unix", "*/10 9-17 * * 1-5", "Europe/Berlin"],
  ["unix", "0 * * * *", "Europe/London"],
  ["unix", "17 * * * *", "America/New_York"],
  ["unix", "0 */2 * * *", "UTC"],
  ["unix", "0 */6 * * *", "UTC"],
  ["unix", "30 4 * * *", "UTC"],
  ["unix", "0 0 * * *", "UTC", "midnight"],
  ["unix", "0 0 * * *", "Europe/London"],
  ["unix", "0 3 * * *", "Asia/Tokyo"],
  ["unix", "30 2 * * *", "Asia/Kolkata"],
  ["unix", "30 2 * * *", "America/New_York", "dst-gap"],
  ["unix", "0 6 * * *", "America/Los_Angeles"],
  ["unix", "0 9 * * 1-5", "America/New_York"],
  ["unix", "0 9 * * mon-fri", "Europe/Paris"],
  ["unix", "0 2 * * 2-6", "UTC"],
  ["unix", "0 0 * * 0", "UTC"],
  ["unix", "0 0 * * 7", "UTC"],
  ["unix", "15 5 * * 6,0", "Australia/Sydney"],
  ["unix", "0 0 1 * *", "UTC"],
  ["unix", "0 9 1,15 * *", "America/Chicago"],
  ["unix", "0 9 28 * *", "Europe/Madrid"],
  ["unix", "0 0 1 1 *", "UTC"],
  ["unix", "0 0 1 */3 *", "UTC"],
  ["unix", "@hourly", "Europe/London"],
  ["unix", "@daily", "Asia/Singapore"],
  ["unix", "@weekly", "UTC"],
  ["unix", "@monthly", "UTC"],
  ["unix", "@yearly", "UTC"],
  ["unix", "*/5 8-18 * * *", "Europe/Rome"],
  ["unix", "25 6 * * *", "Europe/London"],
  ["unix", "47 6 * * 7", "Europe/London"],
  ["unix", "0,30 * * * *", "UTC"],
  ["kubernetes", "*/5 * * * *", "UTC"],
  ["kubernetes", "0 4 * * *", "Europe/Amsterdam"],
  ["kubernetes", "@every 1h30m", "UTC"],
  ["kubernetes", "0 */4 * * *", "UTC"],
  ["gcp", "0 9 * * 1", "Europe/London"],
  ["gcp", "*/30 * * * *", "America/Los_Angeles"],
  ["quartz", "0 0/5 * * * ?", "UTC"],
  ["quartz", "0 0 12 * * ?", "Europe/Vienna"],
  ["quartz", "0 15 10 ? * MON-FRI", "America/New_York"],
  ["quartz", "0 0 8 ? * 2-6", "UTC"],
  ["quartz", "0 0 23 L * ?", "UTC"],
  ["quartz", "0 0 7 ? * 6#3", "UTC"],
  ["quartz", "0/30 * * * * ?", "UTC"],
  ["ncrontab", "0 */5 * * * *", "UTC"],
  ["ncrontab", "0 30 9 * * 1-5", "Europe/London"],
  ["ncrontab", "0 0 0 * * 0", "UTC"],
  ["aws", "cron(0 10 * * ? *)", "UTC"],
  ["aws", "cron(15 12 ? * MON-FRI *)", "America/New_York"],
  ["aws", "rate(5 minutes)", "UTC"],
  ["aws-rules", "cron(0/15 * * * ? *)", "UTC"],
  ["every", "15m", "Europe/London"],
  ["every", "6h", "UTC"],
  ["every", "1d", "UTC"],
  ["at", "2026-12-01T09:00", "Europe/London"],
  ["systemd", "daily", "UTC"],
  ["systemd", "hourly", "UTC"],
  ["systemd", "Mon..Fri *-*-* 09:00", "Europe/Paris"],
  ["systemd", "*-*-* *:0/15", "UTC"],
  ["systemd", "weekly", "America/Denver"],
  ["rrule", "DTSTART:20260105T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO", "America/New_York"],
  ["rrule", "DTSTART:20260101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR", "Europe/London"],
  ["interval", "R/2026-01-01T09:00/P1D", "Europe/London"],
  ["interval", "R/2026-01-01T00:00:00Z/PT1H", "UTC"],
];

describe("everyday schedules", () => {
  for (const [dialect, expression, timeZone, ...expected] of EVERYDAY) {
    it(`${expression} (${dialect}, ${timeZone}): ${expected.join(" ") || "nothing"}`, () => {
      const findings = parse(expression, { dialect, timeZone }).lint(Date.UTC(2026, 0, 1));
      assert.deepEqual(
        findings.map(({ code }) => code),
        expected,
      );
    });
  }
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { belfry } from "./captured-io.fixture.ts";

const clock = new VirtualClock(Date.parse("2026-12-01T00:00:00Z"));
const convert = (...argv: string[]) => belfry(["convert", ...argv], { clock });
const LONDON = ["--tz", "Europe/London"];

describe("belfry convert", () => {
  it("prints the expression, and beneath it the zone", async () => {
    const { code, stdout, stderr } = await convert("0 9 * * 1-5", "--to", "aws", ...LONDON);
    assert.deepEqual([code, stdout], [0, "cron(0 9 ? * MON-FRI *)\nEurope/London\n"]);
    assert.equal(
      stderr,
      "Read as unix: give --dialect where it is of another.\n" +
        "The time zone belongs in ScheduleExpressionTimezone: Europe/London.\n",
    );
  });

  it("prints one line for systemd, whose expression has its zone", async () => {
    const given = ["0 0 9 ? * MON-FRI", "--dialect", "quartz", "--to", "systemd", ...LONDON];
    const { stdout, stderr } = await convert(...given);
    assert.deepEqual([stdout, stderr], ["Mon..Fri *-*-* 09:00:00 Europe/London\n", ""]);
  });

  it("finds whose it is by how it is written", async () => {
    const { stdout } = await convert("Mon..Fri *-*-* 09:00", "--to", "unix");
    assert.equal(stdout, "0 9 * * 1-5\nUTC\n");
  });

  it("exits 1 where the two would part, and names the change of the clock", async () => {
    const { code, stdout, stderr } = await convert("30 1 * * *", "--to", "kubernetes", ...LONDON);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /at 2027-03-28 02:00 Europe\/London unix is due, kubernetes is not/);
  });

  it("takes that approximately, and says where they part", async () => {
    const given = ["30 1 * * *", "--to", "kubernetes", ...LONDON, "--approximately"];
    const { code, stdout, stderr } = await convert(...given);
    assert.deepEqual([code, stdout], [0, "30 1 * * *\nEurope/London\n"]);
    assert.match(stderr, /first at 2027-03-28 02:00 BST unix is due, kubernetes is not\.\n/);
  });

  it("says that an interval counts from elsewhere there", async () => {
    const { stdout, stderr } = await convert("every 45m", "--to", "aws", "--approximately");
    assert.equal(stdout, "rate(45 minutes)\nUTC\n");
    assert.match(stderr, /aws counts it from when it is made there\.\n/);
  });

  it("says where it goes over to UTC", async () => {
    const { stdout, stderr } = await convert("*/15 * * * *", "--to", "aws", "--tz", "Asia/Tokyo");
    assert.equal(stdout, "cron(*/15 * * * ? *)\nAsia/Tokyo\n");
    assert.doesNotMatch(stderr, /UTC/);
    const paris = await convert("*/15 * * * *", "--to", "aws", "--tz", "Europe/Paris");
    assert.equal(paris.stdout, "cron(*/15 * * * ? *)\nUTC\n");
    assert.match(paris.stderr, /It is in UTC, where no clock is changed/);
  });

  it("compares from where it is told", async () => {
    const last = ["at 2026-06-01T09:00", "--to", "quartz"];
    assert.equal((await convert(...last)).code, 1);
    const told = await convert(...last, "--from", "2026-01-01");
    assert.equal(told.stdout, "0 0 9 1 6 ? 2026\nUTC\n");
  });

  it("prints one JSON document in the contract's shape", async () => {
    const { stdout, stderr } = await convert("0 9 * * 1-5", "--to", "gcp", ...LONDON, "--json");
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), {
      expression: "0 9 * * 1-5",
      dialect: "gcp",
      timeZone: "Europe/London",
      words: "At 09:00 on Monday to Friday, Europe/London",
      from: { expression: "0 9 * * 1-5", dialect: "unix", timeZone: "Europe/London" },
      remarks: [
        "Read as unix: give --dialect where it is of another.",
        "The time zone belongs in timeZone (--time-zone): Europe/London.",
        "Google does not publish what it does at a clock change: taken to be as cron's.",
      ],
    });
  });

  it("tells a refusal as JSON where JSON was asked for", async () => {
    const { code, stderr } = await convert("0 0 1 * 1", "--to", "aws", "--json");
    assert.equal(code, 1);
    assert.equal(JSON.parse(stderr).error.code, "convert");
  });

  it("exits 2 without a dialect to write, with one that it does not write, for a bad expression", async () => {
    const missing = await convert("0 0 * * *");
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /Which dialect is it to be\?\n {2}Give --to unix, kubernetes/);
    const unknown = await convert("0 0 * * *", "--to", "rrule");
    assert.equal(unknown.code, 2);
    const bad = await convert("0 25 * * *", "--to", "aws");
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /^ {2}0 25 \* \* \*\n {4}\^\^\n/);
  });
});

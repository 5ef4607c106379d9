import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { belfry } from "./captured-io.fixture.ts";

const clock = new VirtualClock(Date.parse("2026-10-24T00:00:00Z"));
const when = (...argv: string[]) => belfry(["when", ...argv], { clock });

describe("belfry when", () => {
  it("tells an expression in words and its next instants by the zone's clock", async () => {
    const { code, stdout, stderr } = await when("30 1 * * *", "--tz", "Europe/London", "-n", "2");
    assert.equal(code, 0);
    assert.match(stdout, /Europe\/London/);
    assert.match(stdout, /2026-10-24 01:30 BST {2}2026-10-24T01:30:00\+01:00 {2}in 30 min\n/);
    assert.equal(stderr.includes("✗"), false);
  });

  it("takes the same expression in pieces, as the shell hands them over", async () => {
    const whole = await when("0 3 * * 1-5", "--json");
    const pieces = await when("0", "3", "*", "*", "1-5", "--json");
    assert.equal(pieces.stdout, whole.stdout);
  });

  it("knows intervals and instants by their own word", async () => {
    const every = await when("every 90m", "--json", "-n", "1");
    assert.equal(JSON.parse(every.stdout).dialect, "every");
    const at = await when("at 2027-01-01T09:00", "--json", "--tz", "Asia/Tokyo");
    assert.deepEqual(JSON.parse(at.stdout).next, ["2027-01-01T00:00:00.000Z"]);
  });

  it("prints one JSON document in the contract's shape", async () => {
    const { stdout } = await when("0 0 * * *", "--json", "-n", "1");
    const answer = JSON.parse(stdout);
    assert.deepEqual(Object.keys(answer), [
      "expression",
      "dialect",
      "timeZone",
      "words",
      "next",
      "findings",
    ]);
    // The first instant is after now, not at it.
    assert.deepEqual(answer.next, ["2026-10-25T00:00:00.000Z"]);
    assert.equal(answer.timeZone, "UTC");
  });

  it("shows a half-open range: from is in it, until is not", async () => {
    const range = ["--from", "2026-10-25T00:00Z", "--until", "2026-10-25T03:00Z", "--json"];
    const { stdout } = await when("0 * * * *", ...range);
    assert.deepEqual(JSON.parse(stdout).next, [
      "2026-10-25T00:00:00.000Z",
      "2026-10-25T01:00:00.000Z",
      "2026-10-25T02:00:00.000Z",
    ]);
  });

  it("points at what is wrong in a bad expression, and exits 2", async () => {
    const { code, stdout, stderr } = await when("0 25 * * *");
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^ {2}0 25 \* \* \*\n {4}\^\^\n✗ hour "25" is out of range\n/);
  });

  it("tells a bad expression as JSON where JSON was asked for", async () => {
    const { code, stdout, stderr } = await when("0 25 * * *", "--json");
    assert.equal(code, 2);
    assert.equal(stdout, "");
    const { error } = JSON.parse(stderr);
    assert.deepEqual(Object.keys(error), ["code", "message", "hint", "file", "line"]);
    assert.equal(error.code, "range");
  });

  it("knows the dialects of other systems, by name and by how they are written", async () => {
    const asked = await when("0 0 12 ? * MON-FRI", "--dialect", "quartz", "--json");
    const { dialect, words } = JSON.parse(asked.stdout);
    assert.deepEqual([dialect, words], ["quartz", "At 12:00 on Monday to Friday, UTC"]);
    const found = await when("Mon..Fri *-*-* 09:00");
    assert.match(found.stdout, /^At 09:00 on Monday to Friday, UTC\n/);
    assert.match(
      found.stderr,
      /^Read as systemd; in a task, cron\(…, \{ dialect: "systemd" \}\)\.\n/,
    );
    const several = await when("cron(0 12 * * ? *)");
    assert.match(several.stderr, /Read as aws;.*\nAs aws-rules: the same\.\n/);
    const faulty = await when("FREQ=DAILY");
    assert.equal(faulty.code, 2);
    assert.match(faulty.stderr, /a rule needs its start/);
  });

  it("refuses zones, dialects and counts that there are not", async () => {
    assert.equal((await when("0 0 * * *", "--tz", "Europe/Lodnon")).code, 2);
    assert.match((await when("x", "--dialect", "klingon")).stderr, /There are unix/);
    assert.match((await when("0 0 * * *", "-n", "0")).stderr, /-n takes a whole number/);
  });
});

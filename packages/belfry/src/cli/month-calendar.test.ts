import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { belfry } from "./captured-io.fixture.ts";

const clock = new VirtualClock(Date.UTC(2027, 2, 5, 12));
const when = (...argv: readonly string[]) =>
  belfry(["when", ...argv, "--tz", "Europe/London"], { clock });

describe("belfry when --calendar", () => {
  it("shows on which days of a month it is due, how often, and where the clock changes", async () => {
    const { code, stdout } = await when("0 9,17 * * 0,6", "--calendar", "month");
    assert.equal(code, 0);
    assert.deepEqual(stdout.split("\n").slice(2), [
      "                          March 2027",
      "Mon      Tue      Wed      Thu      Fri      Sat      Sun",
      " 1        2        3        4        5        6 ×2     7 ×2",
      " 8        9       10       11       12       13 ×2    14 ×2",
      "15       16       17       18       19       20 ×2    21 ×2",
      "22       23       24       25       26       27 ×2    28!×2",
      "29       30       31",
      "",
      "! 2027-03-28: the clock skips some times.",
      "",
    ]);
  });

  it("counts what a clock change takes and gives", async () => {
    const { stdout } = await when("*/30 * * * *", "--calendar", "year", "--json");
    const { days } = JSON.parse(stdout);
    assert.equal(days.length, 365);
    const of = (date: string) => days.find((day: { date: string }) => day.date === date);
    assert.deepEqual(of("2027-03-28"), { date: "2027-03-28", count: 46, clockChange: "gap" });
    assert.deepEqual(of("2027-10-31"), { date: "2027-10-31", count: 50, clockChange: "overlap" });
    assert.deepEqual(of("2027-12-31"), { date: "2027-12-31", count: 48, clockChange: null });
  });

  it("takes several months, from any on", async () => {
    const { stdout } = await when(
      "@monthly",
      "--calendar",
      "month",
      "-n",
      "3",
      "--from",
      "2027-11-20",
    );
    for (const title of ["November 2027", "December 2027", "January 2028"]) {
      assert.ok(stdout.includes(title), title);
    }
  });

  it("is refused for any other sheet", async () => {
    const { code, stderr } = await when("@daily", "--calendar", "decade");
    assert.deepEqual([code, /takes month or year/.test(stderr)], [2, true]);
  });
});

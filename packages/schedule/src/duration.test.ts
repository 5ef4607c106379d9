import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Duration, parseDuration } from "./duration.ts";

describe("parseDuration", () => {
  it("reads each unit", () => {
    const read: readonly (readonly [Duration, number])[] = [
      ["500ms", 500],
      ["90s", 90_000],
      ["15m", 900_000],
      ["2h", 7_200_000],
      ["1d", 86_400_000],
      ["2w", 1_209_600_000],
      ["1.5h", 5_400_000],
      ["0s", 0],
    ];
    for (const [text, ms] of read) assert.equal(parseDuration(text), ms, text);
  });

  it("reads compound durations, from the larger unit to the smaller", () => {
    assert.equal(parseDuration("1h30m"), 5_400_000);
    assert.equal(parseDuration("1d2h3m4s5ms"), 93_784_005);
    assert.throws(() => parseDuration("30m1h"), { code: "duration", position: 3 });
    assert.throws(() => parseDuration("1h1h"), { code: "duration", position: 2 });
  });

  it("refuses all else, and says what to write", () => {
    for (const text of ["", " ", "h", "-1h", "+1h", "1 h", "1H", "1y", "1h ", "0.3ms", "1e3s"]) {
      assert.throws(() => parseDuration(text), { code: "duration" }, text);
    }
    assert.throws(() => parseDuration("90"), { hint: "add a unit, for example 90s or 90m" });
    assert.throws(() => parseDuration("9999999999w"), /longer than a thousand years/);
  });

  it("has its form checked by the compiler", () => {
    // @ts-expect-error no unit
    const bare: Duration = "90";
    // @ts-expect-error no such unit
    const years: Duration = "1y";
    assert.ok(bare !== years);
  });
});

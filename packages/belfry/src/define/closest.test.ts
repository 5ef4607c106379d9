import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closest } from "./closest.ts";

describe("the closest word", () => {
  const known = ["retry", "timeout", "timeZone", "tags", "run"];

  for (const [word, meant] of [
    ["retyr", "retry"],
    ["retries", "retry"],
    ["timezone", "timeZone"],
    ["time-out", "timeout"],
    ["rum", "run"],
    ["alerts", null],
    ["runsOn", null],
    ["x", null],
  ] as const) {
    it(`to ${word} is ${meant}`, () => assert.equal(closest(word, known), meant));
  }
});

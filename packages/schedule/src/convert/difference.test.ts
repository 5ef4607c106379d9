import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Dialect, parse } from "../schedule.ts";
import { union } from "../union.ts";
import { type Difference, firstDifference } from "./difference.ts";

const FROM_AT = Date.UTC(2026, 0, 1);

function between(
  first: readonly [Dialect, string],
  second: readonly [Dialect, string],
  timeZone: string,
): { at: string; due: Difference["due"] } | null {
  const [one, other] = [first, second].map(([dialect, text]) => parse(text, { dialect, timeZone }));
  assert.ok(one !== undefined && other !== undefined);
  const found = firstDifference(one, other, FROM_AT);
  // Whoever is asked second must say the same.
  const turned = firstDifference(other, one, FROM_AT);
  assert.equal(turned?.at, found?.at);
  if (found !== null) assert.notEqual(turned?.due, found.due);
  return found && { at: new Date(found.at).toISOString(), due: found.due };
}

describe("the first difference of two schedules", () => {
  it("is null for the same fields and the same rule at clock changes", () => {
    assert.equal(
      between(["unix", "0 2 * * 1-5"], ["gcp", "0 2 * * MON-FRI"], "Europe/Paris"),
      null,
    );
    assert.equal(
      between(["unix", "* * * * *"], ["kubernetes", "*/1 * * * *"], "Europe/Paris"),
      null,
    );
  });

  it("is null where no clock change touches what they would do otherwise", () => {
    assert.equal(between(["unix", "0 9 * * *"], ["quartz", "0 0 9 * * ?"], "Europe/Paris"), null);
    assert.equal(between(["unix", "0 2 * * *"], ["quartz", "0 0 2 * * ?"], "UTC"), null);
  });

  it("is in the gap or the overlap where their rules differ", () => {
    assert.deepEqual(
      between(["unix", "30 2 * * *"], ["aws", "cron(30 2 * * ? *)"], "Europe/Paris"),
      {
        at: "2026-03-29T01:00:00.000Z",
        due: "first",
      },
    );
    assert.deepEqual(
      between(["systemd", "*:00/15"], ["kubernetes", "*/15 * * * *"], "Europe/Paris"),
      { at: "2026-10-25T01:00:00.000Z", due: "second" },
    );
  });

  it("is found hours after a change, where systemd loses the rest of a day to it", () => {
    assert.deepEqual(
      between(["kubernetes", "0 1,20 * * *"], ["systemd", "01,20:00"], "Europe/Dublin"),
      { at: "2026-03-29T19:00:00.000Z", due: "first" },
    );
  });

  it("is found in a single minute of forty years", () => {
    const usual = parse("*/5 * * * *");
    const at = Date.UTC(2061, 6, 4, 12, 34);
    const once = union([usual, parse(new Date(at).toISOString(), { dialect: "at" })]);
    assert.deepEqual(firstDifference(usual, once, FROM_AT), { at, due: "second" });
  });

  it("is looked for up to forty years from where it is told, and no further", () => {
    const bounded = parse("0 0 0 1 1 ? 2020-2065", { dialect: "quartz" });
    const unbounded = parse("0 0 1 1 *");
    assert.equal(firstDifference(bounded, unbounded, FROM_AT), null);
    const later = firstDifference(bounded, unbounded, Date.UTC(2027, 0, 2));
    assert.deepEqual(later, { at: Date.UTC(2066, 0, 1), due: "second" });
  });

  it("goes over the zones of a union", () => {
    const one = union([
      parse("30 2 * * *", { timeZone: "Europe/Paris" }),
      parse("0 12 * * *", { timeZone: "UTC" }),
    ]);
    assert.equal(firstDifference(one, one, FROM_AT), null);
  });
});

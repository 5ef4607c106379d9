import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { belfry } from "./captured-io.fixture.ts";

const clock = new VirtualClock(Date.UTC(2026, 10, 24, 12));

async function answers(...stdin: readonly string[]): Promise<{ code: number; lines: unknown[] }> {
  const { code, stdout, stderr } = await belfry(["when", "--stdin"], { clock, stdin });
  assert.equal(stderr, "");
  return {
    code,
    lines: stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  };
}

function partOf(line: unknown, key: string): unknown {
  return typeof line === "object" && line !== null ? Reflect.get(line, key) : undefined;
}

describe("belfry when --stdin", () => {
  it("answers a line with a line, in order, however they come", async () => {
    const { code, lines } = await answers(
      '"0 9 * * *"\n{ "expression": "0 0 12 ? * 6L", "timeZone": "Europe/',
      'London", "n": 1 }\n\n{"expression":"90m","dialect":"every","anchor":"2026-01-01T00:10","n":1}',
    );
    assert.equal(code, 0);
    assert.deepEqual(
      lines.map((line) => [
        partOf(line, "dialect"),
        partOf(line, "timeZone"),
        partOf(line, "next"),
      ]),
      [
        [
          "unix",
          "UTC",
          ["25", "26", "27", "28", "29"].map((day) => `2026-11-${day}T09:00:00.000Z`),
        ],
        ["quartz", "Europe/London", ["2026-11-27T12:00:00.000Z"]],
        ["every", "UTC", ["2026-11-24T12:10:00.000Z"]],
      ],
    );
  });

  it("answers a bad line with its error, and goes on", async () => {
    const long = JSON.stringify("x".repeat(300_000));
    const { code, lines } = await answers(
      `"61 * * * *"\nnonsense\n{"expression":5}\n{"expression":"@daily","zone":"UTC"}\n${long}\n"@daily"\n`,
    );
    assert.equal(code, 2);
    const codes = lines.map((line) => [
      partOf(line, "line"),
      partOf(partOf(line, "error"), "code"),
    ]);
    assert.deepEqual(codes, [
      [1, "range"],
      [2, "bad-line"],
      [3, "bad-line"],
      [4, "bad-line"],
      [5, "bad-line"],
      [undefined, undefined],
    ]);
    assert.deepEqual(partOf(partOf(lines[0], "error"), "position"), 0);
  });

  it("takes no EXPR beside it, and is needed where there is none", async () => {
    const both = await belfry(["when", "@daily", "--stdin"], { clock });
    assert.deepEqual([both.code, /and no EXPR/.test(both.stderr)], [2, true]);
    const none = await belfry(["when"], { clock });
    assert.deepEqual([none.code, /or --stdin/.test(none.stderr)], [2, true]);
  });
});

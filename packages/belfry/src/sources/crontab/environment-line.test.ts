import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readVariable } from "./environment-line.ts";

const CASES: readonly (readonly [line: string, read: readonly [string, string] | null])[] = [
  ["SHELL=/bin/bash", ["SHELL", "/bin/bash"]],
  ["HOME = /tmp", ["HOME", "/tmp"]],
  ["A\t=\tb c  ", ["A", "b c"]],
  [
    'MAILTO="ops@example.org, oncall@example.org"',
    ["MAILTO", "ops@example.org, oncall@example.org"],
  ],
  ["G='two  blanks '", ["G", "two  blanks "]],
  ['G="  x"   ', ["G", "  x"]],
  ['E=""', ["E", ""]],
  ["E=", ["E", ""]],
  ['"A B" = c', ["A B", "c"]],
  ["'A'=b", ["A", "b"]],
  ["PATH=$PATH:/opt", ["PATH", "$PATH:/opt"]],
  ["A=b=c", ["A", "b=c"]],
  ["A=it's", ["A", "it's"]],
  ["A=b # no comment", ["A", "b # no comment"]],
  ["A=\\n", ["A", "\\n"]],
  ['A="b" c', null],
  ['A="b', null],
  ["A b=c", null],
  ["=c", null],
  ["* * * * * A=b", null],
  ["@daily A=b", null],
  ["A", null],
  ["", null],
];

describe("a variable in a crontab", () => {
  for (const [line, read] of CASES) {
    it(`${JSON.stringify(line)} ${read === null ? "sets none" : `sets ${read.join(" to ")}`}`, () => {
      const expected = read === null ? null : { name: read[0], value: read[1] };
      assert.deepEqual(readVariable(line), expected);
    });
  }

  it("comes back from quotes as it was, whatever it is", () => {
    const value = fc.string().filter((text) => !/["\n]/.test(text));
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z_]{1,9}$/), value, (name, text) => {
        assert.deepEqual(readVariable(`${name} = "${text}" `), { name, value: text });
      }),
    );
  });
});

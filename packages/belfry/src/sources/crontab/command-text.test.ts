import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { splitCommand } from "./command-text.ts";

const CASES: readonly (readonly [text: string, command: string, stdin: string | null])[] = [
  ["date", "date", null],
  ["date +\\%F\\ \\%T", "date +%F\\ %T", null],
  ["cat%first%second%", "cat", "first\nsecond\n"],
  ["cat%first", "cat", "first\n"],
  ["cat%", "cat", null],
  ["cat%50\\%%next", "cat", "50%\nnext\n"],
  ["printf 'a\\nb'", "printf 'a\\nb'", null],
  ["a\\\\%b", "a\\\\", "b\n"],
  ["cat%a\\nb\\\\%c", "cat", "a\\nb\\%c\n"],
  ["a\\", "a\\", null],
];

describe("the command of a crontab line", () => {
  for (const [text, command, stdin] of CASES) {
    it(`${JSON.stringify(text)} is ${command}, reading ${JSON.stringify(stdin)}`, () => {
      assert.deepEqual(splitCommand(text), { command, stdin });
    });
  }

  it("is itself where it has no %, and its input then none", () => {
    const plain = fc.string().filter((text) => !text.includes("%"));
    fc.assert(
      fc.property(plain, (text) => {
        assert.deepEqual(splitCommand(text), { command: text, stdin: null });
      }),
    );
  });

  it("gives input that ends in a newline, for any text", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a%\\ ]{0,20}$/), (text) => {
        const { stdin } = splitCommand(text);
        assert.ok(stdin === null || stdin.endsWith("\n"));
      }),
    );
  });
});

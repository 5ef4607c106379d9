import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readLines } from "./log-text.ts";

function textsOf(bytes: Buffer): string[] {
  const raw = { at: 1, stream: "stdout", level: null, fields: null, bytes } as const;
  return readLines(raw, 1).map((line) => line.text);
}

describe("readLines", () => {
  const corpus: readonly (readonly [name: string, bytes: Buffer, text: string])[] = [
    ["a colour", Buffer.from("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m"],
    ["a window title", Buffer.from("\x1b]0;pwned\x07"), "\\x1b]0;pwned\\x07"],
    ["a link", Buffer.from("\x1b]8;;http://x\x1b\\y"), "\\x1b]8;;http://x\\x1b\\y"],
    ["an 8-bit CSI", Buffer.from("\u009b2J"), "\\x9b2J"],
    ["NUL", Buffer.from("a\0b"), "a\\x00b"],
    ["backspace and delete", Buffer.from("a\b\x7f"), "a\\x08\\x7f"],
    ["form feed and vertical tab", Buffer.from("\f\v"), "\\x0c\\x0b"],
    ["a tabulator", Buffer.from("a\tb"), "a\tb"],
    ["invalid UTF-8", Buffer.from([0x61, 0xff, 0xc3, 0x28, 0x62]), "a\ufffd\ufffd(b"],
    ["an overlong NUL", Buffer.from([0xc0, 0x80]), "\ufffd\ufffd"],
    ["half a surrogate pair", Buffer.from([0xed, 0xa0, 0x80]), "\ufffd\ufffd\ufffd"],
    ["a byte order mark", Buffer.from("\ufeffx"), "\ufeffx"],
    ["HTML", Buffer.from("<script>alert(1)</script>"), "<script>alert(1)</script>"],
    ["other scripts", Buffer.from("héllo 世界 😀"), "héllo 世界 😀"],
  ];
  for (const [name, bytes, text] of corpus) {
    it(`shows ${name} so that it steers nothing`, () => assert.deepEqual(textsOf(bytes), [text]));
  }

  it("does not let a broken character swallow the end of its line", () => {
    assert.deepEqual(textsOf(Buffer.from([0xe2, 0x82, 10, 0x61, 10])), ["\ufffd", "a"]);
  });

  it("keeps empty lines", () => {
    assert.deepEqual(textsOf(Buffer.from("\n\na\n\n")), ["", "", "a", ""]);
  });

  it("gives the fields to the first line", () => {
    const bytes = Buffer.from("a\nb");
    const raw = { at: 1, stream: "log", level: "info", fields: "{}", bytes } as const;
    assert.deepEqual(
      readLines(raw, 1).map((line) => line.fields),
      ["{}", null],
    );
  });
});

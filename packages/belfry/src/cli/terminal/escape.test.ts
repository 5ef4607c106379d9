import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plain, plainLines, plainOutput } from "./escape.ts";

describe("plain text", () => {
  it("shows escape sequences instead of handing them to the terminal", () => {
    assert.equal(plain("a\u001b]0;title\u0007b"), "a\\x1b]0;title\\x07b");
    assert.equal(plain("\u009b2J"), "\\x9b2J");
    assert.equal(plain("gnp\u202e.exe"), "gnp\\u202e.exe");
  });

  it("stands on one line", () => {
    assert.equal(plain("a\nb\tc\rd"), "a⏎b c\\x0dd");
    assert.equal(plainLines("a\nb\tc"), "a\nb\tc");
  });

  it("leaves letters of all scripts and emoji of several parts as they are", () => {
    const text = "Grüße 日本語 👩‍👩‍👧 עברית";
    assert.equal(plain(text), text);
  });
});

describe("output at a terminal", () => {
  it("keeps colours where they are wanted, and ends them with the line", () => {
    assert.equal(plainOutput("\u001b[31mred", true), "\u001b[31mred\u001b[0m");
    assert.equal(plainOutput("\u001b[31mred\u001b[0m", false), "red");
  });

  it("shows whatever else would steer the terminal", () => {
    assert.equal(
      plainOutput("\u001b[2Jgone\u001b[1;32mgreen", true),
      "\\x1b[2Jgone\u001b[1;32mgreen\u001b[0m",
    );
    assert.equal(plainOutput("10 %\r100 %\r", true), "10 %\\x0d100 %");
  });

  it("never lets anything but colours and tabs through, whatever comes", () => {
    const noise = fc.string({
      unit: fc.constantFrom("\u001b", "[", "]", "3", "m", ";", "\u0007", "\u009b", "x", "J"),
    });
    fc.assert(
      fc.property(noise, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
        const rest = plainOutput(text, true).replace(/\u001b\[[\d;:]*m/g, "");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
        assert.doesNotMatch(rest, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      }),
    );
  });
});

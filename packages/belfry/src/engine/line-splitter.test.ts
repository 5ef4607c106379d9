import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LINE_MAX, LineSplitter } from "./line-splitter.ts";

interface Taken {
  readonly lines: string[];
  readonly counts: number[];
}

/** What a splitter makes of chunks, as latin1 so that each byte is a character. */
function split(chunks: readonly Uint8Array[]): Taken {
  const taken: Taken = { lines: [], counts: [] };
  const splitter = new LineSplitter((bytes, count) => {
    const lines = bytes.toString("latin1").split("\n");
    if (lines.length > 1 && lines.at(-1) === "") lines.pop();
    assert.equal(lines.length, count);
    taken.lines.push(...lines);
    taken.counts.push(count);
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return taken;
}

/** The rule, said once more for the whole text: what a terminal would show as lines. */
function naive(bytes: Buffer): string[] {
  const text = bytes.toString("latin1");
  const plain = text.replace(/([^\r\n])\r+\n?/g, "$1\n").replaceAll("\r", "");
  const lines = plain.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function cutInto(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(from, from + size));
    from += size;
  }
  chunks.push(bytes.subarray(from));
  return chunks;
}

const text = fc
  .array(fc.constantFrom("a", "bc", "\n", "\r", "\r\n", "é", "😀", "\x00"), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join("")));

describe("LineSplitter", () => {
  it("gives the same lines wherever the chunks begin and end", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(9), { maxLength: 30 }), (bytes, sizes) => {
        assert.deepEqual(split(cutInto(bytes, sizes)).lines, naive(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it("ends a line at LF, at CR LF and at a CR that stands alone", () => {
    const { lines } = split([Buffer.from("one\r"), Buffer.from("\ntwo\n\r\n10%\r20%\r\r\nend")]);
    assert.deepEqual(lines, ["one", "two", "", "10%", "20%", "end"]);
  });

  it("ends a line at 16 KiB, never inside a character, and loses no byte", () => {
    const line = `x${"€".repeat(20_000)}`;
    const bytes = Buffer.from(`short\n${line}\nlast`);
    for (const size of [1_000, 65_536, bytes.length]) {
      const sizes = new Array<number>(Math.floor(bytes.length / size)).fill(size);
      const lines = split(cutInto(bytes, sizes)).lines.map((l) => Buffer.from(l, "latin1"));
      const cut = lines.slice(1, -1);
      assert.equal(Buffer.concat(cut).toString(), line);
      assert.ok(cut.every((part) => part.length <= LINE_MAX && part.length > 0));
      assert.ok(cut.every((part) => !part.toString().includes("\ufffd")));
      assert.equal(cut.length, 4);
    }
  });

  it("adds no empty line where the line feed follows after exactly 16 KiB", () => {
    const full = "x".repeat(LINE_MAX);
    assert.deepEqual(split([Buffer.from(full), Buffer.from("\nnext\n")]).lines, [full, "next"]);
  });

  it("cuts bytes that are no UTF-8 at 16 KiB too", () => {
    const { lines } = split([Buffer.alloc(LINE_MAX * 2 + 5, 0x80)]);
    assert.deepEqual(
      lines.map((line) => line.length),
      [LINE_MAX, LINE_MAX, 5],
    );
  });

  it("gives a flood in stretches of bounded size", () => {
    const { counts } = split([Buffer.from("\n".repeat(10_000))]);
    assert.ok(counts.every((count) => count <= 1_024));
    assert.equal(
      counts.reduce((a, b) => a + b),
      10_000,
    );
  });

  it("shows an open line when flushed, and does not count its line end as another line", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((bytes) => lines.push(bytes.toString()));
    splitter.push(Buffer.from("Password: "));
    splitter.flush();
    assert.deepEqual(lines, ["Password: "]);
    splitter.push(Buffer.from("\r\nwelcome\n"));
    assert.deepEqual(lines, ["Password: ", "welcome\n"]);
  });

  it("keeps a character of which a part has come when it is flushed", () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((bytes) => lines.push(bytes.toString()));
    const [first, second] = cutInto(Buffer.from("ab😀\n"), [4]);
    assert.ok(first !== undefined && second !== undefined);
    splitter.push(first);
    splitter.flush();
    splitter.flush();
    splitter.push(second);
    assert.deepEqual(lines, ["ab", "😀\n"]);
    assert.equal(splitter.open, false);
  });
});

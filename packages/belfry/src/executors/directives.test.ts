import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  DIRECTIVE_BYTES_MAX,
  type Directive,
  DirectiveFilter,
  parseDirective,
} from "./directives.ts";

function filtered(chunks: readonly string[]): { output: string; directives: Directive[] } {
  const parts: Buffer[] = [];
  const directives: Directive[] = [];
  const filter = new DirectiveFilter({
    output: (chunk) => parts.push(Buffer.from(chunk)),
    directive: (directive) => directives.push(directive),
  });
  for (const chunk of chunks) filter.push(Buffer.from(chunk, "latin1"));
  filter.end();
  return { output: Buffer.concat(parts).toString("latin1"), directives };
}

/** The rule itself, on the whole text at once. */
function expected(text: string): { output: string; directives: Directive[] } {
  const directives: Directive[] = [];
  const output = text.replaceAll(
    /^::belfry ([^\n]*)(?:\n|$(?![\s\S]))/gm,
    (_line, rest: string) => {
      directives.push(parseDirective(rest));
      return "";
    },
  );
  return { output, directives };
}

describe("directives in a command's output", () => {
  it("are taken out of it, and all else stays as it is", () => {
    assert.deepEqual(
      filtered(["a\n::belfry report rows=12 name=x\nb\n::belfry progress 3/9 files"]),
      {
        output: "a\nb\n",
        directives: [
          { kind: "report", figures: { rows: 12, name: "x" } },
          { kind: "progress", done: 3, total: 9, unit: "files" },
        ],
      },
    );
  });

  it("are found whatever the borders of the chunks", () => {
    const piece = fc.constantFrom(
      "::belfry ",
      "::bel",
      "progress 1\n",
      "\n",
      "x",
      "\r\n",
      "::",
      "\0",
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean()), { maxLength: 30 }), (pieces) => {
        const chunks: string[] = [""];
        for (const [text, border] of pieces) {
          if (border) chunks.push("");
          chunks.push(`${chunks.pop() ?? ""}${text}`);
        }
        assert.deepEqual(filtered(chunks), expected(chunks.join("")));
        assert.deepEqual(filtered([...chunks.join("")]), expected(chunks.join("")));
      }),
    );
  });

  it("count only at the beginning of a line", () => {
    const text = "see ::belfry report rows=1\n ::belfry progress 1\n";
    assert.deepEqual(filtered([text]), { output: text, directives: [] });
  });

  it("never hold back a line that cannot become one", () => {
    const seen: string[] = [];
    const filter = new DirectiveFilter({
      output: (chunk) => seen.push(Buffer.from(chunk).toString()),
      directive: () => assert.fail("there is none"),
    });
    for (const chunk of ["Password: ", ":", ": no"]) filter.push(Buffer.from(chunk));
    assert.deepEqual(seen, ["Password: ", ":", ": no"]);
  });

  it("are output where they are longer than 16 KiB, in one chunk or in many", () => {
    const line = `::belfry report a=${"x".repeat(DIRECTIVE_BYTES_MAX)}\n`;
    assert.deepEqual(filtered([line]), { output: line, directives: [] });
    assert.deepEqual(filtered(line.match(/[\s\S]{1,1000}/g) ?? []), {
      output: line,
      directives: [],
    });
  });
});

describe("a directive", () => {
  const cases: readonly [string, Directive][] = [
    ["report rows=1234 bytes=5.5e3", { kind: "report", figures: { rows: 1234, bytes: 5500 } }],
    ["report at=12:30 v=1.2.3 e=", { kind: "report", figures: { at: "12:30", v: "1.2.3", e: "" } }],
    ['report file="a b.csv" n=-1\r', { kind: "report", figures: { file: "a b.csv", n: -1 } }],
    ["progress 30", { kind: "progress", done: 30, total: null, unit: null }],
    ["progress 30 big files", { kind: "progress", done: 30, total: null, unit: "big files" }],
    ["progress 0.5/1", { kind: "progress", done: 0.5, total: 1, unit: null }],
    ["progress half", { kind: "unknown", text: "progress half" }],
    ["report", { kind: "unknown", text: "report" }],
    ["explode now", { kind: "unknown", text: "explode now" }],
  ];
  for (const [text, directive] of cases) {
    it(`is read: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseDirective(text), directive);
    });
  }
});

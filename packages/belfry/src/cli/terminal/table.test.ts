import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Style, wantsColours } from "./style.ts";
import { formatTable } from "./table.ts";
import { fit, widthOf, wrap } from "./width.ts";

const bare = new Style(false);

describe("a table", () => {
  it("puts columns under their titles, and ends no line with blanks", () => {
    const lines = formatTable(
      [{ title: "NAME" }, { title: "TOOK", align: "right" }, { title: "WHY" }],
      [
        ["backup", "1.2 s", ""],
        ["日本", "12 ms", "lost"],
      ],
      bare,
      null,
    );
    assert.deepEqual(lines, ["NAME     TOOK  WHY", "backup  1.2 s", "日本    12 ms  lost"]);
  });

  it("leaves out a column that says nothing", () => {
    assert.deepEqual(formatTable([{ title: "A" }, { title: "B" }], [["1", ""]], bare, null), [
      "A",
      "1",
    ]);
  });

  it("fits a narrow terminal by shortening what may be shortened", () => {
    const lines = formatTable(
      [{ title: "NAME" }, { title: "WHY", shrinks: true }],
      [["backup", "a long explanation of what went wrong"]],
      bare,
      24,
    );
    assert.deepEqual(lines, ["NAME    WHY", "backup  a long explanat…"]);
  });

  it("leaves out what can be spared where shortening is not enough", () => {
    const columns = [
      { title: "RUN" },
      { title: "DUE", spare: true },
      { title: "WHY", shrinks: true },
    ] as const;
    const row = ["backup@2026-11-24T02:30Z", "2026-11-24 02:30 GMT", "exited with 3"];
    assert.deepEqual(formatTable(columns, [row], bare, 40), [
      "RUN                       WHY",
      "backup@2026-11-24T02:30Z  exited with 3",
    ]);
  });

  it("keeps colours out of the width, and steering characters out of cells", () => {
    const style = new Style(true);
    const [, line] = formatTable(
      [{ title: "A" }, { title: "B" }],
      [[{ text: "x\u001b[2J", dress: (text) => style.bad(text) }, "y"]],
      bare,
      null,
    );
    assert.equal(line, "\u001b[31mx\\x1b[2J\u001b[39m  y");
  });
});

describe("widths", () => {
  it("count columns, not characters", () => {
    assert.equal(widthOf("abc"), 3);
    assert.equal(widthOf("日本"), 4);
    assert.equal(widthOf("e\u0301"), 1);
    assert.equal(widthOf("👩‍👩‍👧"), 2);
  });

  it("fit and wrap by columns", () => {
    assert.equal(fit("日本語です", 6), "日本…");
    assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  });
});

describe("colours", () => {
  it("come with a terminal, unless NO_COLOR, TERM=dumb or --no-color say otherwise", () => {
    const ask = (isTTY: boolean, env: Record<string, string> = {}, refused = false): boolean =>
      wantsColours({ isTTY, env, refused });
    assert.equal(ask(true), true);
    assert.equal(ask(false), false);
    assert.equal(ask(true, { NO_COLOR: "1" }), false);
    assert.equal(ask(true, { NO_COLOR: "" }), true);
    assert.equal(ask(true, { TERM: "dumb" }), false);
    assert.equal(ask(false, { FORCE_COLOR: "1" }), true);
    assert.equal(ask(true, { FORCE_COLOR: "0" }), false);
    assert.equal(ask(true, { FORCE_COLOR: "1" }, true), false);
  });
});

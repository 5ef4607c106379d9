import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogPage, LogQuery } from "../log.ts";
import { readTail } from "./log-tail.ts";

const OF = { run: "r", attempt: 1, fromAt: 0, untilAt: 1 };

/** Logs of one run that hold these lines. */
function holding(lines: readonly string[]) {
  const read = async ({ after, limit }: LogQuery): Promise<LogPage> => {
    const from = after === null ? 0 : Number(after);
    const page = lines.slice(from, from + limit).map((text) => {
      return { at: 0, attempt: 1, stream: "stdout", level: null, text, fields: null } as const;
    });
    return { lines: page, cursor: String(from + page.length) };
  };
  return { read };
}

describe("the end of an output", () => {
  it("is all of it where that fits, and its last whole lines where not", async () => {
    const logs = holding(["one", "two", "three"]);
    assert.equal(await readTail(logs, OF, 100), "one\ntwo\nthree");
    assert.equal(await readTail(logs, OF, 13), "one\ntwo\nthree");
    assert.equal(await readTail(logs, OF, 12), "two\nthree");
    assert.equal(await readTail(logs, OF, 5), "three");
    assert.equal(await readTail(holding([]), OF, 5), "");
  });

  it("is the end of a line that is longer, and never begins within a character", async () => {
    assert.equal(await readTail(holding(["one", "three"]), OF, 3), "ree");
    assert.equal(await readTail(holding(["aéé"]), OF, 3), "é");
    assert.equal(await readTail(holding(["a👋"]), OF, 3), "");
  });

  it("is found behind many pages", async () => {
    const lines = Array.from({ length: 12_500 }, (_, index) => `line ${index}`);
    assert.equal(await readTail(holding(lines), OF, 22), "line 12498\nline 12499");
    assert.equal(await readTail(holding(lines.slice(0, 10_000)), OF, 9), "line 9999");
  });
});

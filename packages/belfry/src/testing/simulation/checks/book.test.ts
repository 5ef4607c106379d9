import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Book } from "./book.ts";

describe("the book of a schedule's due instants", () => {
  it("forgets what is final, and still has it as entered", () => {
    const book = new Book();
    book.enter(10, { run: "over" });
    book.enter(20, { gap: "down" });
    book.enter(30, { run: "later" });
    book.close(20, () => false);
    assert.deepEqual([book.get(10), book.get(20)], [undefined, undefined]);
    assert.deepEqual(
      [book.has(10), book.has(20), book.has(30), book.has(40)],
      [true, true, true, false],
    );
  });

  it("keeps a run that has not ended, and has its instant free when it is withdrawn", () => {
    const book = new Book();
    book.enter(10, { run: "waits" });
    book.close(20, (run) => run === "waits");
    assert.deepEqual(book.get(10), { run: "waits" });
    book.withdraw(10);
    assert.equal(book.has(10), false);
    book.enter(10, { gap: "late" });
    assert.equal(book.has(10), true);
  });
});

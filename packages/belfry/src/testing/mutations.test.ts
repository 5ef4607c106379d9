import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MUTATIONS } from "./mutations.ts";

describe("the mutation gate", () => {
  it("finds the text of each guard that it takes out, exactly once", () => {
    const found = MUTATIONS.map(({ name, file, text }) => {
      const source = readFileSync(join(import.meta.dirname, "..", file), "utf8");
      return { name, file, times: source.split(text).length - 1 };
    });
    assert.deepEqual(
      found.filter(({ times }) => times !== 1),
      [],
      "the guard was rewritten: give testing/mutations*.ts its new text, then run `npm run mutate`",
    );
  });

  it("changes something in each", () => {
    for (const { name, text, replacement } of MUTATIONS) assert.notEqual(text, replacement, name);
  });
});

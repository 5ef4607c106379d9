import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { redact } from "./redact.ts";

describe("what somebody said", () => {
  it("is told without the secrets in it, however they are encoded", () => {
    const said = "no p@ss word, no p%40ss%20word";
    assert.equal(redact(said, ["p@ss word", null]), "no …, no …");
    assert.equal(redact("a%2Fbc or a/bc", ["a%2Fbc"]), "… or …");
    assert.equal(redact("100%25 of %zzzz", ["%zzzz"]), "100%25 of …");
  });

  it("loses no ordinary words to a secret that is too short to be one", () => {
    assert.equal(redact("a cat", ["a", ""]), "a cat");
  });

  it("stands on one line, with nothing in it that a terminal obeys", () => {
    assert.equal(redact(" a\r\n\u001b[2Jb\u0085c ", []), "a [2Jb c");
  });
});

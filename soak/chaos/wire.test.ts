import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Requests } from "./wire.ts";

function message(letter: string, ...words: readonly string[]): Buffer {
  const body = Buffer.from(words.map((word) => `${word}\0`).join(""));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(letter), length, body]);
}

const GREETING = message("", "user", "soak");

describe("what a wire sees of a client's requests", () => {
  it("is a commit that is asked for in words", () => {
    const requests = new Requests();
    assert.equal(requests.bringCommit(GREETING), false);
    assert.equal(requests.bringCommit(message("Q", "select 'commit'")), false);
    assert.equal(requests.bringCommit(message("Q", "commit")), true);
  });

  it("is a commit that was prepared, whenever it is asked for again", () => {
    const requests = new Requests();
    requests.bringCommit(GREETING);
    assert.equal(requests.bringCommit(message("P", "s1", "commit")), false);
    assert.equal(requests.bringCommit(message("B", "", "s2")), false);
    assert.equal(requests.bringCommit(message("B", "", "s1")), true);
    assert.equal(requests.bringCommit(message("B", "", "s1")), true);
    requests.bringCommit(message("P", "s1", "begin"));
    assert.equal(requests.bringCommit(message("B", "", "s1")), false);
  });

  it("is a commit that comes in pieces, together with others", () => {
    const requests = new Requests();
    const all = Buffer.concat([GREETING, message("P", "", "commit"), message("B", "", "")]);
    assert.equal(requests.bringCommit(all.subarray(0, all.length - 3)), false);
    assert.equal(requests.bringCommit(all.subarray(all.length - 3)), true);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { differences } from "./difference.ts";

describe("the difference of two JSON values", () => {
  it("is none where they say the same", () => {
    const value = { a: [1, { b: null }], c: { d: "x" } };
    assert.deepEqual(differences(value, structuredClone(value)), []);
  });

  it("is told member by member, by path", () => {
    const before = { retry: { attempts: 1, waitMs: 10 }, owner: null };
    const after = { retry: { attempts: 3, waitMs: 10 }, owner: "ann" };
    assert.deepEqual(differences(before, after), [
      { path: ["retry", "attempts"], before: 1, after: 3 },
      { path: ["owner"], before: null, after: "ann" },
    ]);
  });

  it("tells what came and what went", () => {
    assert.deepEqual(differences({ a: 1 }, { b: 2 }), [
      { path: ["a"], before: 1, after: undefined },
      { path: ["b"], before: undefined, after: 2 },
    ]);
    assert.deepEqual(differences(undefined, { a: { b: 1 } }), [
      { path: ["a", "b"], before: undefined, after: 1 },
    ]);
    assert.deepEqual(differences(null, { a: 1 }), [{ path: [], before: null, after: { a: 1 } }]);
  });

  it("takes lists as wholes, and another kind of value as a change", () => {
    assert.deepEqual(differences({ tags: ["a"] }, { tags: ["a", "b"] }), [
      { path: ["tags"], before: ["a"], after: ["a", "b"] },
    ]);
    assert.equal(differences({ a: {} }, { a: [] }).length, 1);
  });
});

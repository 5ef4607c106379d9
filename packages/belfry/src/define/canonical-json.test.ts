import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalJson } from "./canonical-json.ts";

describe("canonical JSON", () => {
  it("sorts keys at every depth and leaves lists as they are", () => {
    const value = { b: [{ d: 1, c: 2 }], a: null, e: undefined };
    assert.equal(canonicalJson(value), '{"a":null,"b":[{"c":2,"d":1}]}');
  });

  it("is the same value, and the same text whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = canonicalJson(value);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        const turned = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(canonicalJson(turned), text);
      }),
    );
  });
});

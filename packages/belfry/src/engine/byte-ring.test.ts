import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ByteRing } from "./byte-ring.ts";

describe("ByteRing", () => {
  it("leaves alone what is kept, whatever is added to it", () => {
    const kept = 50;
    const largest = 20;
    const sizes = fc.array(fc.integer({ min: 1, max: largest }), { maxLength: 200 });
    fc.assert(
      fc.property(sizes, (added) => {
        const ring = new ByteRing(kept, largest);
        const pieces: { readonly bytes: Buffer; readonly value: number }[] = [];
        for (const [value, size] of added.entries()) {
          pieces.push({ bytes: ring.add(Buffer.alloc(size, value)), value });
          while (pieces.reduce((sum, { bytes }) => sum + bytes.length, 0) > kept) pieces.shift();
          for (const piece of pieces) {
            assert.ok(piece.bytes.every((byte) => byte === piece.value));
          }
        }
      }),
    );
  });
});

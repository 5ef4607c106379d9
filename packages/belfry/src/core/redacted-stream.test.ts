import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RedactedStream } from "./redacted-stream.ts";
import { Redactor } from "./redactor.ts";

const SECRETS = ["abcdef", "defgabc", "aaaa", "two\nlines", "ö€𝄞x"];

function knowing(secrets: readonly string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.know("S", secret);
  return redactor;
}

function passed(redactor: Redactor, chunks: readonly Uint8Array[]): string {
  const shown: Buffer[] = [];
  const stream = new RedactedStream(redactor, (chunk) => shown.push(Buffer.from(chunk)));
  for (const chunk of chunks) stream.push(chunk);
  stream.end();
  return Buffer.concat(shown).toString();
}

describe("a redacted stream", () => {
  it("shows the same, whatever the borders of its chunks", () => {
    const redactor = knowing(SECRETS);
    const piece = fc.oneof(
      fc.constantFrom(...SECRETS, ...SECRETS.map((secret) => [...secret].slice(0, 3).join(""))),
      fc.string({ unit: fc.constantFrom(..."abcdefg\n"), maxLength: 5 }),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 }),
        (pieces, sizes) => {
          const text = pieces.join("");
          const bytes = Buffer.from(text);
          const chunks: Buffer[] = [];
          for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            chunks.push(bytes.subarray(from, from + size));
            from += size;
          }
          const shown = passed(redactor, chunks);
          assert.equal(shown, redactor.text(text));
          const kept = shown.replaceAll("[secret S]", "|");
          for (const secret of SECRETS) assert.ok(!kept.includes(secret), secret);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("holds back nothing but what may become a secret", () => {
    const shown: string[] = [];
    const stream = new RedactedStream(knowing(["hunter2"]), (chunk) =>
      shown.push(Buffer.from(chunk).toString()),
    );
    stream.push(Buffer.from("Password: hunt"));
    assert.deepEqual(shown, ["Password: "]);
    stream.push(Buffer.from("ing?"));
    assert.deepEqual(shown, ["Password: ", "hunting?"]);
    stream.push(Buffer.from("hunt"));
    stream.end();
    assert.equal(shown.join(""), "Password: hunting?hunt");
  });

  it("hides a secret that becomes known while it is held", () => {
    const redactor = knowing(["hunter2"]);
    const shown: Buffer[] = [];
    const stream = new RedactedStream(redactor, (chunk) => shown.push(Buffer.from(chunk)));
    stream.push(Buffer.from("hunt"));
    redactor.know("S", "hunted");
    stream.push(Buffer.from("ed"));
    stream.end();
    assert.equal(Buffer.concat(shown).toString(), "[secret S]");
  });

  it("passes chunks through as they are where no secret is known", () => {
    const chunk = Buffer.from("anything");
    const shown: Uint8Array[] = [];
    new RedactedStream(new Redactor(), (one) => shown.push(one)).push(chunk);
    assert.equal(shown[0], chunk);
  });
});

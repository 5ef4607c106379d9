import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMailAddress, readMailbox } from "./mail-address.ts";

describe("a mail address", () => {
  for (const text of ["ops@example.org", "root", "a.b+c=d_e~%-@x-y.example.org", "u1@localhost"]) {
    it(`is ${text}`, () => assert.equal(isMailAddress(text), true));
  }

  const long = `${"a".repeat(250)}@b.cd`;
  for (const text of [
    "",
    "-oQ/tmp",
    "-f@x.org",
    "|/bin/sh",
    "/etc/passwd",
    ":include:/etc/passwd",
    "a b@example.org",
    "a@example.org,b@example.org",
    "a@example.org\nBcc: b@example.org",
    "a;b@example.org",
    "a@-example.org",
    "a@example..org",
    "a@b@c",
    "a@[127.0.0.1]",
    "<a@example.org>",
    "$USER",
    "ä@example.org",
    long,
  ]) {
    it(`is not ${JSON.stringify(text.slice(0, 40))}`, () =>
      assert.equal(isMailAddress(text), false));
  }

  it("may have a name before it, with quotes or without", () => {
    assert.deepEqual(readMailbox(" ops@b.c "), { name: null, address: "ops@b.c" });
    assert.deepEqual(readMailbox("Ops Team <ops@b.c>"), { name: "Ops Team", address: "ops@b.c" });
    const daemon = { name: "(Cron Daemon)", address: "root" };
    assert.deepEqual(readMailbox('"(Cron Daemon)" <root>'), daemon);
    assert.deepEqual(readMailbox("<a@b.c>"), { name: null, address: "a@b.c" });
    for (const text of [
      "",
      "a <b",
      "x\ny <a@b.c>",
      'a "b" <a@b.c>',
      "a@b.c, d@e.f",
      "n <a@b.c> m",
    ]) {
      assert.equal(readMailbox(text), null, text);
    }
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Mail } from "../mailer.ts";
import { mail } from "./mail.fixture.ts";
import { type Carries, formatMessage } from "./message.ts";

function format(parts: Partial<Mail>, carries: Carries = "8bit"): string {
  const qualify = (address: string) => (address.includes("@") ? address : `${address}@vm`);
  return formatMessage(mail(parts), { sender: "Belfry <belfry>", carries, qualify, now: 0 });
}

function headers(message: string): string[] {
  const [head = ""] = message.split("\n\n", 1);
  return head.replaceAll("\n ", " ").split("\n");
}

function body(message: string): string {
  return message.slice(message.indexOf("\n\n") + 2);
}

describe("a mail as text", () => {
  it("has the headers that it needs", () => {
    assert.deepEqual(headers(format({})), [
      "To: ops@example.org",
      "From: Belfry <belfry@vm>",
      "Subject: A subject",
      "Message-ID: <1.opened.ops@example.org>",
      "MIME-Version: 1.0",
      "Content-Transfer-Encoding: 7bit",
      "Date: Thu, 01 Jan 1970 00:00:00 +0000",
      "Content-Type: text/plain; charset=utf-8",
    ]);
    assert.equal(body(format({})), "A text\n");
  });

  it("leaves a subject of plain ASCII as it is, and encodes any other", () => {
    const subjectOf = (subject: string) => headers(format({ subject }))[2] ?? "";
    assert.equal(subjectOf('Cron <ops@vm> echo "$X"'), 'Subject: Cron <ops@vm> echo "$X"');
    assert.match(subjectOf("Möhre"), /^Subject: =\?UTF-8\?/);
  });

  it("leaves any other header of plain ASCII as it is, too, for filters that look into it", () => {
    const of = (value: string) => headers(format({ headers: [["X-Cron-Env", value]] }))[6] ?? "";
    assert.equal(of('<SAID= it "is" so>'), 'X-Cron-Env: <SAID= it "is" so>');
    assert.match(of("<SAID=é>"), /^X-Cron-Env: =\?UTF-8\?/);
  });

  it("names users of the host, and a sender with a name of any letters", () => {
    const found = headers(format({ to: ["root", "a@b.c"], from: "Möhre <m@b.c>" }));
    assert.equal(found[0], "To: root@vm, a@b.c");
    assert.equal(found[1], "From: =?UTF-8?Q?M=C3=B6hre?= <m@b.c>");
    assert.equal(headers(format({ from: "root" }))[1], "From: root@vm");
    assert.equal(headers(format({ from: "a@b.c" }))[1], "From: a@b.c");
  });

  for (const end of ["\n", "\r\n", "\r", "\u2028", "\0", "\u0085"]) {
    it(`gets no header that was smuggled in after ${JSON.stringify(end)}`, () => {
      const evil = `x${end}Bcc: evil@example.org${end}${end}body`;
      const message = format({
        subject: evil,
        messageId: evil,
        contentType: `text/plain${end}Bcc: evil@example.org`,
        headers: [["X-Cron-Env", evil]],
        from: evil,
        to: ["ops@example.org", evil],
      });
      const names = headers(message).map((line) => line.split(":")[0]);
      assert.deepEqual(names, [
        "To",
        "From",
        "Subject",
        "Message-ID",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "X-Cron-Env",
        "Date",
        "Content-Type",
      ]);
      assert.equal(body(message), "A text\n");
    });
  }

  it("keeps its text as it is where that may pass, and encodes what may not", () => {
    const text = "é\n.\nFrom x\n";
    assert.equal(body(format({ text })), text);
    assert.ok(headers(format({ text })).includes("Content-Transfer-Encoding: 8bit"));
    const seven = format({ text }, "7bit");
    assert.ok(headers(seven).includes("Content-Transfer-Encoding: quoted-printable"));
    assert.equal(body(seven), "=C3=A9\n.\nFrom x\n");
    const long = format({ text: `${"x".repeat(1_500)}é` });
    assert.ok(long.split("\n").every((line) => line.length <= 78));
    assert.equal(body(format({ text: "a\r\nb\rc\0" })), "a\nb\nc\n");
  });

  it("has no line that is longer than a mail's may be, whatever its headers hold", () => {
    const long = "x".repeat(5_000);
    const message = format({ subject: long, headers: [["X-Cron-Env", `<A=${long}>`]] });
    assert.ok(message.split("\n").every((line) => line.length <= 998));
  });

  it("is taken at its word that it is encoded already, unless it does not look so", () => {
    const claims: Mail["headers"] = [["content-transfer-encoding", "BASE64"]];
    const encoded = format({ text: "w6k=\n", headers: claims });
    assert.ok(headers(encoded).includes("Content-Transfer-Encoding: base64"));
    assert.equal(body(encoded), "w6k=\n");
    const plain = format({ text: "é\n", headers: claims });
    assert.ok(headers(plain).includes("Content-Transfer-Encoding: 8bit"));
  });

  it("of several parts keeps its boundary and its parts", () => {
    const text = '--b\nContent-Type: text/html\n\n<p>"é"</p>\n--b--\n';
    const message = format({ text, contentType: "multipart/mixed; boundary=b" }, "7bit");
    assert.ok(headers(message).includes("Content-Type: multipart/mixed; boundary=b"));
    assert.equal(body(message), text);
  });
});

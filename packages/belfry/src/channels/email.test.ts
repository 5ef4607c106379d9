import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Mail } from "../mailer.ts";
import { CLOSED, OPENED } from "./alert.fixture.ts";
import { createEmailChannel } from "./email.ts";

async function mails(): Promise<readonly Mail[]> {
  const sent: Mail[] = [];
  const mailer = {
    send: (mail: Mail) => {
      sent.push(mail);
      return Promise.resolve("250 ok");
    },
  };
  const to = ["ops@example.org", "ann@example.net"];
  const channel = createEmailChannel({ kind: "email", to, from: "Belfry <b@example.org>" }, mailer);
  const { signal } = new AbortController();
  for (const alert of [OPENED, OPENED, CLOSED]) await channel.send(alert, signal);
  return sent;
}

describe("mail about an incident", () => {
  it("says what the alert says", async () => {
    const [opened] = await mails();
    assert.equal(opened?.subject, OPENED.subject);
    assert.equal(opened?.text, OPENED.text);
    assert.equal(opened?.from, "Belfry <b@example.org>");
    assert.deepEqual(opened?.to, ["ops@example.org", "ann@example.net"]);
    assert.deepEqual(opened?.headers, [["Auto-Submitted", "auto-generated"]]);
  });

  it("is one conversation, and a second try is the same mail", async () => {
    const [opened, again, closed] = await mails();
    assert.equal(opened?.messageId, `${OPENED.incident.id}.opened.ops@example.org`);
    assert.equal(again?.messageId, opened?.messageId);
    assert.notEqual(closed?.messageId, opened?.messageId);
    const first = `<${opened?.messageId}>`;
    assert.deepEqual(closed?.headers, [
      ["Auto-Submitted", "auto-generated"],
      ["In-Reply-To", first],
      ["References", first],
    ]);
  });
});

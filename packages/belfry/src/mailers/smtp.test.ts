import assert from "node:assert/strict";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { mail } from "./mail.fixture.ts";
import { createSmtpMailer, type SmtpServer } from "./smtp.ts";
import { SmtpSink } from "./smtp-sink.fixture.ts";

const never = new AbortController().signal;

function mailer(port: number, more: Partial<SmtpServer> = {}) {
  const server: SmtpServer = {
    host: "127.0.0.1",
    port,
    security: "starttls",
    user: null,
    password: null,
    ...more,
  };
  return createSmtpMailer(server, { clock: systemClock, hostname: "vm.example.org" });
}

async function refusal(sent: Promise<string>): Promise<BelfryError> {
  const thrown: unknown = await sent.then(
    (said) => assert.fail(`taken: ${said}`),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BelfryError, String(thrown));
  return thrown;
}

/** An address of this host by which it is not the loopback. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;

describe("a mail server", () => {
  it("is handed the mail, encrypted where it offers that, and its word is passed on", async () => {
    await using sink = await SmtpSink.open();
    const sent = mail({ to: ["ops@example.org", "root"], text: "é\n.\n..\n" });
    const said = await mailer(sink.port).send(sent, never);
    assert.equal(said, `127.0.0.1:${sink.port}: 250 taken as 42`);
    const [received] = sink.received;
    assert.equal(received?.from, "belfry@vm.example.org");
    assert.deepEqual(received?.to, ["ops@example.org", "root@vm.example.org"]);
    assert.equal(received?.encrypted, "yes");
    const [head = "", body] = received?.message.split("\r\n\r\n") ?? [];
    assert.match(head, /^To: ops@example\.org,\r\n root@vm\.example\.org\r\n/);
    assert.match(head, /\r\nMessage-ID: <1\.opened\.ops@example\.org>\r\n/);
    assert.equal(body, "=C3=A9\r\n.\r\n..\r\n");
  });

  it("is sent from whom the mail names, or the user it is logged in as", async () => {
    await using sink = await SmtpSink.open();
    await mailer(sink.port).send(mail({ from: "Cron <root>" }), never);
    const login = { user: "bot@example.org", password: "right" };
    await mailer(sink.port, login).send(mail(), never);
    const [first, second] = sink.received;
    assert.equal(first?.from, "root@vm.example.org");
    assert.match(first?.message ?? "", /\r\nFrom: "?Cron"? <root@vm\.example\.org>\r\n/);
    assert.deepEqual([second?.from, second?.user], ["bot@example.org", "bot@example.org"]);
  });

  it("is spoken to in TLS from the first byte where it is secure", async () => {
    await using sink = await SmtpSink.open({ secure: true });
    await mailer(sink.port, { security: "tls" }).send(mail(), never);
    assert.equal(sink.received[0]?.encrypted, "yes");
  });

  it("that refuses the login is quoted without the password", async () => {
    await using sink = await SmtpSink.open();
    const password = "wrong-pass-word";
    const { message, hint } = await refusal(
      mailer(sink.port, { user: "ann", password }).send(mail(), never),
    );
    assert.match(message, /535 no such login: ann …/);
    assert.ok(!message.includes(password));
    assert.match(hint ?? "", /check the user and the password/);
  });

  it("that refuses every recipient has not taken it, one that refuses some has", async () => {
    await using sink = await SmtpSink.open();
    const all = await refusal(mailer(sink.port).send(mail({ to: ["nobody@x.org"] }), never));
    assert.match(all.message, /550 no nobody@x\.org here/);
    const some = mail({ to: ["nobody@x.org", "ops@example.org"] });
    const said = await mailer(sink.port).send(some, never);
    assert.match(said, /250 taken as 42; .*no nobody@x\.org here/);
    assert.deepEqual(sink.received[0]?.to, ["ops@example.org"]);
  });

  it("that refuses by 5yz what it is sent refuses it for good, and by nothing else", async () => {
    let responseCode = 550;
    await using sink = await SmtpSink.open({
      onMailFrom: (_, __, done) => done(Object.assign(new Error("no"), { responseCode })),
    });
    const refusedBy = async (code: number): Promise<boolean> => {
      responseCode = code;
      return (await refusal(mailer(sink.port).send(mail(), never))) instanceof RefusedForGood;
    };
    const answers = [550, 552, 451, 530];
    const refusals = [];
    for (const code of answers) refusals.push([code, await refusedBy(code)]);
    assert.deepEqual(refusals, [
      [550, true],
      [552, true],
      [451, false],
      [530, false],
    ]);
    const login = { user: "ann", password: "wrong-pass-word" };
    const byLogin = await refusal(mailer(sink.port, login).send(mail(), never));
    assert.ok(!(byLogin instanceof RefusedForGood), "a password can be mended");
  });

  it("that may take one of several recipients later has not refused for good", async () => {
    await using sink = await SmtpSink.open({
      onRcptTo: ({ address }, _, done) =>
        done(
          Object.assign(new Error("no"), { responseCode: address.startsWith("later") ? 450 : 550 }),
        ),
    });
    const to = (names: readonly string[]) => mail({ to: names.map((name) => `${name}@x.org`) });
    const mixed = await refusal(mailer(sink.port).send(to(["later", "never"]), never));
    assert.ok(!(mixed instanceof RefusedForGood), mixed.message);
    assert.ok(
      (await refusal(mailer(sink.port).send(to(["a", "b"]), never))) instanceof RefusedForGood,
    );
  });

  it("that is away, or silent for too long, is named", async () => {
    const sink = await SmtpSink.open();
    const { port } = sink;
    await sink[Symbol.asyncDispose]();
    const { message, hint } = await refusal(mailer(port).send(mail(), never));
    assert.match(message, new RegExp(`^127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
    assert.match(hint ?? "", /check the host and the port/);
    const abort = new AbortController();
    const silent = createServer(() => abort.abort());
    await new Promise<void>((resolve) => {
      silent.listen(0, "127.0.0.1", resolve);
    });
    const bound = silent.address();
    assert.ok(typeof bound === "object" && bound !== null);
    const late = await refusal(mailer(bound.port).send(mail(), abort.signal));
    assert.equal(late.message, `127.0.0.1:${bound.port} did not answer in time`);
    silent.close();
  });

  describe("elsewhere", { skip: outside === undefined }, () => {
    const host = outside ?? "";
    const login = { host, user: "ann", password: "right" };

    it("gets no password in clear", async () => {
      await using sink = await SmtpSink.open({ disabledCommands: ["STARTTLS"] }, host);
      const { message, hint } = await refusal(mailer(sink.port, login).send(mail(), never));
      assert.match(message, /STARTTLS/i);
      assert.match(hint ?? "", /over TLS only/);
      await mailer(sink.port, { host }).send(mail(), never);
      assert.equal(sink.received[0]?.encrypted, "no", "a mail without a login may pass");
    });

    it("gets no password where nobody vouches for it", async () => {
      await using sink = await SmtpSink.open({}, host);
      const { message } = await refusal(mailer(sink.port, login).send(mail(), never));
      assert.match(message, /certificate|self-signed/i);
      assert.deepEqual(sink.received, []);
    });
  });
});

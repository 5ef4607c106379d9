import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { HttpSink } from "../channels/http-sink.fixture.ts";
import { SmtpSink } from "../mailers/smtp-sink.fixture.ts";
import { belfry } from "./captured-io.fixture.ts";

describe("alerts test", () => {
  let cwd = "";
  let http: HttpSink;
  let smtp: SmtpSink;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-alerts-"));
    http = await HttpSink.open((request, response) => {
      response.statusCode = request.url === "/bad" ? 404 : 200;
      response.end(request.url === "/bad" ? "no such\u001b[2J hook" : "thanks");
    });
    smtp = await SmtpSink.open();
    const config = `smtp: smtp://127.0.0.1:${smtp.port}
channels:
  ops: { webhook: "${http.url("/good")}" }
  bad: { webhook: "${http.url("/bad")}" }
  mail: { email: { to: ops@example.org } }
  lost: { webhook: { secret: NO_SUCH_SECRET } }
  pager: { command: [sh, -c, 'grep -q "a test of the channel pager" && echo beep'] }
`;
    await writeFile(join(cwd, "belfry.yaml"), config);
  });
  after(async () => {
    await http[Symbol.asyncDispose]();
    await smtp[Symbol.asyncDispose]();
    await rm(cwd, { recursive: true });
  });
  const test = (...argv: string[]) => belfry(["alerts", "test", ...argv], { cwd });

  it("sends one now, needs no node and no store, and says what the other side said", async () => {
    const { code, stdout, stderr } = await test("ops");
    assert.equal(stdout, `✓ ops: 127.0.0.1:${http.port} answered 200: thanks\n`);
    assert.equal(code, 0);
    assert.match(stderr, /Sending a test alert to ops/);
    const { step, channel, subject, incident } = JSON.parse(http.received[0]?.body ?? "");
    assert.deepEqual([step, channel, incident.task], ["test", "ops", null]);
    assert.equal(subject, "Belfry: a test of the channel ops");
  });

  it("mails and runs commands too", async () => {
    const mailed = await test("mail");
    assert.equal(mailed.stdout, `✓ mail: 127.0.0.1:${smtp.port}: 250 taken as 42\n`);
    assert.match(
      smtp.received[0]?.message ?? "",
      /\r\nSubject: Belfry: a test of the channel mail\r\n/,
    );
    assert.equal((await test("pager")).stdout, "✓ pager: sh exited 0: beep\n");
  });

  it("exits 1 where it was not taken, and says why and what to do", async () => {
    const { code, stdout } = await test("bad");
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `✗ bad: 127.0.0.1:${http.port} answered 404: no such [2J hook\n` +
        "  → check the path of the webhook's URL\n",
    );
    const lost = await test("lost");
    assert.equal(lost.code, 1);
    assert.match(
      lost.stdout,
      /^✗ lost: secret NO_SUCH_SECRET is not set\n {2}→ set NO_SUCH_SECRET,/,
    );
  });

  it("has a form for programs", async () => {
    const { stdout, stderr } = await test("bad", "--json", "--quiet");
    const { tookMs, ...answer } = JSON.parse(stdout);
    assert.equal(typeof tookMs, "number");
    assert.deepEqual(answer, {
      channel: "bad",
      result: "refused",
      error: `127.0.0.1:${http.port} answered 404: no such [2J hook`,
      hint: "check the path of the webhook's URL",
    });
    assert.equal(stderr, "");
  });

  it("exits 3 for a channel that is not there, and names those that are", async () => {
    const { code, stderr } = await test("pagr");
    assert.equal(code, 3);
    assert.match(
      stderr,
      /There is no channel pagr\.\n.*Did you mean pager\? There are: ops, bad, mail,/,
    );
  });

  it("exits 2 where it is not clear what is to be done", async () => {
    const { code, stderr } = await test();
    assert.equal(code, 2);
    assert.match(stderr, /CHANNEL is missing\.\n.*belfry alerts test CHANNEL/);
    const other = await belfry(["alerts", "tset", "ops"], { cwd });
    assert.match(other.stderr, /alerts has no verb tset/);
  });

  it("is what doctor cannot know: that tells only which channels could be used", async () => {
    const { stdout } = await belfry(["doctor"], { cwd });
    assert.match(stdout, /✓ channels +4 channels can be used here\./);
    assert.match(
      stdout,
      /✗ channels +channels\.lost: secret NO_SUCH_SECRET is not set\n +→ set NO_/,
    );
  });
});

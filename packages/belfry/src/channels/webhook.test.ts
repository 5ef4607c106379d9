import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { OPENED } from "./alert.fixture.ts";
import { HttpSink } from "./http-sink.fixture.ts";
import { createWebhookChannel } from "./webhook.ts";

const NOW = Date.UTC(2026, 10, 24, 2, 31);
const TOKEN = "T0KEN-that-nobody-may-see";

function channel(url: URL, secret: string | null = null) {
  const clock = new VirtualClock(NOW);
  return createWebhookChannel({ kind: "webhook", url, secret }, { clock, version: "1.2.3" });
}

async function refusal(sent: Promise<string>): Promise<BelfryError> {
  const thrown: unknown = await sent.then(
    (said) => assert.fail(`taken: ${said}`),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BelfryError, String(thrown));
  return thrown;
}

const never = new AbortController().signal;

describe("a webhook", () => {
  it("is posted the alert as JSON, with its id to drop a second one by", async () => {
    await using sink = await HttpSink.open();
    const said = await channel(sink.url("/hook?x=1")).send(OPENED, never);
    assert.equal(said, `127.0.0.1:${sink.port} answered 200: ok`);
    const [request] = sink.received;
    assert.equal(request?.method, "POST");
    assert.equal(request?.path, "/hook?x=1");
    assert.equal(request?.headers["content-type"], "application/json");
    assert.equal(request?.headers["idempotency-key"], OPENED.id);
    assert.equal(request?.headers["belfry-delivery"], OPENED.id);
    assert.equal(request?.headers["user-agent"], "Belfry/1.2.3");
    assert.equal(request?.headers["belfry-signature"], undefined);
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      ...OPENED,
      at: "2026-11-24T02:30:05.000Z",
      incident: { ...OPENED.incident, openedAt: "2026-11-24T02:30:05.000Z", closedAt: null },
    });
  });

  it("is signed where there is a secret, over the instant and the body", async () => {
    await using sink = await HttpSink.open();
    await channel(sink.url(), "k").send(OPENED, never);
    const [request] = sink.received;
    const [, t, v1] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request?.headers["belfry-signature"])) ?? [];
    assert.equal(t, String(NOW / 1_000));
    assert.equal(v1, createHmac("sha256", "k").update(`${t}.${request?.body}`).digest("hex"));
  });

  it("is given a user and a password of its URL as a header", async () => {
    await using sink = await HttpSink.open();
    const url = sink.url("/#part");
    url.username = "ann";
    url.password = "p@ss:1";
    await channel(url).send(OPENED, never);
    const [request] = sink.received;
    const basic = Buffer.from("ann:p@ss:1").toString("base64");
    assert.equal(request?.headers.authorization, `Basic ${basic}`);
    assert.equal(request?.path, "/");
  });

  it("takes it by any answer of 2xx, with or without words, even words that break off", async () => {
    await using empty = await HttpSink.open((_, response) => response.writeHead(204).end());
    assert.match(await channel(empty.url()).send(OPENED, never), /answered 204$/);
    await using torn = await HttpSink.open((_, response) => {
      response.writeHead(202, { "content-length": "99" });
      response.write("be", () => response.destroy());
    });
    assert.match(await channel(torn.url()).send(OPENED, never), /answered 202/);
  });

  it("has refused it by any other, and its words are told without the secrets of the address", async () => {
    await using sink = await HttpSink.open((request, response) => {
      response.writeHead(403).end(`no\r\nuse of ${request.url}\u001b[2J, ${TOKEN}!`);
    });
    const { message, hint } = await refusal(
      channel(sink.url(`/services/${TOKEN}?key=${TOKEN}`)).send(OPENED, never),
    );
    assert.equal(message, `127.0.0.1:${sink.port} answered 403: no use of … [2J, …!`);
    assert.match(hint ?? "", /check the token/);
  });

  it("refuses for good by what can only be mended there or in the address", async () => {
    let status = 0;
    await using sink = await HttpSink.open((_, response) => {
      response.writeHead(status).end();
    });
    const forGood = [];
    for (status of [301, 404, 410, 408, 429, 503]) {
      const refused = await refusal(channel(sink.url()).send(OPENED, never));
      if (refused instanceof RefusedForGood) forGood.push(status);
    }
    assert.deepEqual(forGood, [301, 404, 410]);
  });

  it("is not followed to another address", async () => {
    await using other = await HttpSink.open();
    await using sink = await HttpSink.open((_, response) => {
      response.writeHead(307, { location: other.url().href }).end();
    });
    const { message, hint } = await refusal(channel(sink.url()).send(OPENED, never));
    assert.match(message, /answered 307/);
    assert.match(hint ?? "", /redirects are not followed/);
    assert.deepEqual(other.received, []);
  });

  it("is listened to only as long as it says something short", async () => {
    let stopped = (): void => {};
    const closed = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    await using sink = await HttpSink.open((_, response) => {
      response.on("close", stopped);
      const more = (): void => {
        if (response.closed) return;
        response.write("endless ".repeat(1_000));
        setImmediate(more);
      };
      response.writeHead(500);
      more();
    });
    const { message } = await refusal(channel(sink.url()).send(OPENED, never));
    assert.ok(message.length < 300, message);
    await closed;
  });

  it("is given up when the time is over, and says so", async () => {
    const abort = new AbortController();
    await using sink = await HttpSink.open(() => abort.abort());
    const { message } = await refusal(channel(sink.url()).send(OPENED, abort.signal));
    assert.equal(message, `127.0.0.1:${sink.port} did not answer in time`);
  });

  it("that is not there says why, and never the address", async () => {
    const sink = await HttpSink.open();
    const url = sink.url(`/${TOKEN}`);
    await sink[Symbol.asyncDispose]();
    const refused = await refusal(channel(url).send(OPENED, never));
    assert.match(refused.message, /could not be reached: .*ECONNREFUSED/);
    assert.ok(!refused.message.includes(TOKEN));
    const lost = channel(new URL(`https://no-such-host.invalid/${TOKEN}`)).send(OPENED, never);
    const { message } = await refusal(lost);
    assert.match(message, /^no-such-host\.invalid could not be reached: /);
    assert.ok(!message.includes(TOKEN));
  });
});

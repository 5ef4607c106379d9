import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import type { HeartbeatKind } from "../core/definition.ts";
import type { Beat, HeartbeatTarget } from "../heartbeat.ts";
import { HealthchecksReceiver } from "./healthchecks.fixture.ts";
import { HttpHeart } from "./http-heart.ts";

const RUN = "019abcde-0000-7000-8000-0123456789ab";
const TOKEN = "t0p-s3cret-t0ken";

function heartOf(environment: Record<string, string> = {}): HttpHeart {
  return new HttpHeart({ environment, host: "db1", version: "1.2.3" });
}

function target(url: string, kind: HeartbeatKind): HeartbeatTarget {
  return { kind, host: new URL(url).host, resolve: () => ({ kind, url: new URL(url) }) };
}

function beat(event: Beat["event"], over: Partial<Beat> & { said?: string } = {}): Beat {
  const { said = "", ...rest } = over;
  const run = event === "alive" ? null : RUN;
  const tail = (bytesMax: number): Promise<string> => Promise.resolve(said.slice(-bytesMax));
  return { event, run, durationMs: null, exitCode: null, tail, ...rest };
}

interface Heard {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A service that answers as it is told to. */
class Service implements AsyncDisposable {
  readonly heard: Heard[] = [];
  answer: (response: ServerResponse, heard: Heard) => void = (response) => response.end("ok");
  readonly #server = createServer((request, response) => void this.#hear(request, response));
  #port = 0;

  static async open(): Promise<Service> {
    const service = new Service();
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    const address = service.#server.address();
    if (typeof address === "object") service.#port = address?.port ?? 0;
    return service;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  async #hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url("/"));
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const heard: Heard = {
      method: request.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.heard.push(heard);
    this.answer(response, heard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const never = new AbortController().signal;

/** What a beat that fails says; it must never say where it was sent. */
async function refusal(heart: HttpHeart, to: HeartbeatTarget, signal = never): Promise<string> {
  const thrown: unknown = await heart.beat(to, beat("success"), signal).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Error, "it was heard");
  assert.equal(inspect(thrown, { depth: null, showHidden: true }).includes(TOKEN), false);
  return thrown.message;
}

describe("a heartbeat to Healthchecks", () => {
  it("tells start, success, failure and exit status of one run, with the output's end", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add({ methods: "POST" });
    const to = target(hc.url(check), "healthchecks");
    const heart = heartOf();
    for (const [event, over] of [
      ["start", {}],
      ["success", { said: "copied 7 files\n✓ done", exitCode: 0 }],
      ["fail", { said: "no space", exitCode: 28 }],
      ["fail", { exitCode: null }],
      ["fail", { exitCode: 0 }],
      ["alive", {}],
    ] as const) {
      await heart.beat(to, beat(event, over), never);
    }
    assert.deepEqual(
      check.pings.map(({ action, exitStatus, rid, method, body }) => {
        return [action, exitStatus, rid, method, body.toString()];
      }),
      [
        ["start", null, RUN, "POST", ""],
        ["success", null, RUN, "POST", "copied 7 files\n✓ done"],
        ["fail", 28, RUN, "POST", "no space"],
        ["fail", null, RUN, "POST", ""],
        ["fail", null, RUN, "POST", ""],
        ["success", null, null, "POST", ""],
      ],
    );
    assert.equal(check.pings[0]?.userAgent, "Belfry/1.2.3");
  });

  it("pairs start and end, so that the check knows how long it took", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const to = target(hc.url(check), "healthchecks");
    const heart = heartOf();
    await heart.beat(to, beat("start"), never);
    await heart.beat(to, beat("success"), never);
    assert.deepEqual([check.lastStart, check.lastDuration !== null], [null, true]);
  });

  it("goes to a slug too, and makes the check where the URL asks for it", async () => {
    await using hc = await HealthchecksReceiver.open();
    const to = target(`${hc.base}/${hc.pingKey}/nightly?create=1`, "healthchecks");
    await heartOf().beat(to, beat("fail", { exitCode: 3 }), never);
    const [check] = hc.checks;
    assert.deepEqual([check?.slug, check?.status], ["nightly", "down"]);
    assert.deepEqual([check?.pings[0]?.exitStatus, check?.pings[0]?.rid], [3, RUN]);
  });

  it("sends as much output as the service said it keeps, so that its end is kept", async () => {
    await using hc = await HealthchecksReceiver.open();
    const check = hc.add();
    const to = target(hc.url(check), "healthchecks");
    const heart = heartOf();
    const said = `${"x".repeat(300_000)}the end`;
    hc.bodyLimit = 20;
    await heart.beat(to, beat("success"), never);
    await heart.beat(to, beat("success", { said }), never);
    hc.bodyLimit = 500_000;
    await heart.beat(to, beat("success", { said }), never);
    await heart.beat(to, beat("success", { said }), never);
    const sizes = check.pings.map(({ body }) => body.length);
    assert.deepEqual(sizes, [0, 20, 20, 100_000]);
    for (const { body } of check.pings.slice(1)) assert.match(body.toString(), /the end$/);
  });

  it("is not heard where the service says so, also with a status that says otherwise", async () => {
    await using service = await Service.open();
    const to = target(service.url(`/${TOKEN}`), "healthchecks");
    for (const [text, said] of [
      ["OK (not found)", "answered 200: it knows no such check"],
      ["OK (rate limited)", "answered 200: it took no notice (rate limited)"],
    ] as const) {
      service.answer = (response) => response.end(text);
      assert.equal(await refusal(heartOf(), to), `${service.host} ${said}`);
    }
  });
});

describe("a heartbeat to Cronitor", () => {
  it("tells the state, a series, the host and, at the end, duration, exit status and output", async () => {
    await using service = await Service.open();
    const to = target(service.url("/p/key/backup?env=prod&state=complete"), "cronitor");
    const heart = heartOf();
    const end = { durationMs: 1_250, exitCode: 2, said: `${"é".repeat(900)} no space` };
    for (const [event, over] of [
      ["start", {}],
      ["success", { durationMs: 10 }],
      ["fail", { ...end, said: "no space & left" }],
    ] as const) {
      await heart.beat(to, beat(event, over), never);
    }
    const common = { env: "prod", host: "db1", series: RUN };
    assert.deepEqual(
      service.heard.map(({ method, path, query }) => [method, path, query]),
      [
        ["GET", "/p/key/backup", { ...common, state: "run" }],
        ["GET", "/p/key/backup", { ...common, state: "complete", metric: "duration:0.01" }],
        [
          "GET",
          "/p/key/backup",
          {
            ...common,
            state: "fail",
            metric: "duration:1.25",
            status_code: "2",
            message: "no space & left",
          },
        ],
      ],
    );
  });

  it("has no state and no series for the node itself", async () => {
    await using service = await Service.open();
    await heartOf().beat(target(service.url("/p/key/node"), "cronitor"), beat("alive"), never);
    assert.deepEqual(service.heard[0]?.query, { host: "db1" });
  });

  it("says the state in the path of the older addresses", async () => {
    await using service = await Service.open();
    await heartOf().beat(target(service.url("/d3x0c1"), "cronitor"), beat("fail"), never);
    assert.equal(service.heard[0]?.path, "/d3x0c1/fail");
    assert.equal(service.heard[0]?.query["state"], undefined);
  });
});

describe("a heartbeat to Better Stack", () => {
  it("tells success, failure or exit code with the output, and no start", async () => {
    await using service = await Service.open();
    const to = target(service.url("/api/v1/heartbeat/t0ken"), "better-stack");
    const heart = heartOf();
    for (const [event, over] of [
      ["start", {}],
      ["success", { said: "done" }],
      ["fail", { said: "no" }],
      ["fail", { exitCode: 9 }],
      ["alive", {}],
    ] as const) {
      await heart.beat(to, beat(event, over), never);
    }
    assert.deepEqual(
      service.heard.map(({ method, path, body }) => [method, path, body]),
      [
        ["POST", "/api/v1/heartbeat/t0ken", "done"],
        ["POST", "/api/v1/heartbeat/t0ken/fail", "no"],
        ["POST", "/api/v1/heartbeat/t0ken/9", ""],
        ["POST", "/api/v1/heartbeat/t0ken", ""],
      ],
    );
  });
});

describe("a heartbeat to any URL", () => {
  it("calls it as it is after a success, and is silent else", async () => {
    await using service = await Service.open();
    const to = target(service.url("/push/Abc?status=up&msg=OK"), "plain");
    for (const event of ["start", "fail", "success", "alive"] as const) {
      await heartOf().beat(to, beat(event, { said: "secret words", exitCode: 1 }), never);
    }
    assert.deepEqual(
      service.heard.map(({ method, path, query, body }) => [method, path, query, body]),
      Array(2).fill(["GET", "/push/Abc", { status: "up", msg: "OK" }, ""]),
    );
  });

  it("posts where the URL takes no GET", async () => {
    await using service = await Service.open();
    service.answer = (response, { method }) =>
      response.writeHead(method === "GET" ? 405 : 204).end();
    await heartOf().beat(target(service.url("/hook"), "plain"), beat("success"), never);
    assert.deepEqual(
      service.heard.map(({ method }) => method),
      ["GET", "POST"],
    );
    service.answer = (response) => response.writeHead(405).end();
    const said = await refusal(heartOf(), target(service.url("/hook"), "plain"));
    assert.equal(said, `${service.host} answered 405`);
  });
});

describe("a heartbeat that is not heard", () => {
  it("says which host answered what, and never the URL, though the service repeats it", async () => {
    await using service = await Service.open();
    const to = target(service.url(`/ping/${TOKEN}`), "healthchecks");
    for (const [status, said] of [
      [404, "answered 404: it knows no such check"],
      [409, "answered 409: it has several checks of this name"],
      [429, "answered 429: it wants fewer pings"],
      [500, "answered 500"],
    ] as const) {
      service.answer = (response, { path }) => response.writeHead(status).end(`Cannot GET ${path}`);
      assert.equal(await refusal(heartOf(), to), `${service.host} ${said}`);
    }
  });

  it("hands its address to nobody it is sent on to", async () => {
    await using service = await Service.open();
    await using other = await Service.open();
    service.answer = (response, { path }) =>
      response.writeHead(302, { location: other.url(path) }).end();
    const said = await refusal(heartOf(), target(service.url(`/${TOKEN}`), "plain"));
    const moved = `write its new address, http://${other.host}`;
    assert.equal(said, `${service.host} answered 302: ${moved}`);
    assert.deepEqual(other.heard, []);
  });

  it("says that nobody listens, that there is no such host, and who is silent or breaks off", async () => {
    const service = await Service.open();
    const to = target(service.url(`/${TOKEN}`), "plain");
    service.answer = (response) => response.destroy();
    assert.match(await refusal(heartOf(), to), /^127\.0\.0\.1:\d+ cannot be reached: /);
    const patience = new AbortController();
    service.answer = () => patience.abort();
    const silent = await refusal(heartOf(), to, patience.signal);
    assert.equal(silent, `${service.host} did not answer in time`);
    await service[Symbol.asyncDispose]();
    assert.match(await refusal(heartOf(), to), /cannot be reached: ECONNREFUSED$/);
    const nowhere = target(`http://no-such-host.invalid/${TOKEN}`, "plain");
    assert.match(await refusal(heartOf(), nowhere), /^no-such-host\.invalid cannot be reached: E/);
  });

  it("gets one ping at a time until the host answers again, so that others need not wait", async () => {
    await using service = await Service.open();
    const to = target(service.url(`/${TOKEN}`), "plain");
    const heart = heartOf();
    service.answer = (response) => response.destroy();
    assert.match(await refusal(heart, to), /cannot be reached/);
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    service.answer = (response) => {
      asked.resolve();
      void gate.promise.then(() => response.end());
    };
    const slow = heart.beat(to, beat("success"), never);
    await asked.promise;
    assert.equal(await refusal(heart, to), `${service.host} does not answer yet`);
    gate.resolve();
    await slow;
    await heart.beat(to, beat("success"), never);
    assert.equal(service.heard.length, 3);
  });

  it("is heard although the answer never ends", async () => {
    await using service = await Service.open();
    service.answer = (response) => {
      const more = (): boolean => response.write("x".repeat(1_000));
      response.on("drain", more);
      while (more());
    };
    await heartOf().beat(target(service.url("/"), "plain"), beat("success"), never);
    assert.equal(service.heard.length, 1);
  });
});

import assert from "node:assert/strict";
import { get, request } from "node:http";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { BelfryError } from "../core/errors.ts";
import type { Census } from "../records.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { addressProblems } from "./address-problems.ts";
import type { HttpServer } from "./server.ts";
import { openWatch, type Watched } from "./watch.ts";

const CENSUS: Census = { pending: 0, oldestPendingDueAt: null, deadLetters: 0, tasks: [] };
const FREE = { host: "127.0.0.1", port: 0 };

function watched(parts: Partial<Watched> = {}): Watched {
  return {
    store: {
      mark: async () => ({
        storeId: "s",
        highAt: 0,
        schema: 1,
        fence: 0,
        generation: 0,
        copiedAt: null,
      }),
      census: async () => CENSUS,
    },
    clock: systemClock,
    metrics: new Metrics(),
    schema: 1,
    leaseMs: 30_000,
    leaseUntil: () => systemClock.now() + 30_000,
    ...parts,
  };
}

/** What is said to bytes that no well-behaved client would send. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("close", () => resolve(said));
    socket.on("error", reject);
  });
}

async function withWatch(
  parts: Partial<Watched>,
  use: (url: string, server: HttpServer) => Promise<void>,
): Promise<void> {
  const server = await openWatch(FREE, watched(parts));
  try {
    await use(`http://127.0.0.1:${server.address.port}`, server);
  } finally {
    await server.close();
  }
}

describe("a node's port", () => {
  it("says that the process lives without asking the store", () =>
    withWatch({ store: { mark: fails, census: fails } }, async (url) => {
      const answer = await fetch(`${url}/healthz`);
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), "alive\n");
    }));

  it("says whether the node can work, as text and as JSON", () =>
    withWatch({}, async (url) => {
      assert.match(await (await fetch(`${url}/readyz`)).text(), /^ready\nstore +ok/);
      const headers = { accept: "application/json" };
      const answer = await fetch(`${url}/readyz`, { headers });
      assert.equal(answer.headers.get("content-type"), "application/json");
      const { state } = JSON.parse(await answer.text());
      assert.equal(state, "ready");
    }));

  it("is not ready where the store does not answer and no lease runs, and shows its metrics", () =>
    withWatch({ store: { mark: fails, census: fails }, leaseUntil: () => 1 }, async (url) => {
      const answer = await fetch(`${url}/readyz`);
      assert.equal(answer.status, 503);
      const said = await answer.text();
      assert.match(said, /^not-ready\nstore +failed +does not answer \(store-busy\)$/m);
      assert.doesNotMatch(said, /belfry\.db/);
      assert.match(await (await fetch(`${url}/metrics`)).text(), /belfry_node_lease_seconds/);
    }));

  it("gives Prometheus OpenMetrics, and everybody else what every tool reads", () =>
    withWatch({}, async (url) => {
      const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
      const open = await fetch(`${url}/metrics`, { headers: { accept } });
      assert.match(
        open.headers.get("content-type") ?? "",
        /^application\/openmetrics-text; version=1/,
      );
      assert.match(await open.text(), /# TYPE belfry_runs counter\n/);
      const plain = await fetch(`${url}/metrics`);
      assert.match(plain.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
      const text = await plain.text();
      assert.match(text, /# TYPE belfry_runs_total counter\n/);
      assert.match(text, /# EOF\n$/);
    }));

  it("asks the store once for all who ask at the same time", async () => {
    let asked = 0;
    const answer = Promise.withResolvers<Census>();
    const census = (): Promise<Census> => {
      asked += 1;
      return answer.promise;
    };
    await withWatch({ store: { mark: fails, census } }, async (url) => {
      const answers = Array.from({ length: 20 }, () => fetch(`${url}/metrics`));
      while (asked === 0) await fetch(`${url}/healthz`);
      answer.resolve(CENSUS);
      for (const each of answers) assert.equal((await each).status, 200);
      assert.ok(asked < 20, `${asked} times`);
    });
  });

  it("answers HEAD with the headers alone", () =>
    withWatch({}, async (url) => {
      const answer = await fetch(`${url}/healthz`, { method: "HEAD" });
      assert.equal(answer.headers.get("content-length"), "6");
      assert.equal(await answer.text(), "");
    }));

  it("is not fooled by a name that somebody made point to it", () =>
    withWatch({}, async (url, { address }) => {
      const headers = { host: `evil.example:${address.port}` };
      const status = await new Promise((resolve, reject) => {
        get(`${url}/metrics`, { headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        }).on("error", reject);
      });
      assert.equal(status, 421);
    }));

  it("takes no body and no large headers, and nothing malformed", () =>
    withWatch({}, async (url, { address: { port } }) => {
      const posted = await new Promise((resolve, reject) => {
        const asked = request(`${url}/healthz`, { method: "POST" }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on("error", reject);
        asked.end("x".repeat(100_000));
      });
      assert.equal(posted, 405);
      const host = "Host: localhost\r\nConnection: close\r\n";
      const big = `GET /healthz HTTP/1.1\r\n${host}X: ${"x".repeat(9_000)}\r\n\r\n`;
      assert.match(await raw(port, big), /^HTTP\/1\.1 431 /);
      const body = `GET /healthz HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`;
      assert.match(await raw(port, body), /^HTTP\/1\.1 413 /);
      assert.match(
        await raw(port, "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"),
        /^HTTP\/1\.1 400 /,
      );
      assert.match(
        await raw(port, `GET http://localhost/healthz HTTP/1.1\r\n${host}\r\n`),
        /^HTTP\/1\.1 400 /,
      );
      assert.match(await raw(port, "nonsense\r\n\r\n"), /^HTTP\/1\.1 400 /);
    }));

  it("is the next free one where it is taken, and says so", () =>
    withWatch({}, async (_, { address }) => {
      const second = await openWatch(address, watched());
      try {
        assert.equal(second.port, "taken");
        assert.notEqual(second.address.port, address.port);
        const { port } = second.address;
        assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
        const [problem, ...more] = addressProblems(address, second);
        assert.match(problem?.message ?? "", new RegExp(`:${address.port} is taken.*:${port}$`));
        assert.deepEqual(more, []);
      } finally {
        await second.close();
      }
    }));

  it("that cannot be opened says what to set", async () => {
    const address = { host: "192.0.2.1", port: 7411 };
    await assert.rejects(openWatch(address, watched()), {
      code: "bad-http-address",
      message: "The port 192.0.2.1:7411 cannot be opened: EADDRNOTAVAIL.",
    });
  });

  it("that other hosts can reach is warned of", () => {
    const about = (host: string): number =>
      addressProblems({ host, port: 1 }, { address: { host, port: 1 }, port: "asked" }).length;
    assert.deepEqual(["127.0.0.1", "localhost", "::1"].map(about), [0, 0, 0]);
    assert.deepEqual(["0.0.0.0", "::", "10.0.0.1", "box"].map(about), [1, 1, 1, 1]);
  });

  it("closes at once, although somebody is still connected", () =>
    withWatch({}, async (_, server) => {
      const socket = connect(server.address.port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.on("error", () => {});
      await server.close();
      await closed;
    }));
});

function fails(): Promise<never> {
  return Promise.reject(new BelfryError("unavailable", "store-busy", "/srv/belfry.db is busy"));
}

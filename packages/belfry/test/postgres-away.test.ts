import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HangingProxy } from "../src/stores/postgres/proxy.fixture.ts";
import { asking, NO_OWN_SERVER, OwnServer } from "../src/stores/postgres/server.fixture.ts";
import { BELFRY, Up, type UpLine } from "./up.fixture.ts";
import { until } from "./world.ts";

/** A run says when it begins, and goes on until it is told to end. */
const YAML = `tasks:
  long: { concurrency: unlimited, shell: "echo begun >> said; while [ ! -e end ]; do sleep 0.1; done; echo ended >> said" }
  each-second: { schedule: every 1s, command: ["true"] }`;

const yaml = (lease: string): string => `node: { lease: ${lease} }\n${YAML}`;

/** A project, and a server that can be stopped. */
class Site implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "belfry-away-"));
  readonly server: OwnServer;

  private constructor(server: OwnServer, lease: string) {
    this.server = server;
    writeFileSync(join(this.folder, "belfry.yaml"), yaml(lease));
  }

  static async open(lease: string): Promise<Site> {
    return new Site(await OwnServer.start(), lease);
  }

  /** Starts a node; resolves when it works. */
  async up(url: string = this.server.url()): Promise<Up> {
    const env = { BELFRY_DATABASE_URL: url, BELFRY_HTTP: "0", BELFRY_LOG_LEVEL: "debug" };
    const up = new Up(this.folder, [], { env });
    await up.said(({ event }) => event === "up");
    return up;
  }

  /** Triggers a run of \`long\`; resolves when it has begun. */
  async begin(): Promise<void> {
    const env = { ...process.env, BELFRY_DATABASE_URL: this.server.url() };
    const { status, stderr } = spawnSync(process.execPath, [BELFRY, "run", "long"], {
      cwd: this.folder,
      env,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    await until(() => this.said.includes("begun"), 20_000);
  }

  get said(): string[] {
    const file = join(this.folder, "said");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Has what runs end by itself; resolves when it has. */
  async end(): Promise<void> {
    writeFileSync(join(this.folder, "end"), "");
    await until(() => this.said.includes("ended"), 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    writeFileSync(join(this.folder, "end"), "");
    await this.server[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function isDegraded(up: Up): Promise<boolean> {
  const { status, body } = await up.get("/readyz", "application/json");
  return status === 200 && JSON.parse(body).state === "degraded";
}

function troubles(up: Up): UpLine[] {
  return up.lines.filter(({ event }) => event === "trouble");
}

/** How many runs of a task ended so, and after how many attempts. */
async function ends(url: string, task: string): Promise<readonly Record<string, unknown>[]> {
  return await asking(
    url,
    `select state, outcome, attempts = '' as first from belfry.history where task = '${task}'`,
  );
}

const ENDED = [{ state: "succeeded", outcome: "succeeded", first: true }];

describe("a node whose database goes away", { skip: NO_OWN_SERVER, concurrency: 4 }, () => {
  it("goes on with what runs, is degraded, says so once, and writes what came of it later", async () => {
    await using site = await Site.open("30s");
    await using up = await site.up();
    await site.begin();
    await site.server.stop("crash");
    await until(() => isDegraded(up), 20_000);
    await site.end();
    // Long enough for each service to have tried again and again.
    await until(() => troubles(up).length > 0, 20_000);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const told = troubles(up);
    assert.deepEqual(new Set(told.map(({ ["service"]: service }) => service)), new Set(["store"]));
    assert.equal(new Set(told.map(({ message }) => message)).size, told.length);
    assert.ok(told.length <= 4, JSON.stringify(told, null, 1));
    await site.server.startAgain();
    await up.said(({ event, task, state }) => {
      return event === "ended" && task === "long" && state === "succeeded";
    });
    assert.deepEqual(await ends(site.server.url(), "long"), ENDED);
    assert.deepEqual(site.said, ["begun", "ended"]);
    const since = new Date().toISOString();
    await up.said(({ event, task, at }) => {
      return event === "ended" && task === "each-second" && at > since;
    });
    await until(async () => (await up.get("/readyz")).body.startsWith("ready"), 20_000);
    assert.equal(await up.stop(), 0);
  });

  it("for longer than a lease keeps its runs, since nobody could renew", async () => {
    await using site = await Site.open("2s");
    await using first = await site.up();
    await using second = await site.up();
    await site.begin();
    await site.server.stop("stop");
    await until(async () => (await first.get("/readyz")).status === 503, 20_000);
    await until(async () => (await second.get("/readyz")).status === 503, 20_000);
    await site.server.startAgain();
    const ready = async (up: Up): Promise<boolean> => (await up.get("/readyz")).status === 200;
    await until(async () => (await ready(first)) && (await ready(second)), 20_000);
    await site.end();
    await until(async () => (await ends(site.server.url(), "long")).length > 0, 20_000);
    assert.deepEqual(await ends(site.server.url(), "long"), ENDED);
    for (const up of [first, second]) {
      assert.ok(!up.lines.some(({ event }) => event === "dead" || event === "declared-dead"));
    }
  });

  it("in silence gives up the lines that hang, and works on by others", async () => {
    await using site = await Site.open("30s");
    await using proxy = await HangingProxy.start(site.server);
    await using up = await site.up(proxy.url());
    await site.begin();
    proxy.hang();
    await until(() => isDegraded(up), 20_000);
    await site.end();
    proxy.forget();
    await until(async () => (await ends(site.server.url(), "long")).length > 0, 60_000);
    assert.deepEqual(await ends(site.server.url(), "long"), ENDED);
    // Whichever notices first: the server a client that stands still, or that one a silent server.
    const told = troubles(up).map(({ message }) => String(message));
    assert.ok(
      told.length > 0 && told.every((message) => /did not answer|idle-in-tr/.test(message)),
    );
  });

  it("and who was declared dead meanwhile says that what came of its runs is not kept", async () => {
    await using site = await Site.open("30s");
    await using proxy = await HangingProxy.start(site.server);
    await using up = await site.up(proxy.url());
    await site.begin();
    proxy.hang();
    const url = site.server.url();
    await asking(url, "update belfry.node set state = 'dead'");
    await asking(url, "delete from belfry.running where task = 'long'");
    await site.end();
    proxy.pass();
    const { task } = await up.said(({ event }) => event === "stale");
    assert.equal(task, "long");
    await up.said(({ event }) => event === "declared-dead");
  });
});

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import type { LeaseTerms, Renewed } from "../../lease.ts";
import type { NodeRow } from "../../records.ts";
import { joinNode } from "../store.fixture.ts";
import { ThreadLease } from "./lease.ts";
import { ask, openLine, PACE, until } from "./line.fixture.ts";
import { HangingProxy } from "./proxy.fixture.ts";
import { asking, emptyDatabase, NO_OWN_SERVER, NO_SERVER, OwnServer } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";
import { transact } from "./transaction.ts";

const TERMS = { leaseMs: 3_000, renewMs: 50 } as const;

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function withStore(
  url: string,
  test: (store: PostgresStore, lease: ThreadLease) => Promise<void>,
): Promise<void> {
  const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
  const lease = new ThreadLease({ url, stalls: "silent" });
  try {
    await test(store, lease);
  } finally {
    await lease.close();
    await store.close();
  }
}

async function nodeOf(store: PostgresStore, id = "n1"): Promise<NodeRow> {
  const row = (await store.nodes()).find((one) => one.id === id);
  assert.ok(row);
  return row;
}

/** Holds the lease and collects what comes of it. */
function hold(lease: ThreadLease, node = "n1", terms: LeaseTerms = TERMS): Renewed[] {
  const renewals: Renewed[] = [];
  lease.hold(node, terms, (renewed) => renewals.push(renewed));
  return renewals;
}

/** Stands still as a whole: no timer, no message, no socket. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A program of its own, with a store and a lease at hand. */
function program(source: string, url: string): ChildProcess {
  const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url));
  const text = `
    import { systemClock, systemRandom } from ${at("../../clocks/system.ts")};
    import { joinNode } from ${at("../store.fixture.ts")};
    import { ThreadLease } from ${at("./lease.ts")};
    import { PostgresStore } from ${at("./store.ts")};
    const [url] = process.argv.slice(1);
    const store = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
    ${source}`;
  return spawn(process.execPath, ["--input-type=module-typescript", "--eval", text, url], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(child: ChildProcess): Promise<{ code: unknown; out: string; err: string }> {
  let [out, err] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

describe("a lease in PostgreSQL", { skip: NO_SERVER }, () => {
  it("is renewed by a line of its own while the program's loop stands still", async () => {
    const url = await emptyDatabase();
    await withStore(url, async (store, lease) => {
      await joinNode(store, "n1", [], Date.now(), 500);
      const renewals = hold(lease);
      await until(() => renewals.length > 0);
      block(1_500);
      const { leaseUntil } = await nodeOf(store);
      const seen = await asking(
        url,
        `select extract(epoch from now()) * 1000 as now, (select count(*) from pg_stat_activity
           where application_name = 'belfry lease' and datname = current_database()) as lines`,
      );
      assert.equal(Number(seen[0]?.["lines"]), 1);
      assert.ok(leaseUntil > Number(seen[0]?.["now"]) + TERMS.leaseMs / 2, "the lease ran on");
    });
  });

  it("is renewed although its own claim stands still in the middle of its transaction", async () => {
    const url = await emptyDatabase();
    await withStore(url, async (store, lease) => {
      const terms = { leaseMs: 12_000, renewMs: 100 };
      await joinNode(store, "n1", [], Date.now(), terms.leaseMs);
      const renewals = hold(lease, "n1", terms);
      await until(() => renewals.length > 0);
      const line = await openLine(url);
      const claim = transact(line, "work", PACE, async () => {
        await ask(line, "select 1 from belfry.node where id = 'n1' for update");
        block(8_000);
      });
      await assert.rejects(claim, { code: "store-unavailable" });
      const { leaseUntil } = await nodeOf(store);
      assert.ok(leaseUntil > Date.now() + terms.leaseMs / 2, "the lease ran on");
    });
  });

  it("ends for the node before it ends in the store, counted from before it was asked", async () => {
    await withStore(await emptyDatabase(), async (store, lease) => {
      await joinNode(store, "n1", [], Date.now(), 500);
      const renewals = hold(lease);
      await until(() => renewals.length > 3);
      await lease.release();
      const last = renewals.at(-1);
      const { leaseUntil } = await nodeOf(store);
      assert.ok(last !== undefined && last.untilAt < leaseUntil);
      assert.ok(last.untilAt > leaseUntil - TERMS.leaseMs);
    });
  });

  it("is renewed late where nobody has declared the node dead", async () => {
    await withStore(await emptyDatabase(), async (store, lease) => {
      await joinNode(store, "n1", [], Date.now() - 60_000, 500);
      const renewals = hold(lease);
      await until(() => renewals.length > 0);
      assert.equal(renewals[0]?.alive, true);
      assert.ok((await nodeOf(store)).leaseUntil > Date.now());
      // By which a downtime of all is told later.
      assert.ok((await store.mark()).highAt > Date.now() - 30_000);
    });
  });

  it("says that the node was declared dead, and ends", async () => {
    await withStore(await emptyDatabase(), async (store, lease) => {
      await joinNode(store, "n1", [], Date.now(), 500);
      assert.equal(await store.kill("n1", "proven", Date.now(), "n2"), "killed");
      const renewals = hold(lease);
      await until(() => renewals.length > 0);
      await pass(4 * TERMS.renewMs);
      assert.deepEqual(
        renewals.map(({ alive }) => alive),
        [false],
      );
    });
  });

  it("goes from one incarnation to the next", async () => {
    await withStore(await emptyDatabase(), async (store, lease) => {
      for (const id of ["n1", "n2"]) {
        await joinNode(store, id, [], Date.now(), 500);
        const renewals = hold(lease, id);
        await until(() => renewals.length > 2);
        await lease.release();
        const { leaseUntil } = await nodeOf(store, id);
        await pass(4 * TERMS.renewMs);
        assert.equal((await nodeOf(store, id)).leaseUntil, leaseUntil);
      }
    });
  });

  it("is held by another thread when its own has ended", async () => {
    await withStore(await emptyDatabase(), async (store, lease) => {
      await joinNode(store, "n1", [], Date.now(), 500);
      const worker = once(process, "worker");
      const renewals = hold(lease);
      const [thread] = await worker;
      await until(() => renewals.length > 0);
      await thread.terminate();
      const before = renewals.length;
      await until(() => renewals.length > before + 2);
    });
  });

  it("names a loop that stands still, on stderr and in the node's row, until it moves", async () => {
    const child = program(
      `const lease = new ThreadLease({ url, stalls: "printed", stallMs: 500 });
       const other = await PostgresStore.open({ url, clock: systemClock, random: systemRandom });
       await joinNode(store, "n1", [], Date.now());
       lease.working(["nightly-report"]);
       const held = Promise.withResolvers();
       lease.hold("n1", { leaseMs: 5000, renewMs: 50 }, held.resolve);
       await held.promise;
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
       const [{ stalled }] = await other.nodes();
       console.log(JSON.stringify(stalled?.tasks));
       while ((await other.nodes())[0].stalled !== null);
       process.exit(0);`,
      await emptyDatabase(),
    );
    const { code, out, err } = await ended(child);
    assert.match(err, /event loop has stood still for \d+ s: at nightly-report/);
    assert.match(err, /moves again/);
    assert.equal(out.trim(), '["nightly-report"]');
    assert.equal(code, 0);
  });

  it("lets a program end by itself that holds it and has nothing left to do", async () => {
    const child = program(
      `const lease = new ThreadLease({ url, stalls: "silent" });
       await joinNode(store, "n1", [], Date.now());
       const held = Promise.withResolvers();
       lease.hold("n1", { leaseMs: 3000, renewMs: 20 }, held.resolve);
       await held.promise;
       await store.close();
       console.log("done");`,
      await emptyDatabase(),
    );
    assert.deepEqual(await ended(child), { code: 0, out: "done\n", err: "" });
  });

  it("outlives that its process was stopped for longer than the lease", async () => {
    const url = await emptyDatabase();
    const child = program(
      `const lease = new ThreadLease({ url, stalls: "silent" });
       await joinNode(store, "n1", [], Date.now(), 500);
       lease.hold("n1", { leaseMs: 500, renewMs: 50 }, ({ alive }) => console.log(alive));
       setInterval(() => {}, 1000);`,
      url,
    );
    const { stdout } = child;
    assert.ok(stdout);
    const answered = async (): Promise<string[]> =>
      String((await once(stdout, "data"))[0])
        .trim()
        .split("\n");
    try {
      await answered();
      await withStore(url, async (store) => {
        child.kill("SIGSTOP");
        await until(async () => (await nodeOf(store)).leaseUntil < Date.now());
        stdout.read();
        child.kill("SIGCONT");
        await until(async () => (await nodeOf(store)).leaseUntil > Date.now());
        assert.ok((await answered()).every((alive) => alive === "true"));
        child.kill("SIGSTOP");
        await until(async () => (await nodeOf(store)).leaseUntil < Date.now());
        assert.equal(await store.kill("n1", "expired", Date.now(), "n2"), "killed");
        child.kill("SIGCONT");
        await until(async () => (await answered()).includes("false"));
      });
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("a lease whose server is away", { skip: NO_OWN_SERVER }, () => {
  let server: OwnServer;
  before(async () => {
    server = await OwnServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  it("is renewed when the server has been restarted", async () => {
    await withStore(server.url(), async (store, lease) => {
      await joinNode(store, "n1", [], Date.now(), 500);
      const renewals = hold(lease);
      await until(() => renewals.length > 0);
      await server.stop("crash");
      const before = renewals.length;
      await server.startAgain();
      await until(() => renewals.length > before);
      assert.ok(renewals.every(({ alive }) => alive));
    });
  });

  it("is renewed by another line where the one that it had hangs", async () => {
    const proxy = await HangingProxy.start(server);
    const store = await PostgresStore.open({
      url: server.url(),
      clock: systemClock,
      random: systemRandom,
    });
    const lease = new ThreadLease({ url: proxy.url(), stalls: "silent" });
    await joinNode(store, "n2", [], Date.now(), 500);
    const renewals = hold(lease, "n2");
    await until(() => renewals.length > 0);
    proxy.hang();
    await until(async () => (await nodeOf(store, "n2")).leaseUntil < Date.now());
    const before = renewals.length;
    proxy.forget();
    await until(() => renewals.length > before);
    assert.ok(renewals.every(({ alive }) => alive));
    await lease.close();
    await store.close();
    await proxy[Symbol.asyncDispose]();
  });
});

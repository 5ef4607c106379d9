import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { storeContract } from "../store.contract.ts";
import {
  claimDue,
  comesDue,
  definition,
  dueSchedule,
  joinNode,
  MINUTE,
  NOON,
  planOf,
  request,
  stage,
} from "../store.fixture.ts";
import { type KeeperClient, type KeeperOptions, openKeeper } from "./keeper-client.ts";
import { SqliteStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "belfry-keeper-"));
after(() => rmSync(folder, { recursive: true }));

let files = 0;

function freshPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

const QUIET = { death: "by-lease", stalls: "silent" } as const;
const sync = definition("sync");

async function withKeeper(
  body: (keeper: KeeperClient, path: string) => Promise<void>,
  options: Partial<KeeperOptions> = {},
): Promise<void> {
  const path = freshPath();
  const keeper = await openKeeper({ path, ...QUIET, ...options });
  try {
    await body(keeper, path);
  } finally {
    await keeper.close();
  }
}

/** A program of its own, with the keeper at hand; what it prints is a line each. */
function program(source: string, ...args: string[]): ChildProcess {
  const text = `
    import { openKeeper } from ${JSON.stringify(new URL("./keeper-client.ts", import.meta.url))};
    import { SqliteStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url))};
    import { definition, joinNode, request, stage, NOON } from ${JSON.stringify(new URL("../store.fixture.ts", import.meta.url))};
    const [path] = process.argv.slice(1);
    const sync = definition("sync");
    ${source}`;
  return spawn(process.execPath, ["--input-type=module-typescript", "--eval", text, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function ended(
  child: ChildProcess,
): Promise<{ code: number | null; out: string; err: string }> {
  let out = "";
  let err = "";
  child.stdout?.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

async function line(child: ChildProcess): Promise<string> {
  const { stdout } = child;
  assert.ok(stdout);
  const [chunk] = await once(stdout, "data");
  return String(chunk).trim();
}

async function until(done: () => Promise<boolean> | boolean, withinMs = 5_000): Promise<void> {
  const step = 5;
  for (let waited = 0; waited < withinMs; waited += step) {
    if (await done()) return;
    await sleep(step);
  }
  assert.fail(`not within ${withinMs} ms`);
}

storeContract("the keeper", () => openKeeper({ path: ":memory:", ...QUIET }));

describe("the keeper's commits", () => {
  it("shares one among calls made in one turn, and answers in order", async () => {
    await withKeeper(async (keeper, path) => {
      await stage(keeper, [sync]);
      const other = new SqliteStore(path);
      let commits = 0;
      const seen = await openKeeper({ path, ...QUIET });
      seen.onChange(() => {
        commits += 1;
      });
      await seen.mark();
      const due = await dueSchedule(keeper, "sync");
      const dueAt = NOON + MINUTE;
      const planned = keeper.plan([planOf(due, sync, [{ dueAt }])], dueAt);
      const claimed = keeper.claim({ node: "n1", claimId: "c", limit: 5, only: null }, dueAt);
      assert.equal((await planned)[0]?.answer, "planned");
      assert.equal((await claimed).runs.length, 1);
      await until(() => commits > 0);
      assert.equal(commits, 1);
      await seen.close();
      await other.close();
    });
  });

  it("undoes what fails alone and throws it to its caller only", async () => {
    await withKeeper(async (keeper) => {
      await stage(keeper, [sync]);
      const { id } = await comesDue(keeper, sync, NOON + MINUTE);
      const due = await dueSchedule(keeper, "sync");
      const twin = planOf({ ...due }, sync, [{ dueAt: NOON + MINUTE }]);
      const [first, second, third] = await Promise.allSettled([
        keeper.trigger([request(sync)], NOON),
        keeper.plan([twin], NOON + MINUTE),
        keeper.trigger([request(sync)], NOON),
      ]);
      assert.equal(first.status, "fulfilled");
      assert.equal(third.status, "fulfilled");
      assert.equal(second.status, "rejected");
      assert.ok(second.status === "rejected");
      assert.equal(second.reason.code, "duplicate-run");
      assert.equal(second.reason.kind, "conflict");
      assert.match(second.reason.message, new RegExp(id));
      assert.equal((await claimDue(keeper, NOON + MINUTE)).length, 3);
    });
  });

  it("wakes who listens when another process wrote, and not for its own writes", async () => {
    await withKeeper(async (keeper, path) => {
      await stage(keeper, [sync]);
      let wakes = 0;
      const withdraw = keeper.onChange(() => {
        wakes += 1;
      });
      await keeper.trigger([request(sync)], NOON);
      await sleep(60);
      assert.equal(wakes, 0);
      const other = new SqliteStore(path);
      await other.trigger([request(sync)], NOON);
      await until(() => wakes > 0);
      withdraw();
      await keeper.mark();
      const before = wakes;
      await other.trigger([request(sync)], NOON);
      await sleep(60);
      assert.equal(wakes, before);
      await other.close();
    });
  });
});

describe("the keeper's end", () => {
  it("lets a program end by itself that has nothing left to do, with the lease held", async () => {
    const child = program(
      `const keeper = await openKeeper({ path, death: "provable", stalls: "silent" });
       await stage(keeper, [sync]);
       keeper.hold("n1", { leaseMs: 300, renewMs: 20 }, () => {});
       keeper.onChange(() => {});
       await keeper.trigger([request(sync)], NOON);
       console.log("done");`,
      freshPath(),
    );
    const { code, out, err } = await ended(child);
    assert.equal(err, "");
    assert.equal(out.trim(), "done");
    assert.equal(code, 0);
  });

  it("keeps a program until its write is answered", async () => {
    const path = freshPath();
    const child = program(
      `const keeper = await openKeeper({ path, death: "by-lease", stalls: "silent" });
       await stage(keeper, [sync]);
       keeper.trigger([request(sync)], NOON).then(() => console.log("written"));`,
      path,
    );
    const { code, out } = await ended(child);
    assert.equal(code, 0);
    assert.equal(out.trim(), "written");
    const store = new SqliteStore(path);
    assert.equal((await store.runs({ limit: 5 })).length, 1);
    await store.close();
  });

  it("keeps what it acknowledged through kill -9", async () => {
    const path = freshPath();
    const child = program(
      `const keeper = await openKeeper({ path, death: "by-lease", stalls: "silent" });
       await stage(keeper, [sync]);
       await keeper.trigger([request(sync)], NOON);
       process.kill(process.pid, "SIGKILL");`,
      path,
    );
    await ended(child);
    const store = new SqliteStore(path);
    assert.equal((await store.runs({ limit: 5 })).length, 1);
    await store.close();
  });

  it("fails what is asked after it was closed", async () => {
    const keeper = await openKeeper({ path: freshPath(), ...QUIET });
    const pending = keeper.mark();
    await keeper.close();
    await pending;
    await assert.rejects(keeper.mark(), { kind: "unavailable", code: "store-closed" });
    await keeper.close();
  });

  it("fails all that is outstanding, and all that comes after, when the thread dies", async () => {
    const worker = once(process, "worker");
    const keeper = await openKeeper({ path: freshPath(), ...QUIET });
    const [thread] = await worker;
    const outstanding = keeper.mark();
    void thread.terminate();
    await assert.rejects(outstanding, { kind: "unavailable", code: "keeper-died" });
    await assert.rejects(keeper.mark(), { kind: "unavailable", code: "keeper-died" });
    await keeper.close();
  });

  it("says why a store cannot be opened", async () => {
    await assert.rejects(openKeeper({ path: join(process.execPath, "belfry.db"), ...QUIET }), {
      kind: "unavailable",
      code: "store-unavailable",
    });
  });
});

describe("the keeper's lease", () => {
  it("is renewed while the program's loop stands still", async () => {
    await withKeeper(async (keeper, path) => {
      await joinNode(keeper, "n1", [], Date.now(), 400);
      const renewals: number[] = [];
      keeper.hold("n1", { leaseMs: 400, renewMs: 50 }, (renewed) => renewals.push(renewed.untilAt));
      await keeper.mark();
      const blockedAt = Date.now();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
      const store = new SqliteStore(path);
      const [node] = await store.nodes();
      assert.ok((node?.leaseUntil ?? 0) > blockedAt + 1_000, "the lease ran on");
      await store.close();
      await until(() => renewals.length > 5);
    });
  });

  it("tells the program when the node was declared dead, and stops", async () => {
    await withKeeper(async (keeper, path) => {
      await joinNode(keeper, "n1", [], Date.now(), 400);
      const store = new SqliteStore(path);
      await store.kill("n1", "proven", Date.now(), "killer");
      const alive: boolean[] = [];
      keeper.hold("n1", { leaseMs: 400, renewMs: 10 }, (renewed) => alive.push(renewed.alive));
      await until(() => alive.length > 0);
      await sleep(50);
      assert.deepEqual(alive, [false]);
      await store.close();
    });
  });
});

describe("a loop that stands still", () => {
  it("is named on stderr and in the node's row, with its tasks, until it moves", async () => {
    const path = freshPath();
    const child = program(
      `const keeper = await openKeeper({ path, death: "by-lease", stalls: "printed", stallMs: 500 });
       await joinNode(keeper, "n1", [], Date.now());
       keeper.working(["nightly-report"]);
       keeper.hold("n1", { leaseMs: 5000, renewMs: 1000 }, () => {});
       await keeper.mark();
       const { setTimeout: sleep } = await import("node:timers/promises");
       await sleep(600);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
       const other = new SqliteStore(path);
       console.log(JSON.stringify((await other.nodes())[0].stalled.tasks));
       while ((await other.nodes())[0].stalled !== null) await sleep(20);
       process.exit(0);`,
      path,
    );
    const { code, out, err } = await ended(child);
    assert.match(err, /event loop has stood still for \d+ s: at nightly-report/);
    assert.match(err, /moves again/);
    assert.equal(out.trim(), '["nightly-report"]');
    assert.equal(code, 0);
  });
});

describe("a keeper that held the lease of a node before", () => {
  it("watches the loop of the next one too", async () => {
    const { out, err } = await ended(
      program(
        `const keeper = await openKeeper({ path, death: "by-lease", stalls: "printed", stallMs: 500 });
         await joinNode(keeper, "n1", [], Date.now());
         keeper.hold("n1", { leaseMs: 5000, renewMs: 1000 }, () => {});
         await keeper.release();
         await joinNode(keeper, "n2", [], Date.now());
         keeper.hold("n2", { leaseMs: 5000, renewMs: 1000 }, () => {});
         await keeper.mark();
         const { setTimeout: sleep } = await import("node:timers/promises");
         await sleep(600);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
         const other = new SqliteStore(path);
         const rows = await other.nodes();
         console.log(rows.filter(({ stalled }) => stalled !== null).map(({ id }) => id).join());
         process.exit(0);`,
        freshPath(),
      ),
    );
    assert.match(err, /event loop has stood still/);
    assert.equal(out.trim(), "n2");
  });
});

describe("proof of death", () => {
  const holder = (path: string): ChildProcess =>
    program(
      `const keeper = await openKeeper({ path, death: "provable", stalls: "silent" });
       await keeper.prove("n1");
       await joinNode(keeper, "n1", []);
       console.log("held");
       setInterval(() => {}, 1000);`,
      path,
    );

  it("is given at once after kill -9, never before, not even when stopped", async () => {
    await withKeeper(
      async (keeper, path) => {
        assert.equal(await keeper.probe("n1"), "unknown");
        const child = holder(path);
        assert.equal(await line(child), "held");
        assert.equal(await keeper.probe("n1"), "alive");
        child.kill("SIGSTOP");
        for (let i = 0; i < 20; i += 1) assert.equal(await keeper.probe("n1"), "alive");
        child.kill("SIGCONT");
        assert.equal(await keeper.probe("n1"), "alive");
        child.kill("SIGKILL");
        await once(child, "close");
        await until(async () => (await keeper.probe("n1")) === "gone", 1_000);
        assert.equal(await keeper.kill("n1", "proven", NOON, "killer"), "killed");
        assert.equal(await keeper.probe("n1"), "unknown", "the file has served");
      },
      { death: "provable" },
    );
  });

  it("is held by a node of the same process, and withdrawn when it is released", async () => {
    await withKeeper(
      async (keeper, path) => {
        const other = await openKeeper({ path, death: "provable", stalls: "silent" });
        await other.prove("n2");
        assert.equal(await keeper.probe("n2"), "alive");
        assert.equal(await other.probe("n2"), "alive");
        assert.equal(await keeper.probe("n2"), "alive");
        await other.release();
        assert.equal(await keeper.probe("n2"), "unknown");
        await other.close();
      },
      { death: "provable" },
    );
  });

  it("outlives no child of the holder", async () => {
    await withKeeper(
      async (keeper, path) => {
        const child = program(
          `const { spawn } = await import("node:child_process");
           const keeper = await openKeeper({ path, death: "provable", stalls: "silent" });
           await keeper.prove("n1");
           const sleeper = spawn("sleep", ["30"], { stdio: "ignore", detached: true });
           console.log(sleeper.pid);
           setInterval(() => {}, 1000);`,
          path,
        );
        const sleeper = Number(await line(child));
        child.kill("SIGKILL");
        await once(child, "close");
        try {
          await until(async () => (await keeper.probe("n1")) === "gone", 1_000);
        } finally {
          process.kill(sleeper, "SIGKILL");
        }
      },
      { death: "provable" },
    );
  });
});

describe("several processes on one file", () => {
  it("share it: nothing is claimed twice, nothing is lost", async () => {
    const path = freshPath();
    const store = new SqliteStore(path);
    await stage(store, [sync]);
    const requests = Array.from({ length: 300 }, () => request(sync));
    await store.trigger(requests, NOON);
    const worker = (node: string): ChildProcess =>
      program(
        `const { release, claimDue, settleOne, SUCCEEDED } = await import(${JSON.stringify(new URL("../store.fixture.ts", import.meta.url).href)});
         const keeper = await openKeeper({ path, death: "by-lease", stalls: "silent" });
         await joinNode(keeper, ${JSON.stringify(node)}, [release([sync])]);
         let done = 0;
         for (;;) {
           const { runs } = await keeper.claim({ node: ${JSON.stringify(node)}, claimId: ${JSON.stringify(node)} + done, limit: 7, only: null }, NOON);
           if (runs.length === 0) break;
           for (const run of runs) if ((await settleOne(keeper, run, SUCCEEDED, NOON)) === "settled") done += 1;
         }
         console.log(done);`,
        path,
      );
    const results = await Promise.all(["a", "b", "c"].map((node) => ended(worker(node))));
    assert.deepEqual(
      results.map(({ err }) => err),
      ["", "", ""],
    );
    const total = results.reduce((sum, { out }) => sum + Number(out), 0);
    assert.equal(total, 300);
    assert.equal((await store.runs({ state: "succeeded", limit: 500 })).length, 300);
    await store.close();
  });

  it("migrate once when they start together", async () => {
    const path = freshPath();
    const open = (): ChildProcess =>
      program(
        `const store = new SqliteStore(path); console.log((await store.mark()).storeId);`,
        path,
      );
    const results = await Promise.all([open(), open(), open()].map(ended));
    assert.equal(new Set(results.map(({ out }) => out)).size, 1);
    assert.deepEqual(
      results.map(({ code }) => code),
      [0, 0, 0],
    );
    assert.equal(spawnSync("stat", ["-c", "%a", path]).stdout.toString().trim(), "600");
  });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  comesDue,
  declare,
  definition,
  joinNode,
  MINUTE,
  NOON,
  triggerRun,
} from "../store.fixture.ts";
import { type Backup, type BackupRequest, backUp, checkBackup } from "./backup.ts";
import { openKeeper } from "./keeper-client.ts";
import { SqliteLogs } from "./logs.ts";
import { SqliteStore } from "./store.ts";

const sync = definition("sync");

class Scene implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "belfry-backup-"));
  readonly store: string = join(this.folder, "belfry.db");
  readonly file: string = join(this.folder, "copy.db");

  backUp(over: Partial<BackupRequest> = {}): Backup {
    const { store, file } = this;
    const request = { store, file, existing: "kept", logs: "left", ...over } as const;
    checkBackup(request);
    return backUp(request, NOON);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

describe("a backup", () => {
  it("made while somebody writes is one whole file with all that was committed, for its owner only", async () => {
    using scene = new Scene();
    const keeper = await openKeeper({ path: scene.store, death: "by-lease", stalls: "silent" });
    try {
      await declare(keeper, [sync]);
      const known: string[] = [];
      let writing = true;
      const writer = (async () => {
        while (writing) known.push(await triggerRun(keeper, sync));
      })();
      while (known.length < 20) await new Promise((resolve) => setImmediate(resolve));
      const before = [...known];
      const { bytes } = scene.backUp();
      writing = false;
      await writer;
      assert.equal(statSync(scene.file).size, bytes);
      assert.equal(statSync(scene.file).mode & 0o777, 0o600);
      assert.deepEqual(
        readdirSync(scene.folder).filter((name) => name.startsWith("copy")),
        ["copy.db"],
      );
      const copy = new SqliteStore(scene.file);
      for (const id of before) assert.equal((await copy.run(id))?.state, "pending");
      const { storeId, copiedAt } = await copy.mark();
      assert.equal(storeId, (await keeper.mark()).storeId);
      assert.equal(copiedAt, NOON);
      assert.equal((await keeper.mark()).copiedAt, null);
      await copy.close();
    } finally {
      await keeper.close();
    }
  });

  it("has nothing in it of what was deleted", async () => {
    using scene = new Scene();
    const store = new SqliteStore(scene.store);
    await declare(store, [sync]);
    const payload = JSON.stringify("secret-".repeat(400));
    await store.cancel(await triggerRun(store, sync, { payload }), NOON, "ann");
    await store.prune(await store.expired(NOON + MINUTE, 10), [], NOON);
    assert.match(String(readFileSync(`${scene.store}-wal`)), /secret-secret/);
    scene.backUp();
    assert.doesNotMatch(String(readFileSync(scene.file)), /secret-secret/);
    await store.close();
  });

  it("replaces nothing unless told, and never the store itself", async () => {
    using scene = new Scene();
    await new SqliteStore(scene.store).close();
    writeFileSync(scene.file, "mine");
    assert.throws(() => scene.backUp(), { code: "backup-exists", kind: "conflict" });
    assert.equal(String(readFileSync(scene.file)), "mine");
    scene.backUp({ existing: "replaced" });
    assert.notEqual(String(readFileSync(scene.file)), "mine");
    const forced = { existing: "replaced" } as const;
    linkSync(scene.store, join(scene.folder, "link.db"));
    for (const name of ["belfry.db", "link.db", ".", "belfry.db-wal", "none/copy.db"]) {
      if (name === "belfry.db-wal") writeFileSync(join(scene.folder, name), "");
      const file = join(scene.folder, name);
      assert.throws(() => scene.backUp({ ...forced, file }), { code: "bad-backup-place" }, name);
    }
    writeFileSync(`${scene.file}-wal`, "left over");
    assert.throws(() => scene.backUp(forced), /is in use, or was not closed/);
  });

  it("of a store that is damaged fails, and leaves nothing behind", async () => {
    using scene = new Scene();
    await new SqliteStore(scene.store).close();
    const bytes = readFileSync(scene.store);
    bytes.fill(0xff, 8_192, 8_192 + 4_096);
    writeFileSync(scene.store, bytes);
    assert.throws(() => scene.backUp(), { code: "backup-failed" });
    const left = readdirSync(scene.folder).filter((name) => name.startsWith("copy"));
    assert.deepEqual(left, []);
  });

  it("clears away what killed ones have left of the same file, and nothing else", async () => {
    using scene = new Scene();
    await new SqliteStore(scene.store).close();
    const gone = spawnSync("true").pid;
    const abandoned = [`${gone}.part`, `${gone}.part-journal`, `${process.pid}.part`];
    // Of a backup that is under way, of another file, and of somebody else.
    const others = [`copy.db.${process.ppid}.part`, `acopy.db.${gone}.part`, `copy.db.${gone}.old`];
    for (const end of abandoned) writeFileSync(`${scene.file}.${end}`, "");
    for (const name of others) writeFileSync(join(scene.folder, name), "");
    scene.backUp();
    const left = readdirSync(scene.folder).filter((name) => name.includes("copy"));
    assert.deepEqual(new Set(left), new Set(["copy.db", ...others]));
  });

  it("takes the logs along where they are wanted", async () => {
    using scene = new Scene();
    await new SqliteStore(scene.store).close();
    const logs = new SqliteLogs(scene.folder);
    const line = { at: NOON, stream: "stdout", level: null, text: "hello", fields: null } as const;
    const lines = [{ ...line, attempt: 1 }];
    await logs.append([{ run: "r", attempt: 1, firstLine: 0, lines, forget: null }]);
    assert.equal(scene.backUp().logs, null);
    const made = scene.backUp({ logs: "copied", existing: "replaced" });
    assert.equal(made.logs?.files, 1);
    assert.deepEqual(readdirSync(made.logs.folder), ["logs-2026-11-24.db"]);
    const copy = new SqliteLogs(made.logs.folder);
    const query = { run: "r", attempt: null, after: null, limit: 9, fromAt: NOON, untilAt: null };
    assert.equal((await copy.read(query)).lines[0]?.text, "hello");
    await Promise.all([logs.close(), copy.close()]);
  });
});

describe("a store that was put back from a copy", () => {
  it("says so to the node that joins, once, and its fences go on above all that were drawn", async () => {
    using scene = new Scene();
    const store = new SqliteStore(scene.store);
    const { release } = await declare(store, [sync]);
    assert.equal(await joined(store, "n1"), null);
    scene.backUp();
    const copy = new SqliteStore(scene.file);
    const { highAt, fence } = await copy.mark();
    assert.deepEqual(await joined(copy, "n2"), {
      copiedAt: NOON,
      lostFromAt: highAt,
      lostUntilAt: null,
    });
    assert.equal(await joined(copy, "n3"), null);
    const states = (await copy.nodes()).map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual(states, ["n1 dead", "n2 alive", "n3 alive"]);
    const after = await copy.mark();
    assert.ok(after.fence > fence + MINUTE, "a fence for each millisecond that it cannot know of");
    assert.equal(after.copiedAt, null);
    const [row] = await copy.audit({ what: "store.restored", limit: 9 });
    assert.equal(row?.actor, "node n2");
    await joinNode(copy, "n4", [release]);
    await comesDue(copy, sync, NOON + MINUTE);
    await Promise.all([store.close(), copy.close()]);
  });

  it("by any other means is noticed by the file beside it, also where only time has passed", async () => {
    using scene = new Scene();
    const open = () => openKeeper({ path: scene.store, death: "by-lease", stalls: "silent" });
    const first = await open();
    await joined(first, "n1");
    await first.close();
    const old = readFileSync(scene.store);
    const second = await open();
    assert.equal(await joined(second, "n2", NOON + MINUTE), null);
    await second.close();
    writeFileSync(scene.store, old);
    const third = await open();
    assert.deepEqual(await joined(third, "n3", NOON + 2 * MINUTE), {
      copiedAt: null,
      lostFromAt: NOON,
      lostUntilAt: NOON + MINUTE,
    });
    assert.equal(await joined(third, "n4", NOON + 2 * MINUTE), null);
    await third.close();
  });

  it("is not suspected where somebody set the clock back, nor where another store takes its place", async () => {
    using scene = new Scene();
    const open = () => openKeeper({ path: scene.store, death: "by-lease", stalls: "silent" });
    const first = await open();
    await joined(first, "n1");
    await first.acceptClock(NOON - MINUTE, "ann");
    assert.equal(await joined(first, "n2", NOON - MINUTE), null);
    await first.close();
    for (const end of ["", "-wal", "-shm"]) rmSync(`${scene.store}${end}`, { force: true });
    const other = await open();
    assert.equal(await joined(other, "n3"), null);
    await other.close();
    chmodSync(`${scene.store}-mark`, 0o600);
    writeFileSync(`${scene.store}-mark`, "{");
    const third = await open();
    assert.equal(await joined(third, "n4"), null);
    await third.close();
    assert.equal(existsSync(`${scene.store}-mark`), true);
  });
});

function joined(
  store: Pick<SqliteStore, "join">,
  id: string,
  now: number = NOON,
): ReturnType<SqliteStore["join"]> {
  const leaseUntil = now + MINUTE;
  const node = {
    id,
    host: "host",
    pid: 1,
    version: "0",
    concurrency: 1,
    tags: [],
    http: null,
    leaseUntil,
    releases: [],
  };
  return store.join(node, now);
}

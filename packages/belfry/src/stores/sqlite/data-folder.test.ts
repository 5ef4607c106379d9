import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeFolder, refuseUnsafe } from "./data-folder.ts";
import { SqliteStore } from "./store.ts";

const ROOT = 0;
const ADA = 1000;
const EVE = 1001;

describe("the data folder", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "belfry-folder-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is refused where every user may write to it", async () => {
    const path = join(folder, "b.db");
    for (const mode of [0o777, 0o1777, 0o702]) {
      chmodSync(folder, mode);
      assert.throws(() => new SqliteStore(path), {
        code: "open-folder",
        kind: "denied",
        hint: /chmod o-w/,
      });
    }
    for (const mode of [0o700, 0o755, 0o770]) {
      chmodSync(folder, mode);
      await new SqliteStore(path).close();
    }
  });

  it("is made with those above it, for its owner alone, and not into a repository", async () => {
    const made = join(folder, "a", "b");
    await new SqliteStore(join(made, "b.db")).close();
    assert.equal(statSync(join(folder, "a")).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(made, ".gitignore"), "utf8"), "*\n");
    assert.equal(makeFolder(made), "there");
  });

  it("cannot be below what takes no folders, and that is said at once", () => {
    const file = join(folder, "file");
    const nowhere = join(folder, "nowhere");
    writeFileSync(file, "");
    symlinkSync(join(folder, "gone"), nowhere);
    for (const place of [file, nowhere]) {
      assert.throws(() => new SqliteStore(join(place, "x", "b.db")), {
        code: "store-unavailable",
        message: new RegExp(`cannot be made: .*mkdir '${place}'`),
      });
    }
  });

  it("cannot be in /proc", { skip: process.platform !== "linux" }, () => {
    for (const place of ["/proc/belfry", "/proc/belfry/state", "/proc/self/fd/belfry"]) {
      assert.throws(() => new SqliteStore(`${place}/b.db`), {
        code: "store-unavailable",
        message: /^The store \S+ cannot be made: no folder can be made in \/proc[a-z/]*\.$/,
        hint: "Choose a folder that this user may write to.",
      });
    }
  });

  it("of another user is refused to root, to whom it would say what to run", () => {
    const of = (uid: number) => ({ mode: 0o700, uid });
    assert.throws(() => refuseUnsafe("data", of(ADA), ROOT), {
      code: "foreign-folder",
      message: "data belongs to another user (1000), who would decide what root runs and writes.",
    });
    refuseUnsafe("data", of(ROOT), ROOT);
    refuseUnsafe("data", of(ADA), ADA);
    refuseUnsafe("data", of(EVE), ADA);
    assert.throws(() => refuseUnsafe("data", { mode: 0o757, uid: EVE }, ADA), {
      hint: "Keep the store in a folder of its own.",
    });
  });
});

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { refuseUnsafe } from "./data-folder.ts";
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

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inspectFiles } from "./store-files.ts";

describe("a store's files, from outside", () => {
  const folder = mkdtempSync(join(tmpdir(), "belfry-files-"));
  const store = join(folder, "belfry.db");

  it("are told with their rights, their sizes and the room they have", () => {
    try {
      const empty = inspectFiles(store);
      assert.deepEqual([empty.mode, empty.walBytes, empty.logBytes], [0o700, 0, 0]);
      assert.equal(empty.before, null);
      assert.equal(empty.filesystem, "local");
      assert.ok(empty.freeBytes > 0);

      const wal = `${store}-wal`;
      const log = join(folder, "logs-2026-11-24.db");
      writeFileSync(store, "", { mode: 0o600 });
      writeFileSync(wal, "12345", { mode: 0o644 });
      writeFileSync(log, "123", { mode: 0o644 });
      writeFileSync(join(folder, "notes.txt"), "", { mode: 0o644 });
      const closed = inspectFiles(store);
      assert.deepEqual([closed.walBytes, closed.logBytes], [5, 3]);
      assert.deepEqual(closed.exposed, [], "nobody else gets into the folder");
      chmodSync(folder, 0o755);
      assert.deepEqual(inspectFiles(store).exposed, [wal, log]);
      assert.equal(inspectFiles(join(folder, "none/belfry.db")).mode, null);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

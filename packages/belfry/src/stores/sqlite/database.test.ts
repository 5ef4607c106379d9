import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Database } from "./database.ts";

const MIB = 1024 * 1024;

test("a WAL that grew under a long reader is cut when the reader has gone", () => {
  const folder = mkdtempSync(join(tmpdir(), "belfry-wal-"));
  const path = join(folder, "belfry.db");
  try {
    const writer = new Database(path);
    const reader = new Database(path);
    const write = (bytes: number): number =>
      writer.write(() => writer.run("update t set value = randomblob(?)", bytes));
    writer.exec("create table t (value blob); insert into t values (null)");
    reader.exec("begin");
    reader.get("select count(*) from t");
    for (let count = 0; count < 40; count++) write(MIB);
    assert.ok(statSync(`${path}-wal`).size > 40 * MIB, "the reader holds it");
    reader.exec("commit");
    // The next checkpoint carries it over; the commit after that begins the file anew.
    for (let count = 0; count < 8; count++) write(MIB);
    assert.ok(statSync(`${path}-wal`).size <= 33 * MIB, `${statSync(`${path}-wal`).size} bytes`);
    writer.close();
    reader.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

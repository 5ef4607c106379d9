import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StoreFiles } from "../stores/sqlite/store-files.ts";
import { verdicts } from "./diagnose.fixture.ts";
import { diagnoseCopy, diagnoseFiles, diagnoseRestored } from "./diagnose-store.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const GIB = 1024 ** 3;
const FILES: StoreFiles = {
  folder: "/srv/.belfry",
  mode: 0o700,
  denied: [],
  exposed: [],
  filesystem: "local",
  freeBytes: 50 * GIB,
  walBytes: 4_000_000,
  logBytes: 0,
  before: null,
};

describe("a diagnosis of the store's files", () => {
  const of = (over: Partial<StoreFiles>): string[] =>
    verdicts(diagnoseFiles({ ...FILES, ...over }));

  it("finds a folder of one's own on a local disk with room well, and none at all doubtful", () => {
    assert.deepEqual(of({}), ["ok", "ok"]);
    assert.deepEqual(of({ mode: null }), ["doubtful"]);
  });

  it("doubts a folder that others may enter, and finds files wrong that they may read", () => {
    const [, entered] = diagnoseFiles({ ...FILES, mode: 0o755 });
    assert.equal(entered?.verdict, "doubtful");
    assert.equal(entered?.remedy, "chmod 700 /srv/.belfry");
    const exposed = ["/srv/.belfry/belfry.db", "/srv/.belfry/logs-2026-11-24.db"];
    const [, read] = diagnoseFiles({ ...FILES, mode: 0o755, exposed });
    assert.equal(read?.verdict, "wrong");
    assert.match(read?.message ?? "", /read \/srv\/\.belfry\/belfry\.db and 1 more files/);
  });

  it("finds wrong what this user may not write, and a network filesystem", () => {
    assert.deepEqual(of({ denied: ["/srv/.belfry/belfry.db"] }), ["wrong", "ok"]);
    assert.deepEqual(of({ filesystem: "network" }), ["ok", "wrong", "ok"]);
  });

  it("weighs the room that is left, and a WAL that never ends", () => {
    assert.deepEqual(of({ freeBytes: GIB / 2 }), ["ok", "doubtful"]);
    assert.deepEqual(of({ freeBytes: GIB / 32 }), ["ok", "wrong"]);
    assert.deepEqual(of({ walBytes: GIB }), ["ok", "ok", "doubtful"]);
  });
});

describe("a diagnosis of an older copy", () => {
  const MARK = { storeId: "s", schema: 1, highAt: NOW, fence: 7, generation: 1, copiedAt: null };

  it("is wrong until a node goes on from it, and then tells what the store will never know", () => {
    assert.deepEqual(diagnoseCopy(MARK, false, NOW), []);
    const [behind] = diagnoseCopy({ ...MARK, highAt: NOW - 86_400_000 }, true, NOW);
    assert.equal(behind?.verdict, "wrong");
    assert.match(behind?.message ?? "", /older copy of itself, of 1 d ago/);
    const [copy] = diagnoseCopy({ ...MARK, copiedAt: NOW - 3_600_000 }, false, NOW);
    assert.match(copy?.message ?? "", /is a copy, of 1 h ago/);
    const after = JSON.stringify({ lostFromAt: NOW - 7_200_000, lostUntilAt: null });
    const row = { seq: 1, actor: "node n1", what: "store.restored", subject: "store", task: null };
    const [restored] = diagnoseRestored(
      [{ ...row, at: NOW - 3_600_000, before: null, after }],
      NOW,
    );
    assert.equal(restored?.verdict, "doubtful");
    assert.equal(
      restored?.remedy,
      "belfry did --all --from 2026-11-24T10:00:00.000Z --until 2026-11-24T11:00:00.000Z",
    );
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { NO_OWN_SERVER } from "../packages/belfry/src/stores/postgres/server.fixture.ts";
import { postgresGround } from "./postgres-ground.ts";
import { soak } from "./soak.ts";

const LEASE_MS = 2_000;

describe("a fleet on PostgreSQL", { skip: NO_OWN_SERVER }, () => {
  it("accounts for everything once, and keeps its limits, whatever befalls nodes and server", async () => {
    const folder = mkdtempSync(join(tmpdir(), "belfry-soak-"));
    try {
      await using ground = await postgresGround(folder, LEASE_MS);
      const { nodes, seen, wrong } = await soak({
        folder,
        ground,
        durationMs: 11_000,
        everyMs: 500,
        quietMs: 3 * LEASE_MS,
        leaseMs: LEASE_MS,
        quick: 5,
        visitMs: 250,
        historyMinutes: 1_440,
        tell: () => {},
      });
      assert.deepEqual(wrong, [], seen.join("\n"));
      for (const { name, counts } of nodes) {
        assert.ok((counts.get("ended succeeded") ?? 0) > 0, `${name} did nothing`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { SqliteStore } from "../packages/belfry/src/stores/sqlite/store.ts";
import { type Disk, makeDisk, usedMiB } from "./disk.ts";
import type { Ground } from "./ground.ts";

/** One file on a small disk, which fills up, and which somebody else locks. */
export function sqliteGround(folder: string): Ground {
  const disk = makeDisk(folder);
  mkdirSync(join(disk.folder, "belfry"), { mode: 0o700 });
  const path = join(disk.folder, "belfry", "belfry.db");
  return {
    url: `sqlite:${path}`,
    faults: [() => fill(disk), () => lock(path)],
    open: async () => new SqliteStore(path),
    async watch() {},
    sizes: () => ({
      store: sizeMiB(path),
      WAL: sizeMiB(`${path}-wal`),
      disk: usedMiB(disk.folder),
    }),
    describe: async () => [],
    judge: async () => [],
    async [Symbol.asyncDispose]() {
      disk[Symbol.dispose]();
    },
  };
}

async function fill(disk: Disk): Promise<string> {
  if (!disk.own) return "the disk was left alone: no disk of its own could be mounted";
  disk.fill();
  await sleep(10_000);
  disk.empty();
  await sleep(3_000);
  disk.fill();
  await sleep(5_000);
  disk.empty();
  return "the disk was full for 10 s, and 3 s later for another 5 s";
}

/** Somebody else's transaction, a backup say, holds the file. */
async function lock(path: string): Promise<string> {
  const other = new DatabaseSync(path, { timeout: 10_000 });
  try {
    other.exec("begin immediate");
    await sleep(8_000);
    other.exec("rollback");
  } finally {
    other.close();
  }
  return "somebody else held the store's lock for 8 s";
}

function sizeMiB(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20;
}

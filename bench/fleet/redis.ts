import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep } from "../figures.ts";

/** Why BullMQ cannot be measured, or null. */
export const NO_REDIS: string | null =
  spawnSync("redis-server", ["--version"]).status === 0
    ? null
    : "no redis-server: apt-get install redis-server";

export interface RedisServer extends AsyncDisposable {
  readonly pid: number;
  /** Its socket. */
  readonly path: string;
}

/** A server of its own, with its append-only file, written to the disk each second. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "belfry-bench-redis-"));
  const path = join(folder, "redis.sock");
  const child = spawn(
    "redis-server",
    `--port 0 --unixsocket ${path} --dir ${folder} --appendonly yes --appendfsync everysec
     --save --maxmemory-policy noeviction`.split(/\s+/),
    { stdio: "ignore" },
  );
  const end = (): boolean => child.kill();
  process.once("exit", end);
  while (!existsSync(path)) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    await sleep(20);
  }
  return {
    pid: child.pid ?? 0,
    path,
    async [Symbol.asyncDispose]() {
      process.off("exit", end);
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { sleep } from "../figures.ts";

/** Where Debian, Fedora and Homebrew put the server. */
const BINARIES = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
]
  .flatMap((pattern) => globSync(pattern))
  .filter((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")))
  .at(-1);

/** Why there is nothing to measure on, or null. */
export const NO_POSTGRES: string | null =
  BINARIES === undefined ? "no PostgreSQL binaries: apt-get install postgresql" : null;

/** As somebody would run it who means to keep what it holds, with room for a benchmark. */
const SETTINGS = [
  "listen_addresses = '127.0.0.1'",
  "fsync = on",
  "synchronous_commit = on",
  "shared_buffers = 512MB",
  "max_wal_size = 4GB",
  "max_connections = 200",
];

/** Runs the server until its stdin closes, which it does however the benchmark ends. */
const GUARD = `exec 3<&0; "$1/postgres" -D "$2/data" -k "$2" >>"$2/log" 2>&1 & server=$!
(cat <&3 >/dev/null; kill -INT $server) & wait $server; rm -rf "$2"`;

const STARTED_WITHIN_MS = 30_000;

export interface Postgres extends AsyncDisposable {
  /** Of the process whose children do all the work. */
  readonly pid: number;
  /** @returns the URL of a database that has just been made. */
  database(): Promise<string>;
}

/** A server of its own, with durable commits, in a temporary folder. */
export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  if (BINARIES === undefined) throw new Error("There are no binaries of PostgreSQL.");
  const folder = mkdtempSync(join(tmpdir(), "belfry-bench-pg-"));
  const user = otherThanRoot();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const as = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
  const init = ["-D", `${folder}/data`, "-U", "bench", "-A", "trust", "-E", "UTF8"];
  execFileSync(join(BINARIES, "initdb"), init, { ...as, stdio: ["ignore", "ignore", "inherit"] });
  const port = await freePort();
  const lines = [...SETTINGS, `port = ${port}`, ...settings, ""];
  appendFileSync(`${folder}/data/postgresql.conf`, lines.join("\n"));
  const guard = spawn("/bin/sh", ["-c", GUARD, "sh", BINARIES, folder], {
    ...as,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const url = (database: string): string => `postgres://bench@127.0.0.1:${port}/${database}`;
  await answers(url("postgres"));
  const [pid] = readFileSync(`${folder}/data/postmaster.pid`, "utf8").split("\n");
  let made = 0;
  return {
    pid: Number(pid),
    async database() {
      made += 1;
      await ask(url("postgres"), `create database bench_${made}`);
      return url(`bench_${made}`);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(guard, "close");
      guard.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sends one statement on a connection of its own. */
export async function ask<Row extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** The server refuses to run as root. */
function otherThanRoot(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"]));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  if (bound === null || typeof bound === "string") throw new Error("no port is free");
  return bound.port;
}

async function answers(url: string): Promise<void> {
  const until = performance.now() + STARTED_WITHIN_MS;
  for (;;) {
    try {
      await ask(url, "select 1");
      return;
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(20);
    }
  }
}

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { BINARIES, serverUser } from "./binaries.fixture.ts";

/** A server somebody else runs, in which each test file gets databases of its own. */
const GIVEN = /^postgres(ql)?:/.test(process.env["DATABASE_URL"] ?? "")
  ? process.env["DATABASE_URL"]
  : undefined;

/** Why there is no server to test against, for `skip`; false where there is one. */
export const NO_SERVER: string | false =
  GIVEN === undefined && BINARIES === undefined
    ? "no PostgreSQL: install it (apt-get install postgresql), or set DATABASE_URL to one"
    : false;
/** Why no server of our own can be started, which some tests need; false where one can. */
export const NO_OWN_SERVER: string | false =
  BINARIES === undefined ? "no PostgreSQL binaries: apt-get install postgresql" : false;
/** Why no server of our own can have TLS. */
export const NO_TLS: string | false =
  NO_OWN_SERVER !== false
    ? NO_OWN_SERVER
    : spawnSync("openssl", ["version"]).status !== 0 && "no openssl to make a certificate with";
/** Why no roles can be made for a test; `guarded` must log in by a password, on a server of ours. */
export const NO_ROLES: string | false =
  GIVEN === undefined ? NO_SERVER : "who may log in to the given server, and how, is not ours";
if (NO_SERVER !== false) console.error(`SKIPPED: ${NO_SERVER}`);

/**
 * Runs the server until its own stdin closes, which it does however this process ends, and then
 * clears it away. Meanwhile it does what it is told there, a word a line.
 */
const GUARD = `begin() { "$1/postgres" -D "$2/data" -k "$2" >>"$2/log" 2>&1 & server=$!; }
end() { kill -$1 $server 2>/dev/null; wait $server; }
begin "$@"; while read -r word; do case $word in
start) begin "$@";; stop) end INT;; crash) end QUIT;; esac; done
end QUIT; tail -n 20 "$2/log"; rm -rf "$2"`;

const STARTED_WITHIN_MS = 30_000;

const CERTIFICATE =
  "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost".split(
    " ",
  );

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  if (bound === null || typeof bound === "string") throw new Error("no port is free");
  return bound.port;
}

/** A PostgreSQL server of our own in a temporary folder, behind a Unix socket. Nothing is durable. */
export class OwnServer implements AsyncDisposable {
  readonly folder: string;
  /** Of its socket; of TCP too where it has TLS. */
  readonly port: number;
  readonly #process: ChildProcess;
  /** The end of its log, once it has ended. */
  #said = "";

  private constructor(folder: string, port: number, process: ChildProcess) {
    this.folder = folder;
    this.port = port;
    this.#process = process;
    process.stdout?.on("data", (text) => {
      this.#said += text;
    });
  }

  /**
   * @param options.standby starts it as a standby that nobody feeds, until it is promoted.
   * @param options.tls listens on 127.0.0.1 with a certificate for localhost that nobody has signed;
   *   it is `data/server.crt`.
   * @param options.settings lines of `postgresql.conf`.
   */
  static async start(
    options: { standby?: boolean; tls?: boolean; settings?: readonly string[] } = {},
  ): Promise<OwnServer> {
    if (BINARIES === undefined) throw new Error("There are no binaries of PostgreSQL.");
    const folder = mkdtempSync(join(tmpdir(), "belfry-pg-"));
    const user = serverUser();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const port = options.tls === true ? await freePort() : 5432;
    const as = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
    execFileSync(
      join(BINARIES, "initdb"),
      ["-D", `${folder}/data`, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"],
      { ...as, stdio: ["ignore", "ignore", "inherit"] },
    );
    appendFileSync(
      `${folder}/data/postgresql.conf`,
      [
        `port = ${port}`,
        `listen_addresses = '${options.tls === true ? "127.0.0.1" : ""}'`,
        `ssl = ${options.tls === true ? "on" : "off"}`,
        "fsync = off",
        "full_page_writes = off",
        "shared_buffers = 64MB",
        ...(options.settings ?? []),
        "",
      ].join("\n"),
    );
    const rules = readFileSync(`${folder}/data/pg_hba.conf`, "utf8");
    writeFileSync(
      `${folder}/data/pg_hba.conf`,
      `local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n${rules}`,
    );
    if (options.tls === true) {
      execFileSync("openssl", [...CERTIFICATE, "-keyout", "server.key", "-out", "server.crt"], {
        ...as,
        cwd: `${folder}/data`,
        stdio: "ignore",
      });
    }
    if (options.standby === true) {
      writeFileSync(`${folder}/data/standby.signal`, "");
      if (user !== undefined) chownSync(`${folder}/data/standby.signal`, user.uid, user.gid);
    }
    const guard = spawn("/bin/sh", ["-c", GUARD, "sh", BINARIES, folder], {
      ...as,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const server = new OwnServer(folder, port, guard);
    await server.#answers();
    return server;
  }

  url(database = "postgres", user = "tester"): string {
    return `postgres://${user}@/${database}?host=${this.folder}&port=${this.port}`;
  }

  /** Ends it, in order or as a crash would; its folder stays. Resolves when it is gone. */
  async stop(how: "stop" | "crash" = "stop"): Promise<void> {
    this.#process.stdin?.write(`${how}\n`);
    while (existsSync(`${this.folder}/data/postmaster.pid`)) await sleep(10);
  }

  /** Runs it again; resolves when it answers. */
  async startAgain(): Promise<void> {
    this.#process.stdin?.write("start\n");
    await this.#answers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.stdin?.end();
      await once(this.#process, "close");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    const until = performance.now() + STARTED_WITHIN_MS;
    for (;;) {
      try {
        await asking(this.url(), "select 1");
        return;
      } catch (error) {
        if (this.#process.exitCode !== null || performance.now() > until) {
          await this[Symbol.asyncDispose]();
          throw new Error(`PostgreSQL did not start; it said: ${this.#said}`, { cause: error });
        }
        await sleep(20);
      }
    }
  }
}

/** Sends one statement on a connection of its own, as who made the server. */
export async function asking(
  url: string,
  sql: string,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

let shared: Promise<OwnServer> | null = null;
let databases = 0;
const made: string[] = [];

/**
 * An empty database of its own, on a server that the tests of a file share.
 * @returns its URL.
 */
export async function emptyDatabase(): Promise<string> {
  const server = await serverUrl();
  databases += 1;
  const name = `belfry_test_${process.pid}_${databases}`;
  await asking(server, `create database ${name}`);
  made.push(name);
  return inDatabase(server, name);
}

async function serverUrl(): Promise<string> {
  if (GIVEN !== undefined) return GIVEN;
  shared ??= OwnServer.start();
  return (await shared).url();
}

/** The same URL with another database in it. */
export function inDatabase(url: string, database: string): string {
  return url.replace(/^(\w+:\/\/[^/?]*)(\/[^?]*)?/, `$1/${database}`);
}

after(async () => {
  if (GIVEN !== undefined) {
    for (const name of made) await asking(GIVEN, `drop database if exists ${name} with (force)`);
  }
  if (shared !== null) await (await shared)[Symbol.asyncDispose]();
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverUser } from "./binaries.fixture.ts";
import { asking, NO_OWN_SERVER, type OwnServer } from "./server.fixture.ts";

const BINARY = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"].find(
  (file) => existsSync(file),
);

/** Why there is no pooler to test through, for `skip`; false where there is one. */
export const NO_POOLER: string | false =
  NO_OWN_SERVER !== false
    ? NO_OWN_SERVER
    : BINARY === undefined && "no PgBouncer: install it (apt-get install pgbouncer)";
if (NO_POOLER !== false) console.error(`SKIPPED: ${NO_POOLER}`);

/** As the server's: until stdin closes, which it does however this process ends. */
const GUARD = `exec 3<&0; "$1" "$2/pgbouncer.ini" >"$2/log" 2>&1 & pooler=$!
(cat <&3 >/dev/null; kill -KILL $pooler) & wait $pooler; rm -rf "$2"`;

const PORT = 6432;
const STARTED_WITHIN_MS = 10_000;

/** A PgBouncer in transaction mode in front of a server, with so many lines to it for a database. */
export class Pooler implements AsyncDisposable {
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.#folder = folder;
    this.#process = process;
  }

  static async start(server: OwnServer, lines: number): Promise<Pooler> {
    if (BINARY === undefined) throw new Error("There is no PgBouncer.");
    const folder = mkdtempSync(join(tmpdir(), "belfry-pool-"));
    writeFileSync(join(folder, "users"), '"tester" ""\n');
    writeFileSync(
      join(folder, "pgbouncer.ini"),
      [
        "[databases]",
        `* = host=${server.folder} port=${server.port}`,
        "[pgbouncer]",
        "pool_mode = transaction",
        `default_pool_size = ${lines}`,
        "auth_type = trust",
        `auth_file = ${folder}/users`,
        `unix_socket_dir = ${folder}`,
        `listen_port = ${PORT}`,
        "",
      ].join("\n"),
    );
    // It too refuses to run as root.
    const user = serverUser();
    if (user !== undefined) chownSync(folder, user.uid, user.gid);
    const guard = spawn("/bin/sh", ["-c", GUARD, "sh", BINARY, folder], {
      ...user,
      cwd: folder,
      stdio: ["pipe", "ignore", "ignore"],
    });
    const pooler = new Pooler(folder, guard);
    await pooler.#answers();
    return pooler;
  }

  url(database = "postgres"): string {
    return `postgres://tester@/${database}?host=${this.#folder}&port=${PORT}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.stdin?.end();
      await once(this.#process, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    const until = performance.now() + STARTED_WITHIN_MS;
    for (;;) {
      try {
        await asking(this.url(), "select 1");
        return;
      } catch (error) {
        if (this.#process.exitCode !== null || performance.now() > until) {
          const log = join(this.#folder, "log");
          const said = existsSync(log) ? readFileSync(log, "utf8") : "nothing";
          await this[Symbol.asyncDispose]();
          throw new Error(`PgBouncer did not start; it said: ${said}`, { cause: error });
        }
        await sleep(20);
      }
    }
  }
}

import {
  type ChildProcess,
  type ExecFileSyncOptions,
  execFileSync,
  spawn,
} from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BINARIES, serverUser } from "../packages/belfry/src/stores/postgres/binaries.fixture.ts";
import { openLine } from "../packages/belfry/src/stores/postgres/line.fixture.ts";
import { complaintsIn } from "./complaints.ts";

/**
 * Starts the server again however it ends, but while it is to be away, until its own stdin closes,
 * which it does with us.
 */
const KEEP_UP = `exec 3<&0
(cat <&3 >/dev/null; touch "$2/over"; kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")") &
while [ ! -e "$2/over" ]; do
  if [ -e "$2/away" ]; then sleep 0.05; continue; fi
  "$1/postgres" -D "$2/data" -k "$2" >>"$2/log" 2>&1 </dev/null || sleep 0.05
done`;

const SETTINGS = `
listen_addresses = ''
shared_buffers = 128MB
max_wal_size = 1GB
track_commit_timestamp = on
log_line_prefix = '%m [%p] %a '
`;

const READY_WITHIN_MS = 60_000;

/** A server of a soak's own, behind a socket in its folder, that outlives its crashes. */
export class SoakServer implements AsyncDisposable {
  readonly url: string;
  /** Of its socket, its log and its data. */
  readonly folder: string;
  readonly #keeper: ChildProcess;
  #databases = 0;
  /** Its processes that stand still. */
  #kept: number[] = [];

  private constructor(folder: string, keeper: ChildProcess) {
    this.folder = folder;
    this.#keeper = keeper;
    this.url = `postgres://soak@/postgres?host=${folder}`;
  }

  static async start(within: string): Promise<SoakServer> {
    return await SoakServer.#run(within, "server", (folder, binaries, as) => {
      const words = [
        "-D",
        `${folder}/data`,
        "-U",
        "soak",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
      ];
      execFileSync(join(binaries, "initdb"), words, as);
      appendFileSync(`${folder}/data/postgresql.conf`, SETTINGS);
    });
  }

  /** One that follows this one until it is promoted; it takes no writes so long. */
  async standby(within: string): Promise<SoakServer> {
    const from = `host=${this.folder} user=soak application_name=standby`;
    const standby = await SoakServer.#run(within, "standby", (folder, binaries, as) => {
      const words = ["-D", `${folder}/data`, "-d", from, "-R", "-X", "stream", "-c", "fast"];
      execFileSync(join(binaries, "pg_basebackup"), [...words, "--no-sync"], as);
    });
    await this.#says("select exists (select from pg_stat_replication where state = 'streaming')");
    return standby;
  }

  static async #run(
    within: string,
    name: string,
    make: (folder: string, binaries: string, as: ExecFileSyncOptions) => void,
  ): Promise<SoakServer> {
    if (BINARIES === undefined) throw new Error("There are no binaries of PostgreSQL.");
    const folder = join(within, name);
    mkdirSync(folder);
    const user = serverUser();
    if (user !== undefined) {
      // It has to pass through this one.
      chownSync(within, user.uid, user.gid);
      chownSync(folder, user.uid, user.gid);
    }
    const as = { ...user, cwd: folder, env: { PATH: process.env["PATH"], LC_ALL: "C" } };
    make(folder, BINARIES, { ...as, stdio: ["ignore", "ignore", "inherit"] });
    const keeper = spawn("/bin/sh", ["-c", KEEP_UP, "sh", BINARIES, folder], {
      ...as,
      stdio: ["pipe", "ignore", "ignore"],
    });
    const server = new SoakServer(folder, keeper);
    await server.#says("select true");
    return server;
  }

  /** From now on a commit is answered when the standby has it, too. */
  async waitForStandby(): Promise<void> {
    await asked(this.url, "alter system set synchronous_standby_names = '*'");
    await asked(this.url, "select pg_reload_conf()");
    await this.#says("select exists (select from pg_stat_replication where sync_state = 'sync')");
  }

  /** What is committed from now on does not reach the standby any more. */
  async keepFromStandby(): Promise<void> {
    const senders = await asked(this.url, "select pid from pg_stat_replication");
    this.#kept = senders.map(({ pid }) => Number(pid));
    for (const pid of this.#kept) process.kill(pid, "SIGSTOP");
  }

  async promote(): Promise<void> {
    await asked(this.url, "select pg_promote()");
    await this.#says("select not pg_is_in_recovery()");
  }

  /**
   * A further database.
   * @returns its URL.
   */
  async database(): Promise<string> {
    this.#databases += 1;
    const name = `chaos_${this.#databases}`;
    await asked(this.url, `create database ${name}`);
    return this.url.replace("/postgres?", `/${name}?`);
  }

  /** As `pg_ctl -m immediate`: nothing is finished, and what was acknowledged must be there again. */
  async crash(): Promise<void> {
    process.kill(this.#postmaster(), "SIGQUIT");
    await sleep(200);
    await this.#says("select true");
  }

  /**
   * Kills one process of the server's: the one that all others end with, or one that works for
   * somebody, after which the server ends the others and recovers.
   */
  async kill(which: "postmaster" | "back-end"): Promise<void> {
    const [row] = await asked(
      this.url,
      `select pid from pg_stat_activity where application_name = 'belfry store'
       order by random() limit 1`,
    );
    process.kill(which === "postmaster" ? this.#postmaster() : Number(row?.["pid"]), "SIGKILL");
    await sleep(200);
    await this.#says("select true");
  }

  /** Ends it as a crash would; it stays away until it is told to come back. */
  leave(): void {
    writeFileSync(this.#away, "");
    // Who stands still would hear nothing of the end, and if woken would send what it kept.
    for (const pid of this.#kept.splice(0)) process.kill(pid, "SIGKILL");
    process.kill(this.#postmaster(), "SIGQUIT");
  }

  async comeBack(): Promise<void> {
    rmSync(this.#away);
    await this.#says("select true");
  }

  /** All of its processes; they go on by themselves, even if this one is gone by then. */
  async standStill(ms: number): Promise<void> {
    const pids = processesUnder(this.#postmaster()).join(" ");
    const script = `kill -STOP ${pids}; sleep ${ms / 1_000}; kill -CONT ${pids}`;
    await once(spawn("/bin/sh", ["-c", script], { stdio: "ignore", detached: true }), "exit");
  }

  complaints(): ReturnType<typeof complaintsIn> {
    return complaintsIn(readFileSync(join(this.folder, "log"), "utf8"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    this.#keeper.stdin?.end();
    await once(this.#keeper, "close");
  }

  #postmaster(): number {
    return Number(readFileSync(join(this.folder, "data/postmaster.pid"), "utf8").split("\n")[0]);
  }

  get #away(): string {
    return join(this.folder, "away");
  }

  /** Resolves when it says yes. */
  async #says(question: string): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const [answer] = await asked(this.url, question).catch(() => []);
      if (answer !== undefined && Object.values(answer)[0] === 1) return;
      if (performance.now() > until) throw new Error(`never so: ${question}`);
      await sleep(50);
    }
  }
}

/** A process and its children. */
function processesUnder(parent: number): readonly number[] {
  const children = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]) === parent;
    } catch {
      return false;
    }
  });
  return [parent, ...children.map(Number)];
}

/** Sends a statement on a line of its own. */
export async function asked(
  url: string,
  text: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const line = await openLine(url);
  try {
    return (await line.send<Record<string, unknown>>({ text, name: null })).rows;
  } finally {
    await line.close();
  }
}

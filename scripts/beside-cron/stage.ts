import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crontabText } from "./crontab.ts";

/** Who runs the crontab. */
export type Side = "cron" | "belfry";

const CRON = "/usr/sbin/cron";
const CRONTABS = "/etc/cron.d";
/** What cron looks into besides; there it finds nothing. */
const HIDDEN = ["/etc/crontab", "/var/spool/cron/crontabs"];

/**
 * As an init starts a service, with the usual limit of open files, which Node.js has raised for
 * this process. Mounts that nobody else sees; with this process the one that is started ends, too.
 */
const UNSHARE = [
  "setpriv",
  "--pdeathsig=TERM",
  "prlimit",
  "--nofile=1024:",
  "unshare",
  "--mount",
  "--propagation=private",
] as const;

/** Why this cannot be done here; null: it can. */
export function hindrance(): string | null {
  if (process.platform !== "linux") return "It needs Linux: the daemon is Debian's cron.";
  if (process.getuid?.() !== 0) {
    return "It needs root, as cron does: sudo env PATH=$PATH npm run beside-cron";
  }
  if (!existsSync(CRON)) return `There is no ${CRON}: apt-get install cron`;
  const needed = [CRONTABS, ...HIDDEN].find((path) => !existsSync(path));
  if (needed !== undefined) return `There is no ${needed}: apt-get install --reinstall cron`;
  const probe = "mount -t tmpfs tmpfs /run";
  const { status, stderr } = spawnSync(UNSHARE[0], [...UNSHARE.slice(1), "/bin/sh", "-c", probe], {
    encoding: "utf8",
  });
  if (status === 0) return null;
  return `It needs mounts of its own (in a container: --cap-add SYS_ADMIN): ${stderr?.trim() ?? "there is no unshare or setpriv"}`;
}

/**
 * Notes a start: when, and all that a process can see of how it was started. It is found under one
 * path by both sides, each of which has its own folder there.
 */
const START = `#!/bin/sh
at=$(/usr/bin/date +%s%3N)
file=$(/usr/bin/mktemp @HERE@/side/starts/.XXXXXXXX)
{
  echo "line=$1"
  echo "at=$at"
  echo "folder=$(/usr/bin/readlink /proc/$$/cwd)"
  /usr/bin/sed -nE 's/^(Uid|Gid|Groups|Umask|SigIgn|NoNewPrivs):[[:space:]]*/\\1=/p' /proc/$$/status
  /usr/bin/sed -nE 's/^Max (.{21}) (.*)$/limit \\1=\\2/p' /proc/$$/limits
  echo "nice=$(/usr/bin/nice)"
  echo "oom score=$(/usr/bin/cat /proc/$$/oom_score_adj)"
  /usr/bin/tr '\\0' '\\n' < /proc/$PPID/environ | /usr/bin/sed 's/^/env /'
} > "$file"
/usr/bin/mv "$file" "$file.start"
`;

const SENDMAIL = `#!/bin/sh
file=$(/usr/bin/mktemp @HERE@/side/mails/.XXXXXXXX)
{
  for word; do printf '%s\\n' "$word"; done
  echo
  /usr/bin/cat
} > "$file"
/usr/bin/mv "$file" "$file.$(/usr/bin/date +%s%N).mail"
`;

/** What both see in place of the host's; the host itself is never touched, so nothing is put back. */
const SCENE = `
mount --bind @HERE@/@SIDE@ @HERE@/side
mount --bind @HERE@/cron.d ${CRONTABS}
mount --bind /dev/null ${HIDDEN[0]}
mount --bind @HERE@/nothing ${HIDDEN[1]}
mount --bind @HERE@/sbin /usr/sbin
mount -t tmpfs tmpfs /run
exec "$@"
`;

/** A folder from which cron and Belfry run the same crontab, and into which they record. */
export class Stage {
  readonly folder: string;
  readonly #children = new Map<Side, ChildProcess>();

  /** @param folder an empty one, which all users may enter. */
  constructor(folder: string) {
    this.folder = folder;
    chmodSync(folder, 0o755);
    for (const name of ["side", "nothing", "tools", "home", "cron.d"]) {
      mkdirSync(join(folder, name), { mode: 0o755 });
    }
    for (const side of ["cron", "belfry"]) {
      for (const kind of ["starts", "mails"]) {
        mkdirSync(join(folder, side, kind), { recursive: true });
        chmodSync(join(folder, side, kind), 0o1777);
      }
    }
    this.#write("start", START, 0o755);
    this.#write("tools/start", `#!/bin/sh\nexec @HERE@/start "$@"\n`, 0o755);
    this.#write("tools/a-tool", "#!/bin/sh\necho a tool in PATH\n", 0o755);
    this.#write("cron.d/beside", crontabText(folder), 0o644);
    // A copy, since sendmail may be a link, or not be there at all.
    spawnSync("cp", ["-a", "/usr/sbin", join(folder, "sbin")]);
    spawnSync("rm", ["-f", join(folder, "sbin/sendmail")]);
    this.#write("sbin/sendmail", SENDMAIL, 0o755);
  }

  startCron(): void {
    this.#start("cron", [CRON, "-f"]);
  }

  startBelfry(program: string): void {
    const store = `sqlite:${join(this.folder, "store/belfry.db")}`;
    mkdirSync(join(this.folder, "store"), { mode: 0o700 });
    const words = ["up", "--json", "--store", store, "--crontab", CRONTABS, "--take-over"];
    this.#start("belfry", [process.execPath, program, ...words]);
  }

  /** What a side has told so far. */
  told(side: Side): string {
    return readFileSync(join(this.folder, `${side}.log`), "utf8");
  }

  /** The sides that ended although nobody ended them. */
  fallen(): readonly Side[] {
    const all = [...this.#children];
    return all.flatMap(([side, { exitCode, signalCode }]) =>
      exitCode === null && signalCode === null ? [] : [side],
    );
  }

  /** Ends both, and waits for that. */
  async end(): Promise<void> {
    const children = [...this.#children.values()];
    this.#children.clear();
    await Promise.all(children.map(endOne));
  }

  #start(side: Side, argv: readonly string[]): void {
    const log = openSync(join(this.folder, `${side}.log`), "a");
    const scene = this.#placed(SCENE).replaceAll("@SIDE@", side);
    const [program, ...words] = [...UNSHARE, "/bin/sh", "-euc", scene, "sh", ...argv];
    const child = spawn(program, words, {
      cwd: "/",
      // As an init starts a service: nothing of the terminal's that one would hand on and one not.
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", BELFRY_HTTP: "off" },
      stdio: ["ignore", log, log],
    });
    this.#children.set(side, child);
  }

  #write(name: string, text: string, mode: number): void {
    writeFileSync(join(this.folder, name), this.#placed(text), { mode });
    chmodSync(join(this.folder, name), mode);
  }

  #placed(text: string): string {
    return text.replaceAll("@HERE@", this.folder);
  }
}

async function endOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await ended;
  clearTimeout(timer);
}

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";

/** A user of this host. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The users of this host, and which of them this process runs as. */
export interface Accounts {
  readonly current: Account;
  /** The program by which root becomes another; a crontab's own PATH does not decide on it. */
  readonly setpriv: string | null;
  find(name: string): Account | null;
}

const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"];

/** Users as the system knows them: those of `/etc/passwd`, then those of its directories. */
export function hostAccounts(): Accounts {
  const { username, uid, gid, homedir } = userInfo();
  const current = { name: username, uid, gid, home: homedir };
  const setpriv = SETPRIV.find((path) => existsSync(path)) ?? null;
  return { current, setpriv, find: (name) => (name === username ? current : findAccount(name)) };
}

function findAccount(name: string): Account | null {
  const local = readPasswd(passwdText(), name);
  if (local !== null) return local;
  const { stdout } = spawnSync("getent", ["passwd", "--", name], {
    encoding: "utf8",
    timeout: 5_000,
  });
  return readPasswd(stdout ?? "", name);
}

function passwdText(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function readPasswd(text: string, name: string): Account | null {
  for (const line of text.split("\n")) {
    const [found, , uid, gid, , home = "/"] = line.split(":");
    if (found === name) return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return null;
}

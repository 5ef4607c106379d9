import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";

/** Where Debian, Fedora and Homebrew put the server, newest first; or wherever the path leads. */
export const BINARIES: string | undefined = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
]
  .flatMap((pattern) => globSync(pattern))
  .filter((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")))
  .sort((a, b) => versionOf(b) - versionOf(a))[0];

function versionOf(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
}

/** The server refuses to run as root; who tests as root starts it as somebody with less rights. */
export function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, user], { stdio: ["ignore", "pipe", "ignore"] }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // The next one, then.
    }
  }
  throw new Error("There is neither a user postgres nor a user nobody to run PostgreSQL as.");
}

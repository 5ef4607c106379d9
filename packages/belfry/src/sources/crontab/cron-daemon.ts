import { readdir, readFile } from "node:fs/promises";

/** A process that runs crontabs. */
export interface CronDaemon {
  readonly pid: number;
  readonly name: string;
}

const DAEMONS: ReadonlySet<string> = new Set(["cron", "crond"]);

/** The cron daemon that is alive on this host; null: none can be seen. */
export async function livingCronDaemon(proc = "/proc"): Promise<CronDaemon | null> {
  const processes = await readdir(proc).catch(() => []);
  for (const pid of processes.filter((name) => /^\d+$/.test(name))) {
    const name = await readFile(`${proc}/${pid}/comm`, "utf8").catch(() => "");
    if (DAEMONS.has(name.trim())) return { pid: Number(pid), name: name.trim() };
  }
  return null;
}

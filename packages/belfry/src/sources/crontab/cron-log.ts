import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { promisify } from "node:util";

/** A command that cron says it started. */
export interface CronStart {
  readonly user: string;
  readonly command: string;
}

/** What cron's log says; `from` names the log, null where none can be read. */
export interface CronLog {
  readonly from: string | null;
  readonly starts: readonly CronStart[];
}

const FILES = ["/var/log/cron", "/var/log/cron.log", "/var/log/syslog", "/var/log/messages"];
const TAIL_BYTES = 256 * 1024;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/**
 * What cron started in one local minute, by the first log that can be read: a file, or the journal.
 *
 * @param minute that minute, as `YYYY-MM-DD HH:MM` in the host's zone.
 */
export async function readCronLog(minute: string): Promise<CronLog> {
  for (const file of FILES) {
    const text = await tailOf(file).catch(() => null);
    if (text !== null) return { from: file, starts: startsIn(text, minute) };
  }
  const since = ["--since", `${minute}:00`, "--until", `${minute}:59`];
  const args = ["-q", "-o", "short-iso", "--no-pager", "-t", "CRON", "-t", "CROND", ...since];
  const said = await promisify(execFile)("journalctl", args, { timeout: 10_000 }).catch(() => null);
  if (said === null) return { from: null, starts: [] };
  return { from: "the journal", starts: startsIn(said.stdout, minute) };
}

/** The lines `CRON[1]: (user) CMD (command)` of one minute, stamped in syslog's way or in ISO's. */
export function startsIn(text: string, minute: string): CronStart[] {
  const month = MONTHS[Number(minute.slice(5, 7)) - 1] ?? "";
  const day = String(Number(minute.slice(8, 10))).padStart(2, " ");
  const stamps = [minute.replace(" ", "T"), `${month} ${day} ${minute.slice(11)}`];
  const starts: CronStart[] = [];
  for (const line of text.split("\n")) {
    if (!stamps.some((stamp) => line.startsWith(stamp))) continue;
    const [, user, command] = /\bcrond?\[\d+\]: \(([^)]*)\) CMD \((.*)\)\s*$/i.exec(line) ?? [];
    if (user !== undefined && command !== undefined) starts.push({ user, command: command.trim() });
  }
  return starts;
}

async function tailOf(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(length),
      position: size - length,
    });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { BelfryError } from "../../core/errors.ts";
import { compareText } from "../../define/compare-text.ts";
import { error, type Problem, warning } from "../../define/problem.ts";

/** A crontab that was found, and how its place says it is to be read. */
export interface FoundCrontab {
  readonly file: string;
  /** `system`: it names a user on each line; `spool`: it is the user's whose name it bears. */
  readonly place: "system" | "spool" | "own";
}

export interface FoundCrontabs {
  readonly crontabs: readonly FoundCrontab[];
  readonly problems: readonly Problem[];
}

/** Names of files in a folder that cron reads; run-parts(8) has the same rule. */
const READ_NAME = /^[A-Za-z0-9_-]+$/;
/** What package managers and editors leave there, which nobody misses. */
const LEFT_NAME = /^\.|~$|\.(?:dpkg-\w+|rpm\w+|swp)$/;
const SPOOL = /\/spool\/cron(?:\/crontabs|\/tabs)?$|^\/etc\/crontabs$/;

/**
 * The crontabs that these paths name: a file, or all files of a folder whose names cron reads.
 * @throws BelfryError `no-crontab` where a path leads nowhere and `missing` is `refused`, or where it
 * cannot be looked at: that must not pass for a crontab that has gone.
 */
export async function findCrontabs(
  paths: readonly string[],
  missing: "refused" | "empty",
): Promise<FoundCrontabs> {
  const crontabs = new Map<string, FoundCrontab>();
  const problems: Problem[] = [];
  for (const path of paths.map((each) => resolve(each))) {
    const names = await namesAt(path);
    if (names === "nothing") {
      if (missing === "empty") continue;
      const hint = "Name a crontab, or a folder of them, such as /etc/cron.d.";
      throw new BelfryError("usage", "no-crontab", `There is no crontab at ${path}.`, hint);
    }
    for (const name of names) {
      const file = name === null ? path : join(path, name);
      if (name !== null && !READ_NAME.test(name)) {
        if (!LEFT_NAME.test(name)) problems.push(unreadName(file));
        continue;
      }
      if (name !== null && !(await stat(file).catch(() => null))?.isFile()) continue;
      crontabs.set(file, { file, place: placeOf(file) });
    }
  }
  return { crontabs: [...crontabs.values()], problems };
}

/** The files of a folder; null stands for the file itself. */
async function namesAt(path: string): Promise<readonly (string | null)[] | "nothing"> {
  try {
    if (!(await stat(path)).isDirectory()) return [null];
    return (await readdir(path)).sort(compareText);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "nothing";
    const said = cause instanceof Error ? cause.message : String(cause);
    const hint = "Start the node as a user who may read it.";
    throw new BelfryError("usage", "no-crontab", `${path} cannot be read: ${said}.`, hint);
  }
}

function placeOf(file: string): FoundCrontab["place"] {
  const folder = dirname(file);
  if (basename(folder) === "cron.d") return "system";
  if (basename(file) === "crontab" && basename(folder) === "etc") return "system";
  return SPOOL.test(folder) ? "spool" : "own";
}

/** Whether a cron daemon of this host reads it too. */
export function isCronsOwn({ file, place }: FoundCrontab): boolean {
  return place !== "own" && (file.startsWith("/etc/") || file.startsWith("/var/"));
}

/** What forbids to run a crontab with other users' rights: somebody else could have written it. */
export async function distrust(
  { file, place }: FoundCrontab,
  trusted: readonly number[],
): Promise<Problem | null> {
  const about = { file, line: null };
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!readable) {
    return {
      ...error([], "may not be read", "start the node as a user who may"),
      ...about,
      path: null,
    };
  }
  if (place === "own") return null;
  const { uid, mode } = await stat(file);
  if (!trusted.includes(uid)) {
    const what = `belongs to the user id ${uid}, so cron would not read it either`;
    return { ...error([], what, `chown root ${file}`), ...about, path: null };
  }
  if ((mode & 0o022) === 0) return null;
  const what = "may be written by its group or by all, so cron would not read it either";
  return { ...error([], what, `chmod go-w ${file}`), ...about, path: null };
}

function unreadName(file: string): Problem {
  const what = "cron reads only files whose names are of letters, digits, - and _";
  return { ...warning([], what, "rename it, or name it by itself"), file, line: null, path: null };
}

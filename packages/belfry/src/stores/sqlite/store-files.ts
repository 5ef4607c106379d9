import { accessSync, constants, readdirSync, statfsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isNetworkFilesystem } from "./data-folder.ts";
import { logFiles } from "./logs.ts";
import { readSideMark, type SideMark } from "./side-mark.ts";

/** What can be told of a store's files from outside: nothing of it opens one of them. */
export interface StoreFiles {
  readonly folder: string;
  /** Rights of the folder, as `0o700`; null: it is not there. */
  readonly mode: number | null;
  /** Folder and files that this user may not read and write. */
  readonly denied: readonly string[];
  /** Files of it that other users of the host may read, although the folder lets them in. */
  readonly exposed: readonly string[];
  readonly filesystem: "local" | "network";
  readonly freeBytes: number;
  readonly walBytes: number;
  readonly logBytes: number;
  /** What the store had come to when a node last worked on it. */
  readonly before: SideMark | null;
}

export function inspectFiles(store: string): StoreFiles {
  const folder = dirname(store);
  const found = statSync(folder, { throwIfNoEntry: false });
  const nothing = { denied: [], exposed: [], freeBytes: 0, walBytes: 0, logBytes: 0, before: null };
  if (found === undefined) return { folder, mode: null, filesystem: "local", ...nothing };
  const mode = found.mode & 0o777;
  const { type, bavail, bsize } = statfsSync(folder);
  const filesystem = isNetworkFilesystem(type) ? "network" : "local";
  const denied = [folder, store].filter(isDenied);
  if (denied.includes(folder)) {
    return { folder, mode, filesystem, ...nothing, denied, freeBytes: bavail * bsize };
  }
  const name = basename(store);
  const files = [
    ...readdirSync(folder).filter((file) => file === name || file.startsWith(`${name}-`)),
    ...logFiles(folder),
  ].map((file) => join(folder, file));
  return {
    folder,
    mode,
    denied,
    exposed: (mode & 0o055) === 0 ? [] : files.filter(isExposed),
    filesystem,
    freeBytes: bavail * bsize,
    walBytes: sizeOf(`${store}-wal`),
    logBytes: logFiles(folder).reduce((sum, file) => sum + sizeOf(join(folder, file)), 0),
    before: readSideMark(store),
  };
}

/** What is not there yet denies nothing. */
function isDenied(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return false;
  } catch (thrown) {
    return !(thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT");
  }
}

function isExposed(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & 0o044) !== 0;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

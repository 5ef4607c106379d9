import { mkdirSync, type Stats, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { BelfryError } from "../../core/errors.ts";

/** NFS, SMB, CIFS, SMB2, AFS, Ceph: their locks cannot be trusted with a WAL. */
const NETWORK_FILESYSTEMS: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400,
]);
/** FAT, exFAT, NTFS, FUSE, 9p (a Windows disk in WSL): they show rights that nobody has set. */
const WITHOUT_RIGHTS: ReadonlySet<number> = new Set([
  0x4d44, 0x2011bab0, 0x5346544e, 0x65735546, 0x01021997,
]);

/**
 * Makes a folder for its owner alone (0700), with those above it. Step by step: Node's own way to do
 * that begins anew for ever where a folder is there and takes none, such as /proc.
 *
 * @param folder an absolute path.
 * @throws the system's error, or one that names the folder that takes none.
 */
export function makeFolder(folder: string): "made" | "there" {
  const missing: string[] = [];
  let above = folder;
  for (; !isFolder(above) && above !== dirname(above); above = dirname(above))
    missing.unshift(above);
  for (const next of missing) makeOne(next);
  return missing.length > 0 ? "made" : "there";
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
    if (code === "ENOENT") throw new Error(`no folder can be made in ${dirname(folder)}`);
    // Another process may have made it meanwhile.
    if (code !== "EEXIST" || !isFolder(folder)) throw thrown;
  }
}

/**
 * Whether the state may live in a folder. What is in it decides what runs, with which payload.
 * @throws BelfryError `network-filesystem`, `open-folder`, `foreign-folder`.
 */
export function refuseUnfit(folder: string): void {
  const type = statfsSync(folder).type >>> 0;
  if (isNetworkFilesystem(type)) {
    throw new BelfryError(
      "usage",
      "network-filesystem",
      `The folder ${folder} is on a network filesystem, where SQLite's locks cannot be trusted.`,
      "Put the SQLite store on a local disk, or use PostgreSQL for several hosts.",
    );
  }
  const user = process.getuid?.();
  if (user !== undefined && !WITHOUT_RIGHTS.has(type)) {
    refuseUnsafe(folder, statSync(folder), user);
  }
}

/** @param type as statfs(2) tells it. */
export function isNetworkFilesystem(type: number): boolean {
  return NETWORK_FILESYSTEMS.has(type >>> 0);
}

/** @param user the id of the user that this process is. */
export function refuseUnsafe(
  folder: string,
  { mode, uid }: Pick<Stats, "mode" | "uid">,
  user: number,
): void {
  if ((mode & 0o002) !== 0) {
    const message = `Every user of this host may write to ${folder}, and so decide what runs.`;
    const hint =
      user === uid
        ? `Close it: chmod o-w ${folder}. Or keep the store in a folder of its own.`
        : "Keep the store in a folder of its own.";
    throw new BelfryError("denied", "open-folder", message, hint);
  }
  if (user !== 0 || uid === 0) return;
  throw new BelfryError(
    "denied",
    "foreign-folder",
    `${folder} belongs to another user (${uid}), who would decide what root runs and writes.`,
    `Run Belfry as that user (sudo -u '#${uid}' belfry …), or give the folder to root.`,
  );
}

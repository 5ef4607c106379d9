import type { AuditRow, StoreMark } from "../records.ts";
import type { StoreFiles } from "../stores/sqlite/store-files.ts";
import { jsonValue } from "../views/json-text.ts";
import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import { relativeWords } from "./terminal/time-words.ts";
import { byteWords } from "./words.ts";

const MEBIBYTE = 1024 ** 2;
const DISK_LEAST = 100 * MEBIBYTE;
const DISK_LITTLE = 1024 * MEBIBYTE;
/** SQLite begins a WAL anew at a few MiB, unless somebody reads for all that time. */
const WAL_MUCH = 256 * MEBIBYTE;

/** Whether the folder of the state is there, ours alone, writable, local, and has room. */
export function diagnoseFiles(files: StoreFiles): Diagnosis[] {
  const { folder, mode, denied } = files;
  if (mode === null) {
    const message = `There is no ${folder} yet: nothing was ever run here.`;
    return [doubtful("data folder", message, "belfry up")];
  }
  const remedy = "Run Belfry as its owner, or give it to this user.";
  const refused = denied.map((path) =>
    wrong("data folder", `This user may not read and write ${path}.`, remedy),
  );
  return [
    ...(refused.length > 0 ? refused : [ok("data folder", folder)]),
    ...diagnoseRights(files),
    ...diagnoseFilesystem(files),
    ...diagnoseDisk(files),
    ...diagnoseWal(files),
  ];
}

function diagnoseRights({ folder, mode, exposed }: StoreFiles): Diagnosis[] {
  if (process.platform === "win32" || ((mode ?? 0) & 0o077) === 0) return [];
  const [first] = exposed;
  if (first === undefined) {
    const message = `Other users of this host may enter ${folder}: the files in it are all that keeps them out.`;
    return [doubtful("data folder", message, `chmod 700 ${folder}`)];
  }
  const more = exposed.length > 1 ? ` and ${exposed.length - 1} more files` : "";
  const message = `Other users of this host can read ${first}${more}, and payloads and output with it.`;
  return [wrong("data folder", message, `chmod -R go= ${folder}`)];
}

function diagnoseFilesystem({ folder, filesystem }: StoreFiles): Diagnosis[] {
  if (filesystem === "local") return [];
  const message = `${folder} is on a network filesystem, where SQLite's locks cannot be trusted.`;
  return [wrong("data folder", message, "Put the store on a local disk.")];
}

function diagnoseDisk({ folder, freeBytes, logBytes }: StoreFiles): Diagnosis[] {
  const logs = logBytes === 0 ? "" : `; logs take ${byteWords(logBytes)}`;
  const message = `${byteWords(freeBytes)} are free at ${folder}${logs}.`;
  const remedy = "Make room, or keep less: `retention` in the configuration.";
  if (freeBytes < DISK_LEAST) return [wrong("disk space", message, remedy)];
  if (freeBytes < DISK_LITTLE) return [doubtful("disk space", message, remedy)];
  return [ok("disk space", message)];
}

function diagnoseWal({ walBytes }: StoreFiles): Diagnosis[] {
  if (walBytes < WAL_MUCH) return [];
  const message = `The store's WAL has grown to ${byteWords(walBytes)}: somebody has been reading the store for very long.`;
  const remedy = "End it: a forgotten sqlite3 shell, or a copy that never ends.";
  return [doubtful("disk space", message, remedy)];
}

/**
 * Whether an older copy was put in the store's place, of which no node has taken note yet.
 *
 * @param behind whether it is behind what a node had noted beside it.
 */
export function diagnoseCopy(
  { copiedAt, highAt }: StoreMark,
  behind: boolean,
  now: number,
): Diagnosis[] {
  if (copiedAt === null && !behind) return [];
  const what = copiedAt === null ? "This store is an older copy of itself" : "This store is a copy";
  const from = relativeWords(copiedAt ?? highAt, now);
  const message = `${what}, of ${from}: of what ran since it knows nothing, and it may run again.`;
  const remedy =
    "If it is meant: `belfry up` goes on from it. If not: stop, and put the newer file back.";
  return [wrong("store", message, remedy)];
}

/** A store that was restored lately: of a while it will never know what ran. */
export function diagnoseRestored(rows: readonly AuditRow[], now: number): Diagnosis[] {
  return rows.map(({ at, after }) => {
    const { lostFromAt, lostUntilAt }: Record<string, unknown> = { ...Object(jsonValue(after)) };
    const from = new Date(Number(lostFromAt)).toISOString();
    const until = new Date(Number(lostUntilAt ?? at)).toISOString();
    const message = `An older copy of the store was restored ${relativeWords(at, now)}: what ran from ${from} to ${until} is not in it.`;
    const remedy = `belfry did --all --from ${from} --until ${until}`;
    return doubtful("store", message, remedy);
  });
}

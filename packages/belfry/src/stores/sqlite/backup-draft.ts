import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** What SQLite puts beside a file while it writes it. */
const BESIDE = ["", "-journal", "-wal", "-shm"] as const;

/** The name under which this process writes a file, until it is whole. */
export function draftOf(file: string): string {
  return `${file}.${process.pid}.part`;
}

export function removeDraft(draft: string): void {
  for (const end of BESIDE) rmSync(`${draft}${end}`, { force: true });
}

/**
 * Removes the drafts of a file that were left by processes which were killed; also one of this
 * process's own number, which in a container is every time the same. As far as that can be done:
 * what cannot be removed only takes room.
 */
export function removeAbandonedDrafts(file: string): void {
  const folder = dirname(file);
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const pid = entry.isFile() ? writerOf(entry.name, basename(file)) : null;
      if (pid !== null && isGone(pid)) rmSync(join(folder, entry.name), { force: true });
    }
  } catch {
    // A folder may be there to put things into and not to look about in.
  }
}

/** @returns the process that such a draft belongs to; null: it is none of this file. */
function writerOf(name: string, file: string): number | null {
  if (!name.startsWith(`${file}.`)) return null;
  const [, pid] =
    /^(\d{1,10})\.part(?:-journal|-wal|-shm)?$/.exec(name.slice(file.length + 1)) ?? [];
  return pid === undefined ? null : Number(pid);
}

function isGone(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH";
  }
}

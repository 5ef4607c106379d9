import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The disk that the store lies on: a small one of its own where this machine allows it. */
export interface Disk extends Disposable {
  readonly folder: string;
  /** Whether filling it harms nobody else. */
  readonly own: boolean;
  fill(): void;
  empty(): void;
}

const SIZE_MIB = 400;

/** A file system in a file, mounted, so that its fsync is a real one; else a plain folder. */
export function makeDisk(folder: string): Disk {
  const place = join(folder, "disk");
  mkdirSync(place);
  const own = mount(folder, place);
  const filler = join(place, "filler");
  return {
    folder: place,
    own,
    fill() {
      if (!own) return;
      const file = openSync(filler, "w");
      try {
        const block = Buffer.alloc(1 << 16, 1);
        for (;;) writeSync(file, block);
      } catch {
        // Full: what was to be reached.
      } finally {
        closeSync(file);
      }
    },
    empty() {
      rmSync(filler, { force: true });
    },
    [Symbol.dispose]() {
      if (own) execFileSync("umount", ["-l", place]);
    },
  };
}

function mount(folder: string, place: string): boolean {
  const image = join(folder, "disk.img");
  try {
    execFileSync("truncate", ["-s", `${SIZE_MIB}M`, image], { stdio: "ignore" });
    execFileSync("mkfs.ext4", ["-q", "-m", "0", image], { stdio: "ignore" });
    execFileSync("mount", ["-o", "loop", image, place], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Bytes of a folder's disk that are used. */
export function usedMiB(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return ((blocks - bfree) * bsize) / 2 ** 20;
}

import { statSync } from "node:fs";

/** Text that is another one whenever a file was written, replaced or removed. */
export function fileStamp(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "none" : `${found.ino} ${found.size} ${found.mtimeNs}`;
}

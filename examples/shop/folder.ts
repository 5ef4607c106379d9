import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const DATA = join(import.meta.dirname, "../data");

/** The rows of a file in `data/`, without its heading. */
export function readRows(name: string): string[][] {
  const [, ...lines] = readFileSync(join(DATA, name), "utf8").trimEnd().split("\n");
  return lines.map((line) => line.split(","));
}

/** The path of a file that the shop writes; in `out/`, or where SHOP_FOLDER says. */
export function outputFile(name: string): string {
  const folder = process.env["SHOP_FOLDER"] ?? join(import.meta.dirname, "../out");
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

import { readFileSync } from "node:fs";

/** The version in the package's own description, one folder up from here as from `dist`. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const description: unknown = JSON.parse(text);
  if (typeof description !== "object" || description === null) return "unknown";
  return "version" in description ? String(description.version) : "unknown";
}

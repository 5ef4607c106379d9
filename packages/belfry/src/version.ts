import { readFileSync } from "node:fs";

/** The version in the package's own description, one folder up from here as from `dist`. */
export const VERSION: string = readVersion();

/** In a bundle the description there is another's, or none. */
function readVersion(): string {
  try {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { name, version }: Record<string, unknown> = JSON.parse(text);
    return name === "belfry" && typeof version === "string" ? version : "unknown";
  } catch {
    return "unknown";
  }
}

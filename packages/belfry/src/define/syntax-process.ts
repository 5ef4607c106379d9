import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { SourceTextModule } from "node:vm";

// A program of its own: `syntax-process FILE`. V8 tells nobody where a module is malformed, but
// prints it when a program dies of it. So this parses the file, and what it imports in turn, runs
// nothing of it, and dies of the first that is malformed.

const FILES_MAX = 500;

const seen = new Set([pathToFileURL(process.argv[2] ?? "").href]);
for (const url of seen) {
  if (seen.size > FILES_MAX) break;
  for (const specifier of importsOf(url)) {
    const imported = /^(?:\.|\/|file:)/.test(specifier) ? new URL(specifier, url).href : null;
    if (imported !== null && isSource(imported)) seen.add(imported);
  }
}

function isSource(url: string): boolean {
  const { pathname } = new URL(url);
  return /\.m?[jt]s$/.test(pathname) && existsSync(fileURLToPath(url));
}

function importsOf(url: string): string[] {
  const file = fileURLToPath(url);
  const source = readFileSync(file, "utf8");
  const text = file.endsWith("ts") ? stripTypeScriptTypes(source) : source;
  const parsed = new SourceTextModule(text, { identifier: file });
  return parsed.moduleRequests.map(({ specifier }) => specifier);
}

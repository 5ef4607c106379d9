#!/usr/bin/env node
// Plain and old-fashioned, so that a Node that is too old can still say so.
import { existsSync, mkdirSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/** The first whose SQLite may be shared by several processes. */
const OLDEST = [24, 15];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(
    `✗ Belfry needs Node.js ${OLDEST.join(".")} or later; this is ${process.version} (${process.execPath}).\n` +
      "  Install a current one from https://nodejs.org, or with your version manager.",
  );
  process.exitCode = 1;
} else {
  keepCompiled();
  // A clone has the source and runs it; the published package has what was compiled from it.
  const source = existsSync(new URL("../src/cli/this-process.ts", import.meta.url));
  const load = (path) =>
    import(new URL(source ? `../src/${path}.ts` : `../dist/${path}.js`, import.meta.url).href);
  const [{ start }, { systemClock }] = await Promise.all([
    load("cli/this-process"),
    load("clocks/system"),
  ]);
  await start(systemClock);
}

/**
 * Most of the time of a short command goes into compiling it, so what was compiled once is kept: in
 * the user's own cache, since whoever may write there says what is run.
 */
function keepCompiled() {
  try {
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
    const folder = join(caches, "belfry");
    // Made here, one by one: Node never comes back from making a folder where there can be none.
    for (const each of [caches, folder]) if (!existsSync(each)) mkdirSync(each, { mode: 0o700 });
    module.enableCompileCache(folder);
  } catch {
    // A user without a home compiles each time.
  }
}

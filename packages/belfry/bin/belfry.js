#!/usr/bin/env node
// Plain and old-fashioned, so that a Node that is too old can still say so.
import { existsSync } from "node:fs";

const OLDEST = 24;
const [major = 0] = process.versions.node.split(".").map(Number);

if (major < OLDEST) {
  console.error(
    `✗ Belfry needs Node.js ${OLDEST} or later; this is ${process.version} (${process.execPath}).\n` +
      "  Install a current one from https://nodejs.org, or with your version manager.",
  );
  process.exitCode = 1;
} else {
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

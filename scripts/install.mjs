// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node the machine has, so that
// a fresh clone needs no other step. Plain JavaScript: the Node that can strip types is what it installs.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";

const root = new URL("../", import.meta.url);
const at = (path) => {
  const file = new URL(path, root);
  return existsSync(file) ? statSync(file).mtimeMs : 0;
};
// npm writes this file last, so an interrupted install is seen and repeated.
const installed = at("node_modules/.package-lock.json");
if (installed < at("package-lock.json")) {
  console.error("Installing what Belfry needs (once) …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error("npm ci failed: see above. Fix its cause and run the command again.");
    process.exit(result.status ?? 1);
  }
}

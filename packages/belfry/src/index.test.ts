import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";

const ROOT = join(import.meta.dirname, "../../..");

const MODULE = `import {
  at, command, cron, defineConfig, every, openBelfry, parse, secret, shell, task, union,
} from "belfry";

export default defineConfig({ tasks: ["tasks/*.ts"] });
export const nightly = cron("0 3 * * *", { timeZone: "UTC" });
export const hourly = every("1h");
export const once = at("2027-01-01T00:00Z");
export const both = union([parse("0 3 * * *"), parse("0 4 * * *")]);
export const token = secret("TOKEN");
export const dump = command(["pg_dump", "app"]);
export const tidy = shell("find /tmp -mtime +7 -delete");
export const backup = task("backup", { schedule: [nightly, hourly], run: dump });
export const open = () => openBelfry({ tasks: [backup] });
export const ask = async (from: Date, until: Date) => {
  const belfry = await open();
  const triggered = await belfry.trigger(backup);
  return {
    runs: belfry.runs.list({ state: "failed" }),
    run: await belfry.runs.get("backup@latest"),
    end: await triggered.finished(),
    tasks: await belfry.tasks.list(),
    task: await belfry.tasks.get("backup"),
    did: await belfry.did("backup", { from, until }),
    why: await belfry.why("backup"),
  };
};
`;

describe("the package", () => {
  it("exports the name of each type that a module which declares its own may come to hold", () => {
    const folder = mkdtempSync(join(tmpdir(), "belfry-types-"));
    try {
      symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
      writeFileSync(join(folder, "module.ts"), MODULE);
      const compilerOptions = {
        module: "nodenext",
        target: "esnext",
        strict: true,
        declaration: true,
        emitDeclarationOnly: true,
        allowImportingTsExtensions: true,
        types: ["node"],
        // As installed, not as linked: a type without a public name shows by its path.
        preserveSymlinks: true,
      };
      const config = { compilerOptions, include: ["module.ts"] };
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
      assert.equal(stdout, "");
      const declared = readFileSync(join(folder, "module.d.ts"), "utf8");
      assert.deepEqual(declared.match(/import\("[./][^)]*\)\.\w+/g) ?? [], []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

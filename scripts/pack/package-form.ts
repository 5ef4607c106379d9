import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// A package's description has two forms. In a clone it exports its source, so that nothing needs a
// build; as it is published it exports what was compiled. `npm pack` puts the second in place and
// takes it away again: npm, unlike others, ignores `publishConfig.exports`.

const SOURCE = ".package.source.json";
const LICENSE = join(import.meta.dirname, "../../LICENSE");

switch (process.argv[2]) {
  case "published": {
    // One that is still there is of a packing that was interrupted.
    if (existsSync(SOURCE)) renameSync(SOURCE, "package.json");
    const text = readFileSync("package.json", "utf8");
    const { scripts: _, publishConfig, ...description } = JSON.parse(text);
    const published = { ...description, exports: publishConfig.exports };
    writeFileSync(SOURCE, text);
    writeFileSync("package.json", `${JSON.stringify(published, null, 2)}\n`);
    copyFileSync(LICENSE, "LICENSE");
    break;
  }
  case "source":
    if (existsSync(SOURCE)) renameSync(SOURCE, "package.json");
    rmSync("LICENSE", { force: true });
    break;
  default:
    console.error(
      "Usage, in a package's folder: node ../../scripts/pack/package-form.ts published|source",
    );
    process.exitCode = 2;
}

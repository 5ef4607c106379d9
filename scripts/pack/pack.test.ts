import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { mainJob } from "./main-job.ts";
import { ROOT } from "./root.ts";
import { copyOfPackages, filesIn, packQuickly, run } from "./tarballs.ts";

// The quick half of `npm run pack:check`: the packages as they are published, on the Node at hand.

describe("the published packages", () => {
  let folder = "";
  let tarballs: readonly string[] = [];
  before(() => {
    // Outside of the clone nothing of it can be imported by accident.
    folder = mkdtempSync("/tmp/belfry-pack-");
    const clone = join(folder, "clone");
    mkdirSync(clone);
    tarballs = packQuickly(copyOfPackages(clone));
  });
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  it("hold what was compiled, its types, its maps, the licence and the readme, and nothing else", () => {
    assert.equal(tarballs.length, 2);
    for (const tarball of tarballs) {
      const files = filesIn(tarball);
      const compiled = files.filter((file) => file.startsWith("dist/"));
      const others = files.filter((file) => !file.startsWith("dist/"));
      const own = tarball.includes("schedule") ? [] : ["belfry.schema.json", "bin/belfry.js"];
      assert.deepEqual(others, ["LICENSE", "README.md", ...own, "package.json"]);
      for (const file of compiled) {
        const [, stem] = /^(dist\/.*?)\.(?:js|js\.map|d\.ts)$/.exec(file) ?? [];
        assert.ok(stem !== undefined, `${file} is neither code nor types`);
        assert.doesNotMatch(file, /\.(test|fixture|contract)\.|fixtures\/|simulation\/|-cli\./);
        for (const end of ["js", "js.map", "d.ts"]) {
          assert.ok(compiled.includes(`${stem}.${end}`), `there is no ${stem}.${end}`);
        }
      }
    }
  });

  it("do the main job where they are installed", async () => {
    const project = join(folder, "project");
    for (const tarball of tarballs) {
      const name = tarball.includes("schedule") ? "@belfry/schedule" : "belfry";
      const target = join(project, "node_modules", name);
      mkdirSync(target, { recursive: true });
      run("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"], folder);
    }
    const described = readFileSync(join(ROOT, "packages/belfry/package.json"), "utf8");
    const { dependencies } = JSON.parse(described);
    const others = Object.keys(dependencies).filter((name) => !name.startsWith("@belfry/"));
    for (const name of others) {
      symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name));
    }
    const map = readFileSync(join(project, "node_modules/belfry/dist/belfry.js.map"), "utf8");
    assert.match(JSON.parse(map).sourcesContent[0], /export class Belfry/);
    await mainJob(project, process.execPath);
  });
});

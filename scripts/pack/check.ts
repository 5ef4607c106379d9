import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mainJob, PROGRAM } from "./main-job.ts";
import { copyOfPackages, pack, run } from "./tarballs.ts";

// `npm run pack:check`: packs as for publishing, installs into empty folders, does the main job on
// each Node and checks the types with each TypeScript. It downloads those, so it takes minutes.

const NODES = ["24.15.0", "24.21.0", "26.10.0"];
const COMPILERS = ["5.9.3", "6.0.3", "7.0.2"];
const RESOLUTIONS = [
  ["nodenext", "nodenext"],
  ["bundler", "esnext"],
] as const;
const FLAGS = [
  "--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess",
  "--skipLibCheck false --target es2022 --lib es2023,esnext.disposable --types node",
];

const folder = mkdtempSync(join(tmpdir(), "belfry-pack-check-"));
try {
  const tarballs = pack(copyOfPackages(made("clone")));
  console.log(`packed ${tarballs.join(" and ")}`);
  for (const version of NODES) {
    const home = emptyProject(`node-${version}`);
    const binary = `node-${process.platform}-${process.arch}`;
    install(home, [`${binary}@${version}`]);
    const project = emptyProject(`on-${version}`);
    install(project, tarballs);
    await mainJob(project, join(home, `node_modules/${binary}/bin/node`));
    console.log(`✔ does the main job on Node ${version}`);
  }
  const typed = emptyProject("typed");
  const compilers = COMPILERS.map((version) => `typescript-${version}@npm:typescript@${version}`);
  install(typed, [...tarballs, ...compilers, "@types/node@24"]);
  writeFileSync(join(typed, "program.ts"), PROGRAM);
  for (const version of COMPILERS) {
    for (const [resolution, module] of RESOLUTIONS) {
      const tsc = join(typed, `node_modules/typescript-${version}/bin/tsc`);
      const modules = ["--module", module, "--moduleResolution", resolution];
      const flags = FLAGS.flatMap((line) => line.split(" "));
      run(process.execPath, [tsc, ...flags, ...modules, "program.ts"], typed);
      console.log(`✔ has types for TypeScript ${version}, ${resolution}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function made(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

function emptyProject(name: string): string {
  const project = made(name);
  writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  return project;
}

function install(project: string, packages: readonly string[]): void {
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], project);
}

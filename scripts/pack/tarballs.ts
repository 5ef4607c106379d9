import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./root.ts";

/** What packing reads. Not what was made of it before. */
const NEEDED: readonly string[] = [
  "package.json",
  "LICENSE",
  "tsconfig*.json",
  "packages/*/*.{json,md}",
  "packages/*/{src,bin}",
  "scripts",
];

/** @returns a copy of the packages in `folder`: packing where others work changes what they import. */
export function copyOfPackages(folder: string): string {
  for (const path of globSync([...NEEDED], { cwd: ROOT })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Packs the packages of a clone as `npm publish` would. @returns the tarballs' paths. */
export function pack(clone: string): string[] {
  const out = join(clone, "tarballs");
  mkdirSync(out, { recursive: true });
  const workspaces = ["-w", "packages/schedule", "-w", "packages/belfry"];
  run("npm", ["pack", ...workspaces, "--silent", "--pack-destination", out], clone);
  return readdirSync(out)
    .sort()
    .map((name) => join(out, name));
}

/** The same, but for what `npm pack` does twice: for those who wait for it. */
export function packQuickly(clone: string): string[] {
  run("npm", ["run", "--silent", "build", "-w", "packages/belfry"], clone);
  const folders = ["schedule", "belfry"].map((name) => join(clone, "packages", name));
  const form = join(clone, "scripts/pack/package-form.ts");
  for (const folder of folders) run(process.execPath, [form, "published"], folder);
  const out = join(clone, "tarballs");
  mkdirSync(out);
  run("npm", ["pack", ...folders, "--silent", "--ignore-scripts", "--pack-destination", out], out);
  for (const folder of folders) run(process.execPath, [form, "source"], folder);
  return readdirSync(out)
    .sort()
    .map((name) => join(out, name));
}

/** What is in a tarball, as paths within the package. */
export function filesIn(tarball: string): string[] {
  const listed = run("tar", ["-tzf", tarball], dirname(tarball)).trim().split("\n");
  return listed.map((path) => path.replace(/^package\//, "")).sort();
}

/** Runs a program to its end. @throws Error with all it said, where it fails. */
export function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  const said = `${stdout}${stderr}${error?.message ?? ""}`;
  throw new Error(`${program} ${args.join(" ")} failed in ${cwd}:\n${said}`);
}

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { resolveConfig } from "../define/config.ts";
import { loadTasks } from "../define/load.ts";
import { belfry } from "./captured-io.fixture.ts";

describe("belfry init", () => {
  const folders: string[] = [];
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

  async function empty(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "belfry-init-"));
    folders.push(folder);
    return folder;
  }

  it("writes a configuration and a first task, and says what to type next", async () => {
    const cwd = await empty();
    const { code, stdout, stderr } = await belfry(["init"], { cwd });
    assert.equal(code, 0);
    assert.equal(stdout, "+ belfry.config.ts\n+ tasks/hello.ts\n");
    assert.match(stderr, /npm install belfry/);
    assert.match(stderr, /belfry up/);
    assert.match(await readFile(join(cwd, "tasks/hello.ts"), "utf8"), /task\("hello"/);
  });

  it("overwrites nothing, and says what is there already", async () => {
    const cwd = await empty();
    await writeFile(join(cwd, "belfry.yaml"), "timeZone: Asia/Tokyo\n");
    const { code, stdout } = await belfry(["init"], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /= belfry\.yaml is there already: left as it is/);
    assert.equal(await readFile(join(cwd, "belfry.yaml"), "utf8"), "timeZone: Asia/Tokyo\n");
    assert.deepEqual((await readdir(cwd)).sort(), ["belfry.yaml", "tasks"]);
  });

  it("writes YAML that loads as it is", async () => {
    const cwd = await empty();
    const { stdout } = await belfry(["init", "--yaml", "--json"], { cwd });
    assert.deepEqual(JSON.parse(stdout), { folder: cwd, written: ["belfry.yaml"], kept: [] });
    const config = await resolveConfig({ cwd, environment: {} });
    const { tasks, problems } = await loadTasks(config, { now: 0 });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      tasks.map(({ definition }) => definition.task),
      ["hello"],
    );
  });

  it("points editors at the schema in the nearest folder that has the package", async () => {
    const root = await empty();
    const cwd = join(root, "apps/shop");
    await mkdir(cwd, { recursive: true });
    await mkdir(join(root, "node_modules/belfry"), { recursive: true });
    await writeFile(join(root, "node_modules/belfry/belfry.schema.json"), "{}");
    const firstLine = async (folder: string): Promise<string> => {
      await belfry(["init", "--yaml"], { cwd: folder });
      return (await readFile(join(folder, "belfry.yaml"), "utf8")).split("\n", 1)[0] ?? "";
    };
    const path = "node_modules/belfry/belfry.schema.json";
    assert.equal(await firstLine(root), `# yaml-language-server: $schema=${path}`);
    assert.equal(await firstLine(cwd), `# yaml-language-server: $schema=../../${path}`);
    assert.equal(await firstLine(await empty()), `# yaml-language-server: $schema=${path}`);
  });

  it("says nothing of the package where it is a dependency", async () => {
    const cwd = await empty();
    const manifest = { name: "app", dependencies: { belfry: "^1.0.0" } };
    await writeFile(join(cwd, "package.json"), JSON.stringify(manifest));
    assert.doesNotMatch((await belfry(["init"], { cwd })).stderr, /npm install/);
  });
});

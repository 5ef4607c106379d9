import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compareText } from "./compare-text.ts";
import { importFile } from "./module-file.ts";
import { ModuleGraph } from "./module-graph.ts";
import { Project } from "./project.fixture.ts";

const MODULE = { "package.json": '{ "type": "module" }' };

describe("modules that have changed", () => {
  it("are imported anew, with all that imports them, and nothing else is", async () => {
    await using modules = await Modules.of({
      "task.ts":
        'export { a } from "./a.ts"; export { pool } from "./pool.ts"; export { c } from "./sub/b.ts";',
      "a.ts": "export const a: number = 1;",
      "pool.ts": "export const pool = {};",
      "sub/b.ts": 'export { c } from "./c.js";',
      "sub/c.js": "export const c = 1;",
    });
    const before = await modules.import("task.ts");
    await modules.edit({ "sub/c.js": "export const c = 2;" });
    const after = await modules.import("task.ts");
    assert.deepEqual([before["c"], after["c"], after["a"]], [1, 2, 1]);
    assert.equal(after["pool"], before["pool"], "a module that did not change is the one it was");
    assert.equal(await modules.import("task.ts"), after, "nothing changed");
    await modules.edit({ "a.ts": "export const a: number = 2;" });
    assert.deepEqual((await modules.import("task.ts"))["a"], 2);
  });

  it("may be broken for a while, or not be there yet", async () => {
    await using modules = await Modules.of({
      "task.ts": 'export { a } from "./a.ts";',
      "a.ts": "export const a = 1;",
    });
    await modules.import("task.ts");
    await modules.edit({ "a.ts": "export const a = ;" });
    await assert.rejects(modules.import("task.ts"));
    await modules.edit({ "a.ts": 'export { b as a } from "./new.ts";' });
    await assert.rejects(modules.import("task.ts"));
    await modules.edit({ "new.ts": "export const b = 3;" });
    assert.equal((await modules.import("task.ts"))["a"], 3);
  });

  it("may be CommonJS and JSON, and import each other in a circle", async () => {
    await using modules = await Modules.of({
      "task.ts":
        'import c from "./c.cjs"; import d from "./d.json" with { type: "json" }; import "./loop.ts"; export const all = [c.value, d.value];',
      "c.cjs": 'module.exports = { value: require("./e.cjs") };',
      "d.json": '{ "value": 1 }',
      "e.cjs": "module.exports = 1;",
      "loop.ts": 'import "./task.ts";',
    });
    assert.deepEqual((await modules.import("task.ts"))["all"], [1, 1]);
    await modules.edit({ "e.cjs": "module.exports = 2;" });
    assert.deepEqual((await modules.import("task.ts"))["all"], [2, 1]);
    await modules.edit({ "d.json": '{ "value": 2 }', "loop.ts": 'import "./task.ts"; // 2' });
    assert.deepEqual((await modules.import("task.ts"))["all"], [2, 2]);
  });

  it("are known by the files that they are, not by those of installed packages", async () => {
    await using modules = await Modules.of({
      "task.ts": 'export { a } from "./a.ts"; export { p } from "p";',
      "a.ts": "export const a = 1;",
      "node_modules/p/package.json": '{ "name": "p", "type": "module", "main": "p.js" }',
      "node_modules/p/p.js": "export const p = 1;",
    });
    await modules.import("task.ts");
    assert.deepEqual(modules.known(), ["a.ts", "task.ts"]);
  });
});

/** Somebody's files, and what is imported of them. */
class Modules implements AsyncDisposable {
  readonly #project: Project;
  readonly #graph = new ModuleGraph();

  private constructor(project: Project) {
    this.#project = project;
  }

  static async of(files: Readonly<Record<string, string>>): Promise<Modules> {
    return new Modules(await Project.create({ ...MODULE, ...files }));
  }

  async import(path: string): Promise<Readonly<Record<string, unknown>>> {
    const imported = await importFile(join(this.#project.folder, path));
    if (!imported.ok) throw new Error(imported.fault.message);
    return imported.exports;
  }

  async edit(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) await this.#project.write(path, text);
    this.#graph.changed(Object.keys(files).map((path) => join(this.#project.folder, path)));
  }

  known(): string[] {
    const { folder } = this.#project;
    const files = [...this.#graph.stamps.keys()].filter((file) => file.startsWith(folder));
    return files.map((file) => file.slice(folder.length + 1)).sort(compareText);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#graph[Symbol.dispose]();
    await this.#project[Symbol.asyncDispose]();
  }
}

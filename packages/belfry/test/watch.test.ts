import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openBelfry } from "../src/main.ts";
import { ProgramFolder } from "./program.fixture.ts";
import { Up, type UpLine } from "./up.fixture.ts";

const CONFIG = `import { defineConfig } from "belfry";
import { zone } from "./lib/zone.ts";
export default defineConfig({ tasks: ["tasks/**/*.ts", "tasks/**/*.yaml"], timeZone: zone });
`;
const SAYS = `import { every, task } from "belfry";
import { says } from "../lib/says.ts";
export const speaker = task("speaker", {
  schedules: { often: every("1s"), nightly: "0 3 * * *" },
  run: () => says(),
});
`;
const SLOW = `import { task } from "belfry";
export const slow = task("slow", {
  async run(ctx) {
    ctx.log.info("begun");
    while (!ctx.signal.aborted) {
      if (globalThis.process.getBuiltinModule("node:fs").existsSync("go")) return "the old code";
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
});
`;

describe("belfry up --watch", { concurrency: 2 }, () => {
  it("follows edits of task files, of what they import, and of the configuration", async () => {
    await using project = new WatchedProject();
    const { up } = project;
    assert.equal(await project.said(), "one");

    project.write("lib/says.ts", 'export const says = (): string => "two";');
    assert.deepEqual((await project.reloaded())["changed"], ["lib/says.ts"]);
    assert.equal(await project.said(), "two");

    project.write("tasks/more.yaml", "tasks:\n  more: { schedule: every 1s, shell: 'true' }");
    assert.deepEqual((await project.reloaded())["tasks"], ["more", "speaker"]);
    await up.next(({ event, task }) => event === "ended" && task === "more");

    project.write("lib/zone.ts", 'export const zone = "Europe/Paris";');
    assert.deepEqual((await project.reloaded())["changed"], ["lib/zone.ts"]);
    const zones = (await project.task("speaker")).schedules.map(({ parts }) => parts[0]?.timeZone);
    assert.ok(zones.includes("Europe/Paris"), String(zones));

    project.remove("tasks/more.yaml");
    assert.deepEqual((await project.reloaded())["tasks"], ["speaker"]);
    assert.equal(await up.stop(), 0);
    assert.equal(up.stderr, "");
  });

  it("keeps what was good where a file is broken, says what is wrong, and goes on when it is mended", async () => {
    await using project = new WatchedProject();
    const { up } = project;
    assert.equal(await project.said(), "one");
    for (const [path, text, wrong] of [
      ["lib/says.ts", "export const says = (): string => ;", /^syntax error/],
      ["tasks/speaker.ts", 'import "./nowhere.ts";', /nowhere/],
      ["tasks/speaker.ts", SAYS.replace('"1s"', '"1x"'), /1x/],
      ["belfry.config.ts", "export default { tasks: 5 };", /list of globs/],
    ] as const) {
      project.write(path, text);
      assert.deepEqual((await project.reloaded())["tasks"], ["speaker"]);
      const { file, message } = await up.next(({ event }) => event === "problem");
      assert.match(String(message), wrong);
      assert.equal(file, path);
      assert.equal(await project.said(), "one");
      project.write(path, project.good[path]);
      await project.reloaded();
    }
    project.write("lib/says.ts", 'export const says = (): string => "mended";');
    await project.reloaded();
    assert.equal(await project.said(), "mended");
    const releases = up.lines.filter(({ event }) => event === "release");
    assert.equal(releases.length, 1, "what is in force never changed");
  });

  it("lets what is under way go on with the code it began with", async () => {
    await using project = new WatchedProject({ "tasks/slow.ts": SLOW });
    await project.up.next(({ event }) => event === "release");
    await using belfry = await openBelfry({ store: project.store });
    const run = await belfry.trigger("slow");
    await project.up.next(({ event, task }) => event === "ended" && task === "speaker");
    project.write("tasks/slow.ts", SLOW.replace("old code", "new code"));
    await project.reloaded();
    project.write("go", "");
    assert.deepEqual(await run.finished(), { state: "succeeded", result: "the old code" });
    const next = await belfry.trigger("slow");
    assert.deepEqual(await next.finished(), { state: "succeeded", result: "the new code" });
  });

  it("says which settings take a start, and loads no file twice for one edit", async () => {
    await using project = new WatchedProject();
    await project.said();
    project.write("belfry.config.ts", CONFIG.replace("timeZone", 'store: "sqlite:x.db", timeZone'));
    const { tasks, changed } = await project.reloaded();
    assert.deepEqual([tasks, changed], [["speaker"], ["belfry.config.ts"]]);
    const { path, message } = await project.up.next(({ event }) => event === "problem");
    assert.deepEqual(
      [path, message],
      ["store", "has changed, which a node that works cannot follow"],
    );
    await project.said();
    await project.said();
    const reloads = project.up.lines.filter(({ event }) => event === "reloaded");
    assert.equal(reloads.length, 1);
  });

  it("works under tsx too", async () => {
    await using project = new WatchedProject({}, ["--import", "tsx"]);
    assert.equal(await project.said(), "one");
    project.write(
      "lib/says.ts",
      'enum Word { Two = "two" }\nexport const says = (): string => Word.Two;',
    );
    await project.reloaded();
    assert.equal(await project.said(), "two");
  });
});

/** A project whose node watches it. */
class WatchedProject implements AsyncDisposable {
  readonly up: Up;
  readonly good: Readonly<Record<string, string>>;
  readonly #program = new ProgramFolder();

  constructor(files: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
    this.good = {
      "belfry.config.ts": CONFIG,
      "lib/zone.ts": 'export const zone = "Europe/London";',
      "lib/says.ts": 'export const says = (): string => "one";',
      "tasks/speaker.ts": SAYS,
      ...files,
    };
    for (const folder of ["lib", "tasks"]) mkdirSync(join(this.#program.folder, folder));
    for (const [path, text] of Object.entries(this.good)) this.write(path, text);
    this.up = new Up(this.#program.folder, ["--watch"], { flags });
  }

  get store(): string {
    return `sqlite:${this.#program.folder}/.belfry/belfry.db`;
  }

  write(path: string, text = ""): void {
    writeFileSync(join(this.#program.folder, path), text);
  }

  remove(path: string): void {
    rmSync(join(this.#program.folder, path));
  }

  reloaded(): Promise<UpLine> {
    return this.up.next(({ event }) => event === "reloaded");
  }

  /** What the next run of the speaker says. */
  async said(): Promise<unknown> {
    const begun = await this.up.next(({ event, task }) => event === "ended" && task === "speaker");
    await using belfry = await openBelfry({ store: this.store });
    return (await belfry.runs.get(String(begun["run"]))).result;
  }

  async task(name: string) {
    await using belfry = await openBelfry({ store: this.store });
    return await belfry.tasks.get(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.up[Symbol.asyncDispose]();
    this.#program[Symbol.dispose]();
  }
}

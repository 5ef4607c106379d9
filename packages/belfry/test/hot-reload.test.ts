import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Belfry } from "../src/belfry.ts";
import { shell } from "../src/define/commands.ts";
import { type Task, task } from "../src/define/task.ts";
import { openBelfry } from "../src/main.ts";
import { ProgramFolder } from "./program.fixture.ts";

describe("hot reload", () => {
  it("goes on with the tasks of a module that was imported anew, on the same node", async () => {
    await using world = new Reloading();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<string>();
    const first = await world.open([
      task("slow", {
        run: async () => {
          started.resolve();
          return await release.promise;
        },
      }),
      task("says", { run: () => "old" }),
      task("goes", { run: () => {} }),
    ]);
    await first.start();
    const slow = await first.trigger("slow");
    await started.promise;

    const second = await world.open([
      task("slow", { run: () => "the new code" }),
      task("says", { run: () => "new" }),
      task("comes", { run: shell("true") }),
    ]);
    await second.start();
    assert.equal(second, first);
    assert.equal(world.nodes.length, 1, "the node that was at work is at work");
    assert.deepEqual(await ended(second, "says"), "new");
    const names = (await second.tasks.list()).map(({ name }) => name).sort();
    assert.deepEqual(names, ["comes", "says", "slow"]);

    release.resolve("what was under way went on");
    const end = await slow.finished();
    assert.equal(end.state === "succeeded" && end.result, "what was under way went on");
    assert.deepEqual(await ended(second, "slow"), "the new code");
  });

  it("goes on as before where the new tasks are wrong, and with the next ones", async () => {
    await using world = new Reloading();
    const belfry = await world.open([task("says", { run: () => "old" })]);
    await belfry.start();
    const wrong = await world.open([task("says", { schedule: "rubbish", run: () => "wrong" })]);
    await assert.rejects(wrong.start(), { code: "bad-task" });
    assert.equal(await ended(belfry, "says"), "old");
    await (await world.open([task("says", { run: () => "mended" })])).start();
    assert.equal(await ended(belfry, "says"), "mended");
  });

  it("opens another where the one before was closed, could not be opened, is of another store or another source", async () => {
    await using world = new Reloading();
    const tasks = [task("says", { run: () => "closed" })];
    const first = await world.open(tasks);
    await first[Symbol.asyncDispose]();
    const second = await world.open(tasks);
    assert.notEqual(second, first);
    await second.start();
    assert.equal(await ended(second, "says"), "closed");
    assert.notEqual(await world.open(tasks, "other.db"), second);
    assert.notEqual(await world.open(tasks, "b.db", "other"), second);
    await assert.rejects(world.open(tasks, "/dev/null/b.db"), { code: "store-unavailable" });
    await assert.rejects(world.open(tasks, "/dev/null/b.db"), { code: "store-unavailable" });
  });

  it("needs it to be said: otherwise two are two", async () => {
    await using world = new Reloading();
    const tasks = [task("says", { run: () => "x" })];
    const store = `sqlite:${world.folder}/b.db`;
    await using one = await openBelfry({ store, tasks });
    await using two = await openBelfry({ store, tasks });
    assert.notEqual(one, two);
  });

  it("is what happens to a real module under a dev server", () => {
    using program = new ProgramFolder();
    const module = (says: string): string => `
      import { openBelfry, task } from "belfry";
      const says = task("says", { run: () => ${JSON.stringify(says)} });
      export const belfry = await openBelfry({ store: "sqlite:b.db", tasks: [says], reuse: globalThis });
      await belfry.start();
    `;
    program.write(
      "server.ts",
      `
      import { writeFileSync } from "node:fs";
      const said = [];
      let belfry;
      for (const [version, text] of ${JSON.stringify([module("a"), module("b"), module("c")])}.entries()) {
        writeFileSync("module.ts", text);
        ({ belfry } = await import("./module.ts?" + version));
        said.push((await (await belfry.trigger("says")).finished()).result);
      }
      await belfry[Symbol.asyncDispose]();
      console.log(said.join(""));
      `,
    );
    assert.deepEqual(program.run("server.ts"), { status: 0, stdout: "abc\n", stderr: "" });
  });
});

/** A dev server's process: what stays while modules come and go. */
class Reloading implements AsyncDisposable {
  readonly #program = new ProgramFolder();
  readonly #keeper = {};
  readonly #opened = new Set<Belfry>();
  readonly nodes: string[] = [];

  get folder(): string {
    return this.#program.folder;
  }

  async open(tasks: readonly Task[], store = "b.db", name = "app"): Promise<Belfry> {
    const path = store.startsWith("/") ? store : `${this.folder}/${store}`;
    const options = { store: `sqlite:${path}`, tasks, name, reuse: this.#keeper };
    const belfry = await openBelfry(options);
    if (!this.#opened.has(belfry)) {
      belfry.on((event) => {
        if (event.kind === "started") this.nodes.push(event.node);
      });
    }
    this.#opened.add(belfry);
    return belfry;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const belfry of this.#opened) await belfry[Symbol.asyncDispose]();
    this.#program[Symbol.dispose]();
  }
}

async function ended(belfry: Belfry, name: string): Promise<unknown> {
  const end = await (await belfry.trigger(name)).finished();
  return end.state === "succeeded" ? end.result : end;
}

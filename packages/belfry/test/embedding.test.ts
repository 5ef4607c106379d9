import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { ProgramFolder } from "./program.fixture.ts";

const SIGNALS = `["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "exit", "beforeExit", "uncaughtException",
  "unhandledRejection", "warning"].map((name) => process.listenerCount(name)).join()`;

/** Beside its output, which is a pipe. */
const HELD = `process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap")`;

/** What a program prints that ends as it should. */
const DONE = { status: 0, stdout: "done\n", stderr: "" };

describe("belfry inside a program", { concurrency: 2 }, () => {
  it("does nothing when it is imported", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      const before = ${SIGNALS};
      await import("belfry");
      await import("belfry/testing");
      const held = ${HELD};
      console.log(${SIGNALS} === before && held.length === 0 ? "done" : held);
      `,
    );
    assert.deepEqual(program.run("main.ts"), DONE);
    assert.deepEqual(readdirSync(program.folder).sort(), [
      "main.ts",
      "node_modules",
      "package.json",
    ]);
  });

  it("leaves nothing behind when it is closed: no handle, no handler, not a word", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      import { openBelfry, shell, task } from "belfry";
      const before = ${SIGNALS};
      const add = task("add", { run: () => console.log("added") ?? 1 });
      const fails = task("fails", { retry: 1, run: () => { throw new Error("no"); } });
      const echo = task("echo", { run: shell("echo heard; echo it >&2") });
      {
        await using belfry = await openBelfry({ store: "sqlite:b.db", tasks: [add, fails, echo] });
        await belfry.start();
        for (const each of [add, fails, echo]) await (await belfry.trigger(each)).finished();
        if (${SIGNALS} !== before) console.log("it listens to the process");
      }
      if (${SIGNALS} !== before) console.log("it still listens to the process");
      const held = ${HELD};
      console.log(held.length === 0 ? "done" : held);
      `,
    );
    assert.deepEqual(program.run("main.ts"), { ...DONE, stdout: "added\ndone\n" });
  });

  it("gives the node heartbeat of the configuration once it is started", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      import { createServer } from "node:http";
      import { writeFileSync } from "node:fs";
      import { openBelfry, task } from "belfry";
      const heard = Promise.withResolvers();
      const server = createServer((request, response) => {
        heard.resolve(request.url);
        response.end();
      });
      await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
      const url = "http://127.0.0.1:" + server.address().port + "/alive";
      writeFileSync("belfry.yaml", "node: { heartbeat: { kind: plain, url: '" + url + "' } }");
      const add = task("add", { run: () => 1 });
      {
        await using belfry = await openBelfry({ tasks: [add], node: { concurrency: 3 } });
        await belfry.start();
        console.log(await heard.promise);
      }
      server.closeAllConnections();
      server.close();
      `,
    );
    const { status, stdout, stderr } = program.run("main.ts");
    assert.deepEqual({ status, stdout, stderr }, { ...DONE, stdout: "/alive\n" });
  });

  it("lets a program end that only asked something and did not close it", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      import { openBelfry, task } from "belfry";
      const belfry = await openBelfry({ store: "sqlite:b.db", tasks: [] });
      await belfry.tasks.list();
      console.log("done");
      `,
    );
    assert.deepEqual(program.run("main.ts"), DONE);
  });

  it("rejects where it was asked, and nowhere else", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      import { openBelfry, task } from "belfry";
      const wrong = task("wrong", { schedule: "not a schedule", run: () => {} });
      const slow = task("slow", { run: (ctx) => new Promise((_, no) => {
        ctx.signal.addEventListener("abort", () => no(ctx.signal.reason));
      }) });
      const told = [];
      const tell = (error) => told.push(error.code);
      await openBelfry({ store: "redis:x" }).catch(tell);
      const belfry = await openBelfry({ store: "sqlite:b.db", tasks: [slow, wrong] });
      await belfry.start().catch(tell);
      await belfry[Symbol.asyncDispose]();

      const other = await openBelfry({ store: "sqlite:b.db", tasks: [slow] });
      const started = other.start();
      const stopped = other.stop({ grace: "1s" });
      await Promise.all([started, stopped]);
      await other.start();
      await other.trigger(slow);
      await other.stop({ grace: "500ms" });
      await other[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
      await other.trigger(slow).catch(tell);
      await other.tasks.list().catch(tell);
      console.log(told.join(" "));
      `,
    );
    const { status, stdout, stderr } = program.run("main.ts");
    const codes = "bad-store bad-task store-closed store-closed\n";
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: codes, stderr: "" });
  });

  it("may be there twice, with two stores or with one", () => {
    using program = new ProgramFolder();
    program.write(
      "main.ts",
      `
      import assert from "node:assert/strict";
      import { openBelfry, task } from "belfry";
      for (const stores of [["a.db", "b.db"], ["c.db", "c.db"]]) {
        let ran = 0;
        const count = task("count", { concurrency: "unlimited", run: () => { ran += 1; } });
        const both = await Promise.all(stores.map((store) =>
          openBelfry({ store: "sqlite:" + store, tasks: [count] })));
        await Promise.all(both.map((belfry) => belfry.start()));
        const runs = await Promise.all(both.flatMap((belfry) =>
          Array.from({ length: 10 }, () => belfry.trigger(count))));
        for (const run of runs) assert.equal((await run.finished()).state, "succeeded");
        assert.equal(ran, 20);
        // The other goes on when the first is closed.
        await both[0][Symbol.asyncDispose]();
        assert.equal((await (await both[1].trigger(count)).finished()).state, "succeeded");
        await both[1][Symbol.asyncDispose]();
      }
      console.log("done");
      `,
    );
    assert.deepEqual(program.run("main.ts"), DONE);
  });
});

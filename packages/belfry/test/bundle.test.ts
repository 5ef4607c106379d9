import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BuildOptions, build } from "esbuild";
import { type Ended, ProgramFolder } from "./program.fixture.ts";

const PROGRAM = `
import { openBelfry, shell, task } from "belfry";
const add = task("add", { run: () => 1 + 1 });
const echo = task("echo", { run: shell("echo heard") });
async function main() {
  await using belfry = await openBelfry({ store: "sqlite:b.db", tasks: [add, echo] });
  await belfry.start();
  for (const each of [add, echo]) {
    const { state } = await (await belfry.trigger(each)).finished();
    console.log(each.name, state);
  }
}
main().catch(({ code, message, hint }) => console.log(code, message, hint));
`;

describe("belfry in a bundle", { concurrency: 2 }, () => {
  for (const format of ["esm", "cjs"] as const) {
    it(`works where it was left outside: ${format}`, async () => {
      const ended = await bundled({ format, external: ["belfry"] });
      assert.deepEqual(ended, {
        status: 0,
        stdout: "add succeeded\necho succeeded\n",
        stderr: "",
      });
    });

    it(`says that it has to be left outside where it was not: ${format}`, async () => {
      const { status, stdout, stderr } = await bundled({ format });
      assert.deepEqual([status, stderr], [0, ""]);
      assert.match(stdout, /^bundled There is no .*keeper\.[mc]?js.* part of a bundle/);
      assert.match(stdout, /esbuild --external:belfry/);
    });
  }
});

async function bundled(options: BuildOptions): Promise<Ended> {
  using program = new ProgramFolder();
  const outfile = `bundle.${options.format === "esm" ? "mjs" : "cjs"}`;
  await build({
    ...options,
    absWorkingDir: program.folder,
    entryPoints: [program.write("main.ts", PROGRAM)],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    logLevel: "silent",
  });
  return program.run(outfile);
}

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { belfry } from "./captured-io.fixture.ts";
import { COMMANDS } from "./commands.ts";

const GOLDEN = join(import.meta.dirname, "help.golden.txt");

describe("help", () => {
  it("is what it was when it was last read through (UPDATE_GOLDEN=1 writes it anew)", async () => {
    const sections: string[] = [];
    for (const verb of [null, ...COMMANDS.map(({ name }) => name)]) {
      const argv = verb === null ? ["--help"] : [verb, "--help"];
      const { code, stdout, stderr } = await belfry(argv);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      sections.push(`$ belfry ${argv.join(" ")}\n${stdout}`);
    }
    const text = sections.join("\n");
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(GOLDEN, text);
    assert.equal(text, readFileSync(GOLDEN, "utf8"));
  });

  it("fits a terminal of 120 columns", () => {
    const wide = readFileSync(GOLDEN, "utf8")
      .split("\n")
      .filter((line) => line.length > 120);
    assert.deepEqual(wide, []);
  });

  it("comes on stderr, with 2, where the verb was forgotten", async () => {
    const { code, stdout, stderr } = await belfry([]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /Usage {2}belfry VERB/);
  });

  it("knows the version", async () => {
    assert.match((await belfry(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

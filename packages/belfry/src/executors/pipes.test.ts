import assert from "node:assert/strict";
import { once } from "node:events";
import { closeSync, mkdtempSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { Child } from "./child.ts";
import { PipePool } from "./pipes.ts";

const folder = mkdtempSync(join(tmpdir(), "belfry-pipes-"));

after(() => rmSync(folder, { recursive: true, force: true }));

describe("pipes for output", () => {
  it("carry what is written, end with it, and have no name left", async () => {
    const pool = new PipePool(join(folder, "one"));
    const pairs = await Promise.all(Array.from({ length: 40 }, () => pool.take()));
    for (const [index, pair] of pairs.entries()) {
      assert.ok(pair !== null);
      for (const pipe of pair) {
        let heard = "";
        pipe.hear((bytes) => {
          heard += bytes;
        });
        writeSync(pipe.writer, `pipe ${index}`);
        closeSync(pipe.writer);
        await once(pipe.reader.resume(), "end");
        assert.equal(heard, `pipe ${index}`);
      }
    }
    assert.equal(readdirSync(join(folder, "one")).length % 64, 128 - 80);
  });

  it("are not there where they cannot be made, or were cleared away", async () => {
    writeFileSync(join(folder, "a-file"), "");
    assert.equal(await new PipePool(join(folder, "a-file", "pipes")).take(), null);
    const pool = new PipePool(join(folder, "two"));
    for (const pipe of (await pool.take()) ?? []) {
      closeSync(pipe.writer);
      pipe.reader.destroy();
    }
    rmSync(join(folder, "two"), { recursive: true });
    assert.equal(await pool.take(), null);
  });

  it("are replaced by Node's own for a command that got none", async () => {
    let said = "";
    const child = await Child.start({
      program: { argv: ["sh", "-c", "echo a; echo b >&2"], cwd: folder, env: {}, stdin: null },
      pipes: null,
      clock: systemClock,
      killGraceMs: 1_000,
      drainGraceMs: 1_000,
      onOutput: (stream, chunk) => {
        said += `${stream} ${chunk}`;
      },
      descendants: () => Promise.resolve([]),
    });
    assert.deepEqual(await child.exit, { kind: "exited", code: 0 });
    assert.deepEqual(await child.finish(), { found: 0, left: 0 });
    assert.deepEqual(said.split("\n").sort(), ["", "stderr b", "stdout a"]);
  });
});

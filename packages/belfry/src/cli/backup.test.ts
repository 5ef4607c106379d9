import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Answer, belfry, captureIo } from "./captured-io.fixture.ts";
import { main } from "./main.ts";

describe("belfry backup", () => {
  const cwd = mkdtempSync(join(tmpdir(), "belfry-backup-"));
  const ask = (...argv: string[]): Promise<Answer> => belfry(argv, { cwd });
  it("copies the store of a node at work, says what is not in it, and replaces nothing", async () => {
    try {
      writeFileSync(join(cwd, "belfry.yaml"), 'tasks: { talk: { shell: "echo hello" } }\n');
      const node = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
      const ended = main(["up", "--json"], node.io);
      await node.wrote('"event":"up"');
      await ask("run", "talk", "--wait");

      const first = await ask("backup", "a.db");
      assert.equal(first.code, 0);
      assert.match(first.stdout, /^✓ \S+\/a\.db {2}[\d.]+ KiB, as of \d{4}-.* UTC\n$/);
      assert.match(
        first.stderr,
        /^Not in it: logs \(--logs copies them\), configuration, task files/,
      );
      assert.equal(statSync(join(cwd, "a.db")).mode & 0o777, 0o600);
      assert.equal((await ask("backup", "a.db")).code, 5);

      const forced = await ask("backup", "a.db", "--force", "--logs", "--json");
      const made = JSON.parse(forced.stdout);
      assert.deepEqual(Object.keys(made), ["file", "at", "bytes", "logs"]);
      assert.equal(made.bytes, statSync(made.file).size);
      assert.equal(made.logs.files, 1);
      assert.ok(existsSync(made.logs.folder));

      const audit = JSON.parse((await ask("audit", "--json")).stdout);
      const told = audit.map(({ what, subject }: { what: string; subject: string }) => [
        what,
        subject,
      ]);
      assert.deepEqual(told.slice(0, 2), [
        ["store.backup", made.file],
        ["store.backup", made.file],
      ]);
      assert.equal(told[2]?.[0], "run.trigger", "what was refused is not told");
      const copied = await ask("audit", "--store", "sqlite:a.db", "--limit", "1");
      assert.match(copied.stdout, /store\.backup/);
      const doctor = await ask("doctor", "--store", "sqlite:a.db");
      assert.equal(doctor.code, 1);
      assert.match(doctor.stdout, /✗ store +This store is a copy, of .*: of what ran since/);
      assert.match(
        (await ask("doctor")).stdout,
        /✓ clock[\s\S]*! watched +Nobody is told when 1 task fails: talk/,
      );
      node.signal("SIGTERM");
      assert.equal(await ended, 0);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});

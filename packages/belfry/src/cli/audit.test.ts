import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Answer, belfry, captureIo } from "./captured-io.fixture.ts";
import { main } from "./main.ts";

const YAML = `
timeZone: Europe/London
tasks:
  backup:
    schedule: "30 2 * * *"
    shell: "true"
`;

describe("belfry audit", () => {
  let cwd = "";
  const ask = (...argv: string[]): Promise<Answer> => belfry(argv, { cwd });

  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-audit-"));
    await writeFile(join(cwd, "belfry.yaml"), YAML);
    await writeFile(join(cwd, "my.crontab"), "5 4 * * * true\n");
    const argv = ["up", "--json", "--crontab", "my.crontab", "--take-over"];
    const node = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
    const ended = main(argv, node.io);
    await node.wrote('"event":"up"');
    node.signal("SIGTERM");
    assert.equal(await ended, 0);
    await ask("pause", "backup", "--until", "2099-07-01T12:00", "--reason", "moving");
    await ask("run", "backup", "--force", "--payload", '{"pin":4711}');
  });

  after(() => rm(cwd, { recursive: true }));

  it("tells who changed what, newest first, before and after", async () => {
    const { code, stdout, stderr } = await ask("audit", "--task", "backup");
    assert.equal(code, 0);
    assert.equal(stderr, "");
    const heads = stdout.split("\n").filter((line) => /^\d/.test(line));
    const told = heads.map((line) => / (?:GMT|BST) {2}(.*) {2}by \S+@/.exec(line)?.[1]);
    assert.match(told[0] ?? "", /^run\.trigger [0-9a-f-]{36} of backup$/);
    assert.deepEqual(told.slice(1), [
      "task.pause backup",
      "schedule.add backup/default",
      "task.add backup",
    ]);
    assert.match(stdout, /\n {4}\+ .*until 2099-07-01 12:00 BST, reason moving, by \S+\n/);
    assert.match(stdout, /\n {4}\+ parts "30 2 \* \* \*" \(Europe\/London\), payload none\n/);
    assert.doesNotMatch(stdout, /4711/);
  });

  it("tells of a crontab that was taken over", async () => {
    const { stdout } = await ask("audit");
    assert.match(stdout, / {2}crontab\.take-over \S+\/my\.crontab {2}by /);
  });

  it("is narrowed by actor, time and number", async () => {
    assert.equal((await ask("audit", "--limit", "1")).stdout.match(/^\d/gm)?.length, 1);
    const nobody = await ask("audit", "--actor", "nobody");
    assert.equal(nobody.stdout, "");
    assert.match(nobody.stderr, /Nobody did anything like that/);
    assert.equal((await ask("audit", "--until", "yesterday")).stdout, "");
    assert.equal((await ask("audit", "--task", "nosuch")).code, 3);
    assert.equal((await ask("audit", "--limit", "0")).code, 2);
  });

  it("prints JSON with its values as values and its instants as ISO", async () => {
    const [run, paused] = JSON.parse((await ask("audit", "--json")).stdout);
    assert.deepEqual(Object.keys(run), [
      "seq",
      "at",
      "actor",
      "what",
      "subject",
      "task",
      "before",
      "after",
    ]);
    assert.match(run.after.dueAt, /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.equal(paused.before, null);
    assert.equal(paused.after.untilAt, "2099-07-01T11:00:00.000Z");
  });

  it("says, where nothing was changed yet, what would be here", async () => {
    const empty = await mkdtemp(join(tmpdir(), "belfry-audit-"));
    try {
      await writeFile(join(empty, "belfry.yaml"), "");
      const { DatabaseSync } = await import("node:sqlite");
      new DatabaseSync(join(empty, "x.db")).close();
      const { code, stderr } = await belfry(["audit", "--store", "sqlite:x.db"], { cwd: empty });
      assert.equal(code, 0);
      assert.match(stderr, /Nothing was changed yet\. A node that brings tasks/);
    } finally {
      await rm(empty, { recursive: true });
    }
  });
});

import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Up } from "./up.fixture.ts";
import { until, World } from "./world.ts";

describe("a node with a crontab", () => {
  it("runs a line with cron's environment and its input, reports a bad one, sees an edit", async () => {
    await using world = new World();
    const file = join(world.folder, "my.crontab");
    const out = join(world.folder, "out");
    const say = `{ echo "$GREETING|$HOME|$SHELL|$PWD"; cat; env; } > '${out}'; echo done`;
    writeFileSync(
      file,
      `HOME=${world.folder}\nGREETING="two  blanks"\n@reboot ${say}%first%second\n` +
        "61 * * * * bad\n30 2 * * * echo good\n",
    );
    await using up = new Up(world.folder, ["--store", `sqlite:${world.store}`, "--crontab", file]);
    const ended = await up.said(({ event }) => event === "ended");
    assert.equal(ended.state, "succeeded");
    const [greeting, ...rest] = readFileSync(out, "utf8").split("\n");
    assert.equal(greeting, `two  blanks|${world.folder}|/bin/sh|${world.folder}`);
    assert.deepEqual(rest.slice(0, 2), ["first", "second"]);
    assert.ok(rest.includes("PATH=/usr/bin:/bin"));
    assert.ok(!rest.some((line) => line.startsWith("NODE_TEST_CONTEXT=")), "it is cron's own");
    const bad = await up.said(({ event, line }) => event === "problem" && line === 4);
    assert.match(bad.message ?? "", /minute "61" is out of range/);

    appendFileSync(file, "*/5 * * * * /opt/new\n");
    const edited = await up.said(({ event }) => event === "reloaded");
    assert.ok(edited.tasks?.some((name) => name.startsWith("new-")));
    const tasks = await world.operate(({ store }) => store.tasks(null));
    assert.deepEqual(
      tasks.map(({ name, enabled }) => `${name.split("-")[0]} ${enabled}`).sort(compare),
      ["cat true", "echo true", "new true"].sort(compare),
    );
    const [run, ...more] = await world.runs();
    assert.deepEqual([run?.trigger.kind, more], ["boot", []]);
  });

  it("runs a system table's line as its user", { skip: process.getuid?.() !== 0 }, async () => {
    await using world = new World();
    mkdirSync(join(world.folder, "cron.d"));
    const table = "HOME=/\n@reboot nobody id -un; id -G\n";
    writeFileSync(join(world.folder, "cron.d/app"), table, { mode: 0o644 });
    const folder = join(world.folder, "cron.d");
    await using up = new Up(world.folder, [
      "--store",
      `sqlite:${world.store}`,
      "--crontab",
      folder,
    ]);
    const ended = await up.said(({ event }) => event === "ended");
    assert.equal(ended.state, "succeeded");
    const [run] = await world.runs();
    assert.ok(run !== undefined);
    const query = { run: run.id, fromAt: run.dueAt, untilAt: null, attempt: null, limit: 9 };
    let said: string[] = [];
    await until(async () => {
      const read = await world.operate(({ logs }) => logs.read({ ...query, after: null }));
      said = read.lines.map(({ text }) => text ?? "");
      return said.length >= 2;
    }, 5_000);
    assert.equal(said[0], "nobody");
    assert.doesNotMatch(said[1] ?? "", /\b0\b/, "it has none of root's groups");
  });

  it("only tells what would run where it observes, and writes nothing", async () => {
    await using world = new World();
    writeFileSync(join(world.folder, "mine"), "* * * * * echo x\n61 * * * * bad\n");
    await using up = new Up(world.folder, ["--observe", "--crontab", "mine"]);
    await up.said(({ event }) => event === "observing");
    await up.said(({ event }) => event === "problem");
    assert.equal(await up.stop(), 0);
    assert.ok(!existsSync(join(world.folder, ".belfry")));
  });
});

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Up } from "./up.fixture.ts";
import { World } from "./world.ts";

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

  it("runs a system table's lines as their users, with their groups and none of root's", async (t) => {
    if (process.getuid?.() !== 0) {
      t.skip("only root can become other users: the user column is NOT checked");
      return;
    }
    const users = ["nobody", ...userWithGroups()];
    await using world = new World();
    const folder = join(world.folder, "cron.d");
    mkdirSync(folder);
    chmodSync(world.folder, 0o755);
    mkdirSync(join(world.folder, "out"));
    chmodSync(join(world.folder, "out"), 0o1777);
    const out = (user: string): string => join(world.folder, "out", user);
    const lines = users.map(
      (user) => `@reboot ${user} { id -u; id -g; id -G; } > '${out(user)}'\n`,
    );
    writeFileSync(join(folder, "app"), `HOME=/\n${lines.join("")}`, { mode: 0o644 });
    const args = ["--store", `sqlite:${world.store}`, "--crontab", folder];
    await using up = new Up(world.folder, args);
    for (const _ of users) {
      const ended = await up.next(({ event }) => event === "ended");
      assert.equal(ended.state, "succeeded", up.told());
    }
    for (const user of users) {
      const asked = ["-u", "-g", "-G"].map((what) =>
        execFileSync("id", [what, user], { encoding: "utf8" }),
      );
      assert.equal(readFileSync(out(user), "utf8"), asked.join(""), user);
      assert.equal(statSync(out(user)).uid, Number(asked[0]));
    }
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

/** A user of this host who is in more groups than one, if there is any. */
function userWithGroups(): readonly string[] {
  const groups = readFileSync("/etc/group", "utf8").split("\n");
  const members = groups.map((group) => group.split(":")[3]?.split(",")[0] ?? "");
  return members.filter((name) => !["", "root", "nobody"].includes(name)).slice(0, 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Answer, belfry, captureIo } from "./captured-io.fixture.ts";
import { main } from "./main.ts";

const PATH = process.env["PATH"] ?? "";

describe("tick", () => {
  let cwd = "";
  const ask = (...argv: string[]): Promise<Answer> => belfry(argv, { cwd, env: { PATH } });
  const write = (tasks: string): Promise<void> =>
    writeFile(join(cwd, "belfry.yaml"), `tasks:\n${tasks}`);
  /** Ticks until this task has come due and run. */
  const tickUntilRun = async (task: string): Promise<Answer> => {
    for (;;) {
      const answer = await ask("tick");
      const { stdout } = await ask("runs", "--task", task, "--json");
      if (JSON.parse(stdout).length > 0) return answer;
    }
  };

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-tick-"));
  });

  afterEach(async () => {
    await rm(cwd, { recursive: true });
  });

  it("runs what fell due, tells how on stderr and what on stdout, and exits 0", async () => {
    await write("  tock: { schedule: every 1s, shell: echo tock }\n");
    const first = await ask("tick");
    assert.equal(first.code, 0);
    assert.match(first.stdout, /^Ticked at .+, for the first time: .+\nNothing was due\.\n$/);
    assert.match(first.stderr, /now in force: 1 task of /);
    const { code, stdout, stderr } = await tickUntilRun("tock");
    assert.equal(code, 0);
    assert.match(stdout, /^Ticked at .+, for the time since .+\n1 run succeeded/);
    assert.match(stderr, /✓ tock succeeded/);
  });

  it("exits 1 where a run failed, and leaves the others alone", async () => {
    await write(
      "  bad: { schedule: every 1s, shell: exit 3 }\n  good: { schedule: every 1s, shell: 'true' }\n",
    );
    await ask("tick");
    const { code, stdout } = await tickUntilRun("bad");
    assert.equal(code, 1);
    assert.match(stdout, /1 run succeeded, 1 run failed/);
  });

  it("prints with --json what it did", async () => {
    await write("  tock: { schedule: every 1s, shell: exit 3, retry: 2 }\n  x: { shelf: ls }\n");
    await ask("tick");
    await tickUntilRun("tock");
    const { code, stdout } = await ask("tick", "--json");
    const did = JSON.parse(stdout);
    assert.equal(code, 0);
    const keys = "tickedAt lastTickedAt node interrupted runs passedOver waiting problems";
    assert.deepEqual(Object.keys(did), keys.split(" "));
    assert.ok(did.lastTickedAt < did.tickedAt);
    assert.equal(did.interrupted, false);
    assert.equal(did.waiting[0].attempt, 1);
    assert.equal(did.problems.length > 0, true);
  });

  it("is safe several times at once: each occurrence has one run", async () => {
    await write(
      "  once: { schedule: every 1s, catchUp: all, shell: 'echo $BELFRY_RUN_ID >> ran' }\n",
    );
    await ask("tick");
    for (let round = 0; round < 2; round++) {
      const codes = await Promise.all([1, 2, 3].map(() => ask("tick")));
      assert.deepEqual(
        codes.map(({ code }) => code),
        [0, 0, 0],
        codes.map(({ stderr }) => stderr).join("\n"),
      );
    }
    const { stdout } = await ask("runs", "--json", "--state", "succeeded");
    const runs: string[] = JSON.parse(stdout).map(({ id }: { id: string }) => id);
    const lines = (await readFile(join(cwd, "ran"), "utf8")).trim().split("\n");
    assert.ok(runs.length > 0);
    assert.equal(new Set(lines).size, lines.length);
    assert.deepEqual(new Set(lines), new Set(runs));
  });

  it("hands over what runs when it is interrupted, and exits 130", async () => {
    const slow = "  slow: { schedule: every 1s, shell: 'touch begun; exec sleep 60' }\n";
    await write(`${slow}node: { grace: 100ms }\n`);
    await ask("tick");
    const captured = captureIo({ cwd, env: { PATH } });
    let code: Promise<number> = main(["tick"], captured.io);
    while (!existsSync(join(cwd, "begun"))) {
      const ended = await Promise.race([code, new Promise((go) => setTimeout(go, 50, "runs"))]);
      if (ended !== "runs") code = main(["tick"], captured.io);
    }
    captured.signal("SIGINT");
    assert.equal(await code, 130);
    assert.match(captured.stderr, /SIGINT: what runs is interrupted; once more ends it at once\./);
    assert.match(captured.stdout, /^Interrupted\.\n1 run to be tried again/m);
    const { stdout } = await ask("runs", "--json", "--state", "pending");
    assert.equal(JSON.parse(stdout)[0].attempt, 1);
  });

  it("says what there is to do where nothing is declared", async () => {
    const { code, stderr } = await ask("tick");
    assert.equal(code, 2);
    assert.match(stderr, /belfry init/);
  });

  it("exits 69 where the store cannot be used", async () => {
    await write("  tock: { shell: 'true' }\n");
    await writeFile(join(cwd, "broken.db"), "this is no database, and long enough to be seen");
    const { code } = await ask("tick", "--store", "sqlite:broken.db");
    assert.equal(code, 69);
  });
});

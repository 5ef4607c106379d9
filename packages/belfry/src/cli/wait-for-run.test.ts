import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Check, HealthchecksReceiver } from "../heartbeats/healthchecks.fixture.ts";
import { belfry, type Captured, captureIo } from "./captured-io.fixture.ts";
import { main } from "./main.ts";

const YAML = `
tasks:
  flaky:
    retry: { attempts: 2, wait: 4s }
    shell: '[ "$BELFRY_ATTEMPT" = 2 ] && echo "second try" || exit 1'
  idle:
    shell: "true"
`;

describe("run --wait", () => {
  let cwd = "";
  let node: Captured;
  let ended: Promise<number>;

  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-wait-"));
    await writeFile(join(cwd, "belfry.yaml"), YAML);
    node = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
    ended = main(["up"], node.io);
    await node.wrote('"event":"up"');
  });

  after(async () => {
    node.signal("SIGTERM");
    await ended;
    await rm(cwd, { recursive: true });
  });

  it("says that the only node left, and takes the run over when no other comes", async () => {
    const waiting = belfry(["run", "flaky", "--wait"], { cwd });
    const followed = captureIo({ cwd });
    await node.wrote('"event":"ended"');
    const following = main(["logs", "flaky@latest", "--follow"], followed.io);
    node.signal("SIGTERM");
    assert.equal(await ended, 0);
    const { code, stdout, stderr } = await waiting;
    assert.equal(code, 0);
    assert.match(stdout, /second try/);
    const left = /No live node has the code of flaky: the run waits until one is up\./g;
    assert.equal(stderr.match(left)?.length, 1);
    assert.match(
      stderr,
      /Start one with `belfry up`\.\nNobody has come to run it: it is run here\./,
    );
    assert.equal(await following, 0);
    assert.equal(followed.stderr.match(left)?.length, 1, "logs --follow says so too");
  });

  it("runs at once what nobody alive can run", async () => {
    const { code, stderr } = await belfry(["run", "idle", "--wait"], { cwd });
    assert.equal(code, 0);
    assert.match(stderr, /^No live node has its code: it is run here\.\n/);
  });

  it("asks a run that it runs here to end when it is interrupted", async () => {
    await writeFile(
      join(cwd, "belfry.yaml"),
      "tasks: { idle: { shell: echo begun; exec sleep 30 } }",
    );
    const captured = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
    const code = main(["run", "idle", "--wait"], captured.io);
    await captured.wrote("begun");
    captured.signal("SIGINT");
    assert.equal(await code, 130);
    assert.match(captured.stderr, /Asking it to end; once more leaves at once\./);
    assert.match(captured.stderr, /idle cancelled/);
  });
});

describe("run --wait where there is no node", () => {
  it("tells the watcher of a run that it runs here of its start and its end, and alerts", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "belfry-wait-"));
    await using hc = await HealthchecksReceiver.open();
    const [good, bad, home] = [hc.add(), hc.add(), hc.add()];
    await writeFile(
      join(cwd, "belfry.yaml"),
      `
node: { heartbeat: "${hc.url(home)}" }
channels: { ops: { command: [sh, -c, "cat >> alerts"] } }
alerts: [ops]
tasks:
  good: { shell: "echo 7 files", heartbeat: "${hc.url(good)}" }
  bad: { shell: exit 3, retry: 1, heartbeat: "${hc.url(bad)}" }
`,
    );
    assert.equal((await belfry(["tick"], { cwd })).code, 0, "the store knows the tasks");
    assert.equal((await belfry(["run", "good", "--wait"], { cwd })).code, 0);
    assert.equal((await belfry(["run", "bad", "--wait"], { cwd })).code, 1);
    const heard = (check: Check): readonly (readonly unknown[])[] =>
      check.pings.map(({ action, body }) => [action, body.toString()]);
    assert.deepEqual(heard(good), [
      ["start", ""],
      ["success", "7 files"],
    ]);
    assert.deepEqual(
      bad.pings.map(({ action, exitStatus }) => [action, exitStatus]),
      [
        ["start", null],
        ["fail", 3],
      ],
    );
    assert.deepEqual(home.pings, [], "it is no node that serves");
    const alert: unknown = JSON.parse(await readFile(join(cwd, "alerts"), "utf8"));
    assert.ok(typeof alert === "object" && alert !== null && "subject" in alert);
    assert.equal(alert.subject, "bad failed: exited with 3");
    await rm(cwd, { recursive: true });
  });
});

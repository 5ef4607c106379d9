import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

const BIN = join(import.meta.dirname, "../../bin/belfry.js");

const YAML = `
tasks:
  long:
    shell: echo begun; exec sleep 30
  tick:
    schedule: every 1s
    shell: "true"
`;

describe("belfry as a process", () => {
  let cwd = "";
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-process-"));
    await writeFile(join(cwd, "belfry.yaml"), YAML);
  });
  after(() => rm(cwd, { recursive: true, maxRetries: 5 }));

  function start(
    argv: readonly string[],
    node: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): ChildProcess {
    return spawn(process.execPath, [...node, BIN, ...argv], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function finish(
    child: ChildProcess,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const stdout = gather(child, "stdout");
    const stderr = gather(child, "stderr");
    const [code]: unknown[] = await once(child, "close");
    return { code: typeof code === "number" ? code : null, stdout: stdout(), stderr: stderr() };
  }

  it("says which Node it needs where this one is too old", async () => {
    const old = `data:text/javascript,${encodeURIComponent(
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } })',
    )}`;
    const { code, stdout, stderr } = await finish(start(["--version"], ["--import", old]));
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /needs Node\.js 24\.15 or later/);
  });

  it("starts also for a user who has no home", async () => {
    for (const HOME of ["/proc/none", "/dev/null", ""]) {
      const { code, stderr } = await finish(start(["--version"], [], { HOME, XDG_CACHE_HOME: "" }));
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    }
  });

  it("ends quietly when nobody reads its output any more", async () => {
    const child = start(["when", "* * * * *", "--until", "2100-01-01", "-n", "10000", "--json"]);
    child.stdout?.destroy();
    const { code, stderr } = await finish(child);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });

  it("writes all of a long answer to a pipe before it exits", async () => {
    const { code, stdout } = await finish(
      start(["when", "* * * * *", "--until", "2100-01-01", "-n", "10000", "--json"]),
    );
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).next.length, 10_000);
  });

  it("up: SIGTERM ends it in order, with 0", async () => {
    const child = start(["up"]);
    await wrote(child, '"event":"ended"');
    const end = finish(child);
    child.kill("SIGTERM");
    const { code, stdout } = await end;
    assert.equal(code, 0);
    assert.match(stdout, /"event":"asked-to-stop","graceMs":25000/);
    assert.match(stdout, /"event":"down"/);
  });

  it("up: a second signal ends it at once, and its code says which", async () => {
    const child = start(["up"]);
    await wrote(child, '"event":"up"');
    const run = await finish(start(["run", "long"]));
    const begun = start(["logs", run.stdout.trim(), "--follow"]);
    await wrote(begun, "begun");
    begun.kill("SIGINT");
    assert.equal((await finish(begun)).code, 130);
    const end = finish(child);
    child.kill("SIGTERM");
    await wrote(child, "asked-to-stop");
    child.kill("SIGINT");
    assert.equal((await end).code, 130);
  });

  it("up: ends in order when nobody reads its output any more", async () => {
    const child = start(["up"]);
    await wrote(child, '"event":"up"');
    const end = finish(child);
    child.stdout?.destroy();
    const { code, stderr } = await end;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  });
});

function gather(child: ChildProcess, name: "stdout" | "stderr"): () => string {
  let text = "";
  child[name]?.on("data", (chunk) => {
    text += String(chunk);
  });
  return () => text;
}

/** Resolves once stdout has this in it; a child that ends before is a failure. */
function wrote(child: ChildProcess, text: string): Promise<void> {
  const written = gather(child, "stdout");
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", () => {
      if (written().includes(text)) resolve();
    });
    child.once("close", () => reject(new Error(`it ended before it wrote ${text}`)));
  });
}

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../clocks/system.ts";
import type { Ended, Executor } from "../executor.ts";
import { type CommandWork, createCommandExecutor } from "./command.ts";
import { RecordedAttempt } from "./fixtures/recorded-attempt.ts";
import { markedProcesses } from "./processes.ts";

const FIXTURE = fileURLToPath(new URL("./fixtures/killed-node.ts", import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "belfry-warden-"));

after(() => rmSync(dataDir, { recursive: true, force: true }));

/** A tree that heeds no SIGTERM and has left its session in part. */
const TREE =
  "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 61 & sleep 62' & sleep 63 & sleep 0.1; echo ready; wait";

async function startNode(name: string): Promise<ChildProcess> {
  const node = spawn(process.execPath, [FIXTURE, name, dataDir, TREE], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { stdout } = node;
  assert.ok(stdout !== null);
  const [line] = await once(createInterface({ input: stdout }), "line");
  assert.equal(line, "ready");
  return node;
}

function wardenOf(name: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && commandLine(pid).endsWith(`\0${name}\0`))
    .filter((pid) => commandLine(pid).includes("warden-process"));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Whether a process has a handler for a signal yet. */
function catches(pid: number, signal: number): boolean {
  const [, mask = "0"] =
    /SigCgt:\s*([0-9a-f]+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

async function within(ms: number, holds: () => boolean): Promise<void> {
  const until = performance.now() + ms;
  while (!holds()) {
    assert.ok(performance.now() < until, `not within ${ms} ms`);
    await sleep(10);
  }
}

function executorOf(node: string): Executor<CommandWork> {
  return createCommandExecutor({
    node,
    environment: process.env,
    secret: (name) => name,
    dataDir,
    clock: systemClock,
  });
}

function shell(line: string): CommandWork {
  const argv = ["/bin/sh", "-c", line];
  return { kind: "shell", argv, cwd: dataDir, env: {}, stdin: null };
}

async function kill(node: ChildProcess): Promise<void> {
  const exit = once(node, "exit");
  node.kill("SIGKILL");
  await exit;
}

describe("the warden", () => {
  it("leaves nothing of a node that is killed, and then goes itself", async () => {
    const node = await startNode("killed-1");
    assert.ok(markedProcesses("killed-1").length >= 5);
    assert.equal(wardenOf("killed-1").length, 1);
    await kill(node);
    await within(2_000, () => markedProcesses("killed-1").length === 0);
    await within(2_000, () => wardenOf("killed-1").length === 0);
  });

  it("does not heed the signals that end a node", async () => {
    const node = await startNode("killed-2");
    const [warden = assert.fail("none")] = wardenOf("killed-2");
    await within(5_000, () => [1, 2, 15].every((signal) => catches(warden, signal)));
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(warden, signal);
    await kill(node);
    await within(2_000, () => markedProcesses("killed-2").length === 0);
  });

  it("is there once for a node, again if it dies, and gone when the node closes", async () => {
    const executor = executorOf("closed-1");
    const run = (): Promise<Ended> =>
      executor.execute(shell("true"), new RecordedAttempt().context).ended;
    await Promise.all([run(), run()]);
    const [warden = assert.fail("none"), ...more] = wardenOf("closed-1");
    assert.deepEqual(more, []);
    process.kill(warden, "SIGKILL");
    await within(2_000, () => wardenOf("closed-1").length === 0);
    const until = performance.now() + 5_000;
    // Its parent may hear of its end a little later than /proc tells it.
    while (wardenOf("closed-1").length === 0 && performance.now() < until) await run();
    assert.equal(wardenOf("closed-1").length, 1);
    await executor.close();
    assert.deepEqual(wardenOf("closed-1"), []);
    await executor.close();
  });

  it("ends what a node still runs when it closes", async () => {
    const executor = executorOf("closed-2");
    const attempt = new RecordedAttempt();
    const execution = executor.execute(shell("echo ready; sleep 60"), attempt.context);
    await attempt.hears("ready");
    await executor.close();
    assert.equal((await execution.ended).signal, "SIGTERM");
  });

  it("does not keep its node from ending", async () => {
    const node = spawn(process.execPath, [FIXTURE, "ending", dataDir, "echo ready"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    node.stdout.resume();
    const [code] = await once(node, "close");
    assert.equal(code, 0);
    await within(2_000, () => wardenOf("ending").length === 0);
  });
});

describe("reclaiming a node of this host that is gone", () => {
  it("ends what it left where its warden was killed too, and removes its files", async () => {
    const node = await startNode("killed-3");
    const [warden = assert.fail("none")] = wardenOf("killed-3");
    process.kill(warden, "SIGKILL");
    await within(2_000, () => wardenOf("killed-3").length === 0);
    await kill(node);
    const left = markedProcesses("killed-3").length;
    assert.ok(left >= 5);
    assert.deepEqual(readdirSync(join(dataDir, "attempts")).includes("killed-3"), true);
    const executor = executorOf("living");
    assert.ok((await executor.reclaim("killed-3")) >= left);
    assert.deepEqual(markedProcesses("killed-3"), []);
    assert.equal(readdirSync(join(dataDir, "attempts")).includes("killed-3"), false);
    assert.equal(await executor.reclaim("killed-3"), 0);
    await executor.close();
  });
});

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
import { createCommandExecutor } from "./command.ts";
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

async function within(ms: number, holds: () => boolean): Promise<void> {
  const until = performance.now() + ms;
  while (!holds()) {
    assert.ok(performance.now() < until, `not within ${ms} ms`);
    await sleep(10);
  }
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
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(warden, signal);
    await kill(node);
    await within(2_000, () => markedProcesses("killed-2").length === 0);
  });

  it("is there once for a node, and gone when the node closes", async () => {
    const executor = createCommandExecutor({
      node: "closed-1",
      environment: process.env,
      dataDir,
      clock: systemClock,
    });
    await executor.close();
    assert.deepEqual(wardenOf("closed-1"), []);
    await executor.close();
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
    const executor = createCommandExecutor({
      node: "living",
      environment: process.env,
      dataDir,
      clock: systemClock,
    });
    assert.ok((await executor.reclaim("killed-3")) >= left);
    assert.deepEqual(markedProcesses("killed-3"), []);
    assert.equal(readdirSync(join(dataDir, "attempts")).includes("killed-3"), false);
    assert.equal(await executor.reclaim("killed-3"), 0);
    await executor.close();
  });
});

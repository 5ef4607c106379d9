import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { endSurvivors } from "./ending.ts";
import {
  identify,
  markedProcesses,
  type ProcessGroup,
  sessionMembers,
  signalGroup,
  signalProcess,
} from "./processes.ts";
import { Sweep } from "./sweep.ts";
import { wait } from "./wait.ts";

const { PATH } = process.env;

function sleeper(environment: Record<string, string>): {
  child: ChildProcess;
  group: ProcessGroup;
} {
  const child = spawn("sleep", ["60"], {
    detached: true,
    stdio: "ignore",
    env: { PATH, ...environment },
  });
  const id = child.pid ?? assert.fail("no sleep here");
  return { child, group: { id, startTime: identify(id)?.startTime ?? null } };
}

async function end({ child, group }: ReturnType<typeof sleeper>): Promise<void> {
  const exit = once(child, "exit");
  signalGroup(group, "SIGKILL");
  await exit;
}

describe("a process", () => {
  it("is found by the marker of its node, whole and nothing less", async () => {
    const marked = { BELFRY_NODE: "n-1", BELFRY_RUN_ID: "r", BELFRY_ATTEMPT: "2" };
    const long = "x".repeat(100_000);
    const one = sleeper({ LONG: long, ALSO: long, ...marked });
    const others = [sleeper({ BELFRY_NODE: "n-11" }), sleeper({ XBELFRY_NODE: "n-1" })];
    assert.deepEqual(markedProcesses("n-1"), [
      { pid: one.group.id, startTime: one.group.startTime, run: "r", attempt: "2" },
    ]);
    await Promise.all([one, ...others].map(end));
    assert.deepEqual(markedProcesses("n-1"), []);
  });

  it("is not signalled under a pid that is another's by now", async () => {
    const one = sleeper({});
    const stale = { pid: one.group.id, startTime: "1" };
    assert.equal(signalProcess(stale, "SIGKILL"), false);
    assert.equal(signalGroup({ id: stale.pid, startTime: stale.startTime }, "SIGKILL"), false);
    assert.deepEqual(sessionMembers({ id: stale.pid, startTime: stale.startTime }), []);
    assert.deepEqual(sessionMembers(one.group), [
      { pid: one.group.id, startTime: one.group.startTime },
    ]);
    await end(one);
    assert.equal(signalProcess({ pid: one.group.id, startTime: "1" }, "SIGKILL"), false);
  });
});

describe("ending what survives", () => {
  it("gives up on what cannot be ended, and says how much that is", async () => {
    const one = { pid: process.pid, startTime: "not the start of this process" };
    const ending = await endSurvivors({
      groups: () => [],
      find: () => [one],
      politeMs: 0,
      limitMs: 50,
      wait: (ms) => wait(systemClock, ms),
      monotonic: () => systemClock.monotonic(),
    });
    assert.deepEqual(ending, { found: 1, left: 1 });
  });
});

describe("a sweep", () => {
  it("is shared by those who ask at the same time, and fresh for who asks later", async () => {
    const sweep = new Sweep("n-2", systemClock);
    const [first, second] = [sweep.look(), sweep.look()];
    assert.equal(first, second);
    assert.deepEqual(await first, []);
    const one = sleeper({ BELFRY_NODE: "n-2" });
    assert.equal((await sweep.look()).length, 1);
    await end(one);
  });
});

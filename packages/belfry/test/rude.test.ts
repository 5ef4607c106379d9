import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { RunRow } from "../src/records.ts";
import { until, World } from "./world.ts";

const MIB = 1024 * 1024;

describe("commands that behave badly", () => {
  it("each meet a clear end, and the others go on", async () => {
    await using world = new World();
    const node = await world.node("rude");
    // Its first command loads what commands need: from then on memory is compared.
    await node.said(({ kind, task }) => kind === "ended" && task === "good");
    const memory = watchMemory(node.child.pid ?? 0);
    for (const task of ["missing", "deaf", "talkative", "daemon"]) await world.trigger(task);
    await until(async () => (await finals(world)).size === 4, 40_000);
    const ended = await finals(world);

    const missing = ended.get("missing");
    assert.deepEqual([missing?.state, missing?.reason], ["failed", "permanent"]);
    assert.match(missing?.error?.message ?? "", /\/no\/such\/program/);

    const deaf = ended.get("deaf");
    assert.deepEqual([deaf?.state, deaf?.reason], ["failed", "timed-out"]);
    assert.equal(deaf?.attempts[0]?.signal, "SIGKILL");

    const talkative = ended.get("talkative");
    assert.equal(talkative?.state, "succeeded");
    assert.equal(talkative?.attempts[0]?.logBytes, 1024 * MIB);
    assert.ok((talkative?.attempts[0]?.logBytesDropped ?? 0) > 1_000 * MIB);
    const grewMib = memory.stop() / MIB;
    assert.ok(grewMib < 50, `the node's memory grew by ${grewMib.toFixed(1)} MiB`);

    assert.equal(ended.get("daemon")?.state, "succeeded");
    await until(() => !isRunning("sleep\u000086399"), 5_000);

    const good = await world.runs({ task: "good" });
    assert.ok(good.length > 5 && good.every(({ state }) => state !== "failed"));
  });
});

/** Runs by hand that have ended, by task. */
async function finals(world: World): Promise<ReadonlyMap<string, RunRow>> {
  const runs = await world.runs();
  const byHand = runs.filter((run) => run.trigger.kind === "manual" && run.endedAt !== null);
  return new Map(byHand.map((run) => [run.task, run]));
}

/** Watches how much resident memory of a process grows beyond its first figure, in bytes. */
function watchMemory(pid: number): { stop(): number } {
  const read = (): number => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return pages * 4_096;
  };
  const first = read();
  let most = first;
  const timer = setInterval(() => {
    most = Math.max(most, read());
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return most - first;
    },
  };
}

function isRunning(commandLine: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(commandLine);
    } catch {
      return false;
    }
  });
}

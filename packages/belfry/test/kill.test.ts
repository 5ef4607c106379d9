import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunRow } from "../src/records.ts";
import { until, World } from "./world.ts";

const KILLS = Number(process.env["BELFRY_TEST_KILLS"] ?? 3);
const COMMANDS = 20;

describe("a node that is killed while 20 commands run", () => {
  it(`loses no run, records none twice and leaves no child, ${KILLS} times`, async (test) => {
    await using world = new World();
    const recoveries: number[] = [];
    let node = await world.node("commands", { size: COMMANDS });
    for (let kill = 0; kill < KILLS; kill++) {
      await until(() => world.survivors().length >= COMMANDS, 15_000);
      await node.kill();
      const killedAt = Date.now();
      await until(() => world.survivors().length === 0, 2_000);
      node = await world.node("commands", { size: COMMANDS });
      const joined = await node.said(({ kind }) => kind === "started");
      const recovered = await node.said(({ kind }) => kind === "dead");
      recoveries.push(recovered.at - joined.at);
      assert.ok(recovered.at >= killedAt);
    }
    assert.equal(await node.stop(), 0);
    assert.deepEqual(world.survivors(), []);
    const slowest = Math.max(...recoveries);
    assert.ok(slowest < 1_000, `recovered ${slowest} ms after the restart`);
    test.diagnostic(`recovered within ${slowest} ms of the restart`);
    test.diagnostic(await judge(world));
  });
});

/** The effects file against the store: the witness of what really ran. */
async function judge(world: World): Promise<string> {
  const runs = await world.runs();
  const byId = new Map(runs.map((run) => [run.id, run]));
  assert.equal(byId.size, runs.length, "no run stands twice");
  assert.deepEqual(
    runs.filter(({ state }) => state === "running").map(({ id }) => id),
    [],
    "nothing is left running",
  );
  const starts = new Map<string, number>();
  const ends = new Set<string>();
  for (const [what, run = "", attempt = ""] of world.effects()) {
    const key = `${run} ${attempt}`;
    if (what === "start") starts.set(key, (starts.get(key) ?? 0) + 1);
    else ends.add(key);
  }
  for (const [key, times] of starts) {
    const [id = "", attempt = ""] = key.split(" ");
    const run = byId.get(id);
    assert.ok(run, `run ${id} was started and is not in the store`);
    assert.equal(times, 1, `attempt ${key} was started twice`);
    assert.ok(Number(attempt) <= run.attempts.length, `attempt ${key} is not recorded`);
  }
  for (const run of runs) judgeRun(run, starts, ends);
  const lost = runs.filter((run) => run.attempts.some(({ outcome }) => outcome === "lost"));
  assert.ok(lost.length > 0);
  return `${runs.length} runs, ${starts.size} starts witnessed, ${lost.length} runs lost a node`;
}

function judgeRun(run: RunRow, starts: Map<string, number>, ends: ReadonlySet<string>): void {
  const atMostOnce = Number(run.task.split("-")[1]) % 2 === 1;
  const begun = run.attempts.filter(({ number }) => starts.has(`${run.id} ${number}`)).length;
  if (atMostOnce) {
    assert.ok(begun <= 1, `${run.task} ${run.id} may start at most once`);
    if (run.state === "failed")
      assert.equal(run.reason === "lost" || run.reason === "interrupted", true);
  } else if (run.state === "failed") {
    assert.equal(run.reason, "lost", `${run.task} ${run.id} was given up`);
    assert.equal(run.attempts.filter(({ outcome }) => outcome === "lost").length, 3);
  }
  if (run.state !== "succeeded") return;
  assert.ok(ends.has(`${run.id} ${run.attempts.length}`), `${run.id} succeeded and did not end`);
}

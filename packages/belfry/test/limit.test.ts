import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until, World } from "./world.ts";

const RUNS = 1_000;

describe("a limit of 1", () => {
  it(`holds across two processes under ${RUNS} claims, and each run runs once`, async () => {
    await using world = new World();
    const nodes = [await world.node("limited"), await world.node("limited")];
    await world.trigger("limited", RUNS);
    await until(async () => (await world.runs({ state: "succeeded" })).length === RUNS, 60_000);
    const effects = world.effects();
    assert.equal(effects.length, 2 * RUNS);
    for (let index = 0; index < effects.length; index += 2) {
      const [start, end] = [effects[index], effects[index + 1]];
      assert.deepEqual([start?.[0], end?.[0]], ["start", "end"], "two ran at once");
      assert.equal(start?.[1], end?.[1]);
    }
    const workers = new Set(effects.map((words) => words[4]));
    assert.equal(workers.size, nodes.length, "both nodes had their share");
  });
});

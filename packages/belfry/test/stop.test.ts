import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until, World } from "./world.ts";

const RUNS = 10;

describe("a node that is stopped beyond its lease while it holds runs", () => {
  it("is taken over, and when it wakes it changes nothing: one outcome each", async () => {
    await using world = new World();
    const scene = { size: 1_500, lease: "3s" } as const;
    const first = await world.node("functions", scene);
    await world.trigger("slow", RUNS);
    await until(() => world.effects().length === RUNS, 10_000);
    first.signal("SIGSTOP");
    const second = await world.node("functions", scene);
    const dead = await second.said(({ kind }) => kind === "dead");
    assert.equal(dead["evidence"], "expired");
    await until(async () => (await world.runs({ state: "succeeded" })).length === RUNS, 20_000);
    const before = await world.runs();

    first.signal("SIGCONT");
    await first.said(({ kind }) => kind === "declared-dead");
    await until(() => first.events.filter(({ kind }) => kind === "started").length === 2, 15_000);
    assert.deepEqual(await world.runs(), before, "the woken node changed nothing");
    for (const run of before) {
      assert.deepEqual(
        run.attempts.map(({ outcome }) => outcome),
        ["lost", "succeeded"],
      );
      assert.ok((run.attempts[0]?.fence ?? 0) < (run.attempts[1]?.fence ?? 0));
    }
    await world.trigger("slow");
    await until(async () => (await world.runs({ state: "succeeded" })).length === RUNS + 1, 10_000);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BEAT_MS, Pulse, StallWatch } from "./pulse.ts";

describe("the pulse of a program's loop", () => {
  it("carries beats and the tasks at work through shared memory", () => {
    const program = new Pulse();
    const keeper = new Pulse(program.memory);
    assert.equal(keeper.beats, 0);
    assert.deepEqual(keeper.tasks, []);
    program.beat();
    program.work(["nightly-report", "Überweisung"]);
    assert.equal(keeper.beats, 1);
    assert.deepEqual(keeper.tasks, ["nightly-report", "Überweisung"]);
    program.work([]);
    assert.deepEqual(keeper.tasks, []);
  });

  it("leaves out the names that do not fit", () => {
    const pulse = new Pulse();
    pulse.work(Array.from({ length: 1_000 }, (_, index) => `task-number-${index}`));
    assert.ok(pulse.tasks.length > 50);
    assert.equal(pulse.tasks[0], "task-number-0");
    pulse.work(["x".repeat(10_000)]);
    assert.deepEqual(pulse.tasks, []);
  });
});

describe("the watch for a loop that stands still", () => {
  it("says once that it stands, and once that it moves", () => {
    const watch = new StallWatch(4 * BEAT_MS);
    const changes = [1, 1, 1, 1, 1, 1, 2, 2].map((beats) => watch.tick(beats)?.kind ?? "-");
    assert.deepEqual(changes, ["-", "-", "-", "-", "stalled", "-", "moves", "-"]);
  });

  it("says nothing while the loop is slow but moves", () => {
    const watch = new StallWatch(3 * BEAT_MS);
    for (const beats of [1, 1, 1, 2, 2, 2, 3, 3, 3]) assert.equal(watch.tick(beats), null);
  });
});

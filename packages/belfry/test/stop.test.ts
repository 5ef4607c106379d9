import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { type NodeProcess, until, World } from "./world.ts";

const RUNS = 10;

/**
 * A process that is stopped in the middle of a commit holds the file's lock, and then nobody can
 * write until it wakes: that is SQLite's to decide, and not what is asked here.
 */
async function stopBetweenWrites(world: World, node: NodeProcess): Promise<void> {
  for (;;) {
    node.signal("SIGSTOP");
    if (isWritable(world.store)) return;
    node.signal("SIGCONT");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isWritable(path: string): boolean {
  const db = new DatabaseSync(path, { timeout: 500 });
  try {
    db.exec("begin immediate; rollback");
    return true;
  } catch {
    return false;
  } finally {
    db.close();
  }
}

describe("a node that is stopped beyond its lease while it holds runs", () => {
  it("is taken over, and when it wakes it changes nothing: one outcome each", async () => {
    await using world = new World();
    const scene = { size: 1_500, lease: "3s" } as const;
    const first = await world.node("functions", scene);
    await world.trigger("slow", RUNS);
    await until(() => world.effects().length === RUNS, 10_000);
    await stopBetweenWrites(world, first);
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

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until, World } from "./world.ts";

const BLOCKED_MS = Number(process.env["BELFRY_TEST_BLOCKED_MS"] ?? 7_000);

describe("a task that blocks the event loop of its node", () => {
  it("keeps the lease, is named, loses nothing, and what waited starts afterwards", async () => {
    await using world = new World();
    const node = await world.node("blocking", { size: BLOCKED_MS, lease: "3s" });
    const witness = await world.node("limited", { lease: "3s" });
    await world.trigger("blocker");
    await until(() => world.effects().length === 1, 10_000);
    const blockedAt = Date.now();
    await until(async () => (await stalled(world)).includes("blocker"), BLOCKED_MS);
    const namedMs = Date.now() - blockedAt;
    assert.ok(namedMs < 6_500, `named after ${namedMs} ms`);
    const [waiting] = await world.trigger("blocker");

    await until(
      async () => (await world.runs({ state: "succeeded", task: "blocker" })).length === 1,
      2 * BLOCKED_MS,
    );
    await until(async () => (await stalled(world)).length === 0, 5_000);
    assert.deepEqual(
      witness.events.filter(({ kind }) => kind === "dead"),
      [],
      "nobody took it for dead",
    );
    await until(
      () => world.effects().some(([what, run]) => what === "start" && run === waiting),
      5_000,
    );
    // The second blocker may begin in the same batch, and hold back the word of the ticker's end.
    await node.said(({ kind, task }) => kind === "ended" && task === "ticker");
  });
});

/** The tasks that stand in the store as blocking a node. */
function stalled(world: World): Promise<readonly string[]> {
  return world.operate(async ({ store }) => {
    const nodes = await store.nodes();
    return nodes.flatMap((node) => node.stalled?.tasks ?? []);
  });
}

import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { describe, it } from "node:test";
import type { EngineEvent } from "../src/engine/events.ts";
import { every, openBelfry, type Task, task } from "../src/index.ts";
import { backUp } from "../src/stores/sqlite/backup.ts";
import { until, World } from "./world.ts";

interface Effect {
  readonly dueAt: number;
  readonly key: string;
  readonly fence: number;
}

/** One life of a node: what it ran and what it told, until `enough`. */
async function live(
  world: World,
  enough: (effects: readonly Effect[]) => boolean,
  last: () => void = () => {},
): Promise<{ effects: readonly Effect[]; events: readonly EngineEvent[] }> {
  const effects: Effect[] = [];
  const events: EngineEvent[] = [];
  const tasks: readonly Task[] = [
    task("pulse", {
      schedule: every("1s"),
      catchUp: "all",
      run: (ctx) => {
        const { fence } = ctx.run;
        effects.push({ dueAt: ctx.dueAt.getTime(), key: ctx.idempotencyKey, fence });
      },
    }),
  ];
  await using belfry = await openBelfry({ store: `sqlite:${world.store}`, name: "restore", tasks });
  belfry.on((event) => events.push(event));
  await belfry.start();
  await until(() => enough(effects), 15_000);
  last();
  await belfry.stop();
  return { effects, events };
}

describe("an old copy in the store's place", () => {
  it("is named by the node that starts on it, and what ran since runs again as the same runs", async () => {
    await using world = new World();
    const copy = `${world.store}.copy`;
    let copiedAt = 0;
    const request = { store: world.store, file: copy, existing: "kept", logs: "left" } as const;
    const first = await live(world, (effects) => {
      if (effects.length === 2 && copiedAt === 0) {
        copiedAt = Date.now();
        backUp(request, copiedAt);
      }
      return effects.length >= 4;
    });
    for (const end of ["", "-wal", "-shm"]) rmSync(`${world.store}${end}`, { force: true });
    renameSync(copy, world.store);

    const lastBefore = first.effects.at(-1)?.dueAt ?? 0;
    const second = await live(world, (effects) =>
      effects.some(({ dueAt }) => dueAt > lastBefore + 1_000),
    );
    const told = second.events.filter((event) => event.kind === "restored");
    assert.equal(told.length, 1);
    assert.equal(told[0]?.copiedAt, copiedAt);
    assert.ok((told[0]?.lostUntilAt ?? 0) >= lastBefore);

    const byKey = Map.groupBy([...first.effects, ...second.effects], ({ key }) => key);
    const twice = [...byKey.values()].filter((effects) => effects.length > 1);
    assert.ok(twice.length >= 1, "the copy cannot know of them");
    for (const effects of byKey.values()) {
      assert.ok(effects.length <= 2);
      assert.equal(new Set(effects.map(({ dueAt }) => dueAt)).size, 1);
    }
    for (const [effect] of twice)
      assert.ok((effect?.dueAt ?? 0) >= (told[0]?.lostFromAt ?? 0) - 2_000);
    const highest = Math.max(...first.effects.map(({ fence }) => fence));
    for (const { fence } of second.effects) assert.ok(fence > highest);

    await world.operate(async ({ store }) => {
      const [row] = await store.audit({ what: "store.restored", limit: 9 });
      assert.match(row?.after ?? "", /lostFromAt/);
      const runs = await store.runs({ limit: 1_000 });
      assert.equal(new Set(runs.map(({ id }) => id)).size, runs.length);
    });

    const third = await live(world, (effects) => effects.length > 0);
    assert.equal(third.events.filter(({ kind }) => kind === "restored").length, 0);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClaimedRun, RunFilter, RunRow } from "../records.ts";
import {
  claimDue,
  definition,
  HOUR,
  NOON,
  request,
  retryAt,
  SUCCEEDED,
  settleOne,
} from "../stores/store.fixture.ts";
import { listRuns } from "./list-runs.ts";
import { Scene } from "./verbs.fixture.ts";

const BODY = definition("bill", { schedules: [] });

/** 500 runs of one instant, and as many of two others around it. */
async function stageRuns(scene: Scene): Promise<void> {
  await scene.up([BODY]);
  for (const dueAt of [NOON, NOON + HOUR, NOON + 2 * HOUR]) {
    const count = dueAt === NOON + HOUR ? 500 : 250;
    await scene.store.trigger(
      Array.from({ length: count }, () => request(BODY, { dueAt })),
      NOON,
    );
  }
  scene.at(NOON + 3 * HOUR);
}

async function listed(
  scene: Scene,
  filter: RunFilter,
  each: (run: RunRow, index: number) => Promise<void> = async () => {},
): Promise<RunRow[]> {
  const runs: RunRow[] = [];
  for await (const run of listRuns(scene.context, filter)) {
    runs.push(run);
    await each(run, runs.length);
  }
  return runs;
}

function assertEachOnce(runs: readonly RunRow[]): void {
  assert.equal(new Set(runs.map(({ id }) => id)).size, runs.length);
  for (const [index, run] of runs.entries()) {
    assert.ok(index === 0 || (runs[index - 1]?.dueAt ?? 0) >= run.dueAt, "newest first");
  }
}

describe("a list of runs", () => {
  it("has each once, also of an instant with more runs than a page has", async () => {
    await using scene = new Scene();
    await stageRuns(scene);
    const all = await listed(scene, { limit: Infinity });
    assert.equal(all.length, 1_000);
    assertEachOnce(all);
    assert.equal((await listed(scene, { limit: 650 })).length, 650);
    assert.equal((await listed(scene, { limit: 0 })).length, 0);
    const noon = await listed(scene, { from: NOON, until: NOON + HOUR, limit: Infinity });
    assert.equal(noon.length, 250);
  });

  it("filtered by state ends, and has none twice, while runs start and end meanwhile", async () => {
    await using scene = new Scene();
    await stageRuns(scene);
    const { store, now } = scene;
    const pending = await listed(scene, { state: "pending", limit: Infinity }, async (_, index) => {
      if (index % 7 !== 0) return;
      const claimed = await claimDue(store, now, { limit: 6 });
      for (const [nth, run] of claimed.entries()) {
        // Some end, some run on, and some wait again: they leave the list and come back to it.
        if (nth < 2) await settleOne(store, run, SUCCEEDED, now);
        else if (nth < 5) await settleOne(store, run, retryAt(now), now);
      }
    });
    assertEachOnce(pending);
    assert.ok(pending.length >= 250 && pending.length <= 1_000, `${pending.length} runs`);
    const ended = await listed(scene, { state: "succeeded", limit: Infinity });
    const running = await listed(scene, { state: "running", limit: Infinity });
    const waiting = await listed(scene, { state: "pending", limit: Infinity });
    assertEachOnce([...ended]);
    assert.equal(ended.length + running.length + waiting.length, 1_000);
  });

  it("does not give again what left the filter and came back", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { store } = scene;
    await store.trigger(
      Array.from({ length: 900 }, () => request(BODY)),
      NOON,
    );
    const given = new Set<string>();
    const away: ClaimedRun[] = [];
    const runs = await listed(
      scene,
      { state: "pending", limit: Infinity },
      async ({ id }, index) => {
        given.add(id);
        // What the first page gave is away while the second is read, and back for the third.
        if (index === 200) {
          for (const run of await claimDue(store, NOON, { limit: 900 })) {
            if (given.has(run.id)) away.push(run);
            else await settleOne(store, run, retryAt(NOON), NOON);
          }
        }
        if (index === 600) for (const run of away) await settleOne(store, run, retryAt(NOON), NOON);
      },
    );
    assert.equal(away.length, 200);
    assert.equal(runs.length, 900);
    assertEachOnce(runs);
  });
});

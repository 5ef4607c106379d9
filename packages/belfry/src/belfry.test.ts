import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { task } from "./define/task.ts";
import { openBelfry } from "./main.ts";

const double = task("double", { run: (ctx) => Number(ctx.payload) * 2 });

describe("Belfry in a program", () => {
  it("triggers, waits, lists, pauses and explains", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-library-"));
    try {
      await using belfry = await openBelfry({ store: `sqlite:${folder}/b.db`, tasks: [double] });
      await belfry.start();
      const run = await belfry.trigger(double, { payload: 21 });
      assert.deepEqual(await run.finished(), { state: "succeeded", result: 42 });

      const at = new Date(Date.now() + 3_600_000);
      const later = await belfry.trigger("double", { payload: 1, at });
      assert.equal((await belfry.why(later.id)).cause, "not-due");
      const listed = await all(belfry.runs.list({ task: "double" }));
      assert.deepEqual(
        listed.map(({ id }) => id),
        [later.id, run.id],
      );
      assert.equal(listed[0]?.dueAt.getTime(), at.getTime());
      assert.equal((await all(belfry.runs.list({ limit: 1 }))).length, 1);

      const until = new Date(Date.now() + 60_000);
      await belfry.tasks.pause("double", { until, reason: "lunch" });
      const { pause, nextDueAt } = await belfry.tasks.get("double");
      assert.deepEqual([pause?.until?.getTime(), nextDueAt], [until.getTime(), null]);
      await assert.rejects(belfry.trigger("double"), { code: "paused" });
      await belfry.tasks.resume("double");
      assert.equal(await belfry.runs.cancel(later.id), "cancelled");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("takes an instant as text only with its offset: a host's own zone decides nothing", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-library-"));
    try {
      await using belfry = await openBelfry({ store: `sqlite:${folder}/b.db`, tasks: [double] });
      await belfry.start();
      for (const at of ["2126-12-01T09:00", "tomorrow", new Date(Number.NaN)]) {
        await assert.rejects(belfry.trigger("double", { at }), { code: "bad-instant" });
      }
      const { id } = await belfry.trigger("double", { at: "2126-12-01T09:00+02:00" });
      const { dueAt } = await belfry.runs.get(id);
      assert.equal(dueAt.toISOString(), "2126-12-01T07:00:00.000Z");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TaskRow } from "../records.ts";
import { definition, HOUR, MINUTE, NOON, schedule } from "../stores/store.fixture.ts";
import { Scene } from "../verbs/verbs.fixture.ts";
import { nextDueAt, taskDetailView, taskView } from "./task.ts";

const BODY = definition("backup", {
  schedules: [schedule("hourly", "0 * * * *"), schedule("half", "30 * * * *")],
});

async function backup(scene: Scene): Promise<TaskRow> {
  const [task] = await scene.store.tasks("backup");
  assert.ok(task);
  return task;
}

describe("a task as JSON", () => {
  it("is due next at an instant to come, also when nobody has planned for long", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const task = await backup(scene);
    assert.equal(nextDueAt(task, NOON), NOON + 30 * MINUTE);
    const later = NOON + 50 * HOUR + MINUTE;
    assert.equal(nextDueAt(task, later), NOON + 50 * HOUR + 30 * MINUTE);
    const view = taskView(task, later);
    assert.equal(view.nextDueAt, "2026-11-26T14:30:00.000Z");
    assert.deepEqual(
      view.schedules.map(({ key, next }) => [key, next]),
      [
        ["half", "2026-11-26T14:30:00.000Z"],
        ["hourly", "2026-11-26T15:00:00.000Z"],
      ],
    );
  });

  it("has no schedules once it was removed", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const view = taskView({ ...(await backup(scene)), enabled: false }, NOON);
    assert.deepEqual([view.nextDueAt, view.schedules], [null, []]);
  });

  it("has policies whose durations say their unit", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { policies, policyWords } = taskDetailView(await backup(scene), NOON);
    assert.equal(policies.startWithinMs, "next");
    assert.equal("startWithin" in policies, false);
    assert.ok(policyWords.length > 4);
  });
});

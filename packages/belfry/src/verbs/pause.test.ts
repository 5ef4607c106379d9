import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definition, HOUR, MINUTE, NOON } from "../stores/store.fixture.ts";
import { pause, resume } from "./pause.ts";
import { trigger } from "./trigger.ts";
import { Scene } from "./verbs.fixture.ts";

const BY_HAND = { payload: null, at: null, idempotencyKey: null, force: false };

describe("a pause", () => {
  it("lasts as long as it was said to, however long it took to say so", async () => {
    await using scene = new Scene();
    await scene.up([definition("backup")]);
    const asked = scene.now;
    scene.at(asked + 7);
    const task = await pause(
      scene.context,
      "backup",
      { untilAt: asked + 2 * HOUR, reason: "disk" },
      asked,
    );
    const { fromAt = 0, untilAt } = task.pause ?? {};
    assert.equal((untilAt ?? 0) - fromAt, 2 * HOUR);
    assert.deepEqual([task.pause?.by, task.pause?.reason], ["ann@host", "disk"]);
  });

  it("that would end before it begins is refused", async () => {
    await using scene = new Scene();
    await scene.up([definition("backup")]);
    await assert.rejects(pause(scene.context, "backup", { untilAt: NOON, reason: null }), {
      code: "bad-until",
    });
  });

  it("accounts first for what was due before it", async () => {
    await using scene = new Scene();
    await scene.up([definition("backup")]);
    scene.at(NOON + 3 * MINUTE);
    await pause(scene.context, "backup", { untilAt: null, reason: null });
    scene.at(NOON + 5 * MINUTE);
    await scene.plan("backup");
    const gaps = await scene.store.gaps("backup", NOON, NOON + HOUR);
    assert.deepEqual(
      gaps.map(({ reason, count }) => `${count} ${reason}`),
      ["2 down", "1 late", "2 paused"],
      "what ran late into the pause may not start any more",
    );
  });

  it("lifted, tells which runs it held, and is not lifted twice", async () => {
    await using scene = new Scene();
    const { context } = scene;
    await scene.up([definition("backup")]);
    const { run } = await trigger(context, "backup", BY_HAND);
    await pause(context, "backup", { untilAt: null, reason: null });
    await assert.rejects(trigger(context, "backup", BY_HAND), { code: "paused" });
    const { task, held } = await resume(context, "backup");
    assert.equal(task.pause, null);
    assert.deepEqual(
      held.map(({ id }) => id),
      [run.id],
    );
    await assert.rejects(resume(context, "backup"), { code: "not-paused", kind: "conflict" });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definition, HOUR, MINUTE, NOON, schedule } from "../stores/store.fixture.ts";
import { removeSchedule, setSchedule } from "./schedule.ts";
import { Scene } from "./verbs.fixture.ts";

const BODY = definition("bill", { schedules: [schedule("own")] });

function every(minutes: number, nextAt: number) {
  const { parts } = schedule("acme", `*/${minutes} * * * *`);
  return { task: "bill", key: "acme", parts, payload: '{"customer":7}', nextAt };
}

async function keysOf(scene: Scene): Promise<string[]> {
  const due = await scene.store.schedulesOf(["bill"]);
  return due.map(({ key }) => key);
}

describe("a schedule made at run time", () => {
  it("is added, replaced and removed", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    await setSchedule(scene.context, every(10, NOON + 10 * MINUTE));
    assert.deepEqual(new Set(await keysOf(scene)), new Set(["acme", "own"]));
    await setSchedule(scene.context, every(30, NOON + 30 * MINUTE));
    assert.equal(await removeSchedule(scene.context, "bill", "acme"), true);
    assert.equal(await removeSchedule(scene.context, "bill", "acme"), false);
    assert.deepEqual(await keysOf(scene), ["own"]);
  });

  it("accounts by its old rule for what fell due before it changed", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    await setSchedule(scene.context, every(10, NOON + 10 * MINUTE));
    scene.at(NOON + 25 * MINUTE);
    await setSchedule(scene.context, every(30, NOON + 30 * MINUTE));
    const gaps = await scene.store.gaps("bill", NOON, NOON + HOUR);
    const own = gaps.filter(({ scheduleKey }) => scheduleKey === "acme");
    assert.deepEqual(
      own.map(({ count, reason, fromAt }) => [count, reason, fromAt]),
      [
        [1, "down", NOON + 10 * MINUTE],
        [1, "edited", NOON + 20 * MINUTE],
      ],
    );
  });

  it("is refused where code declares it, or there is no such task", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const own = { ...every(10, NOON + HOUR), key: "own" };
    await assert.rejects(setSchedule(scene.context, own), { code: "owned", kind: "conflict" });
    const nobody = { ...every(10, NOON + HOUR), task: "nobody" };
    await assert.rejects(setSchedule(scene.context, nobody), { code: "unknown-task" });
  });
});

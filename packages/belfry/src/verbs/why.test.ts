import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instantWords } from "../cli/terminal/time-words.ts";
import {
  claimOne,
  definition,
  HOUR,
  limited,
  MINUTE,
  NOON,
  retryAt,
  SECOND,
  schedule,
  settleOne,
} from "../stores/store.fixture.ts";
import { cancel } from "./cancel.ts";
import { pause } from "./pause.ts";
import { trigger } from "./trigger.ts";
import { failedAs, Scene } from "./verbs.fixture.ts";
import { why } from "./why.ts";

const BY_HAND = { payload: null, at: null, idempotencyKey: null, force: false };
const HOURLY = definition("backup", { schedules: [schedule("default", "0 * * * *")] });

async function causeOf(scene: Scene, subject: string): Promise<string> {
  return (await why(scene.context, subject)).cause;
}

describe("why, of a task", () => {
  it("says what lies in its way: a pause, no node, a node that died, no code", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY], { leaseMs: MINUTE });
    assert.equal(await causeOf(scene, "backup"), "not-due");
    await pause(scene.context, "backup", { untilAt: NOON + SECOND, reason: null });
    assert.equal(await causeOf(scene, "backup"), "paused");
    scene.at(NOON + SECOND);
    assert.equal(await causeOf(scene, "backup"), "not-due", "a pause ends by itself");
    scene.at(NOON + 2 * MINUTE);
    assert.equal(await causeOf(scene, "backup"), "no-node", "its lease ran out");
    await scene.up([definition("other")], { node: "n2", source: "elsewhere" });
    assert.equal(await causeOf(scene, "backup"), "no-code");
  });

  it("tells code that is not there from code that could not be loaded", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    await scene.store.leave("n1", scene.now);
    scene.at(NOON + MINUTE);
    await scene.up([definition("other")], { node: "n2", unread: ["backup"] });
    const { cause, sentence, remedy } = await why(scene.context, "backup");
    assert.equal(cause, "no-code");
    assert.match(sentence, /no live node could load it/);
    assert.deepEqual(remedy, ["belfry doctor"]);
  });

  it("says which run holds the limit", async () => {
    await using scene = new Scene();
    await scene.up([limited("sync", 1, "skip")]);
    const { run } = await trigger(scene.context, "sync", BY_HAND);
    await claimOne(scene.store, scene.now);
    assert.equal(await causeOf(scene, "sync"), "running");
    const { run: second } = await trigger(scene.context, "sync", BY_HAND);
    const { cause, evidence } = await why(scene.context, "sync");
    assert.deepEqual([cause, evidence["holders"]], ["at-limit", [run.id]]);
    assert.equal(await causeOf(scene, second.id), "at-limit");
  });

  it("says when the retry comes, and when it is due next although nobody has planned it", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    scene.at(NOON + HOUR);
    await scene.plan("backup");
    const run = await claimOne(scene.store, scene.now);
    await settleOne(scene.store, run, retryAt(NOON + 2 * HOUR), scene.now);
    assert.equal(await causeOf(scene, "backup"), "retry-wait");
    await cancel(scene.context, run.id);
    scene.at(NOON + 3 * HOUR + MINUTE);
    const { evidence } = await why(scene.context, "backup");
    assert.equal(evidence["nextAt"], "2026-11-24T16:00:00.000Z");
  });

  it("tells of its last run where that failed, and not after a success", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    const error = { message: "disk full", code: null, stack: null };
    scene.at(NOON + HOUR);
    await scene.plan("backup");
    const failed = await scene.perform("failed", { error });
    const { cause, sentence, remedy } = await why(scene.context, "backup");
    assert.equal(cause, "not-due");
    assert.match(sentence, /Its last run failed at 2026-11-24T13:00:00\.000Z: disk full\.$/);
    assert.equal(remedy[0], `belfry why ${failed.id}`);
    await scene.runs("backup", NOON + 2 * HOUR, "succeeded");
    assert.doesNotMatch((await why(scene.context, "backup")).sentence, /failed/);
  });

  it("says that it is never due again, has no schedule, or is gone", async () => {
    await using scene = new Scene();
    const part = { expression: "2026-11-24T12:30", dialect: "at", timeZone: "UTC", anchor: null };
    const once = [{ ...schedule(), parts: [{ ...part, dialect: "at" as const }] }];
    const bodies = [definition("once", { schedules: once }), definition("hand", { schedules: [] })];
    await scene.up(bodies);
    await scene.runs("once", NOON + 30 * MINUTE, "succeeded");
    assert.equal(await causeOf(scene, "once"), "never-due");
    assert.equal(await causeOf(scene, "hand"), "no-schedule");
    await scene.store.leave("n1", scene.now);
    scene.at(NOON + HOUR);
    await scene.up([HOURLY], { node: "n2" });
    assert.equal(await causeOf(scene, "hand"), "removed");
  });

  it("writes instants as it is told, in the task's zone", async () => {
    await using scene = new Scene();
    await scene.up([{ ...HOURLY, timeZone: "Asia/Tokyo" }]);
    const { sentence, evidence } = await why(scene.context, "backup", instantWords);
    assert.equal(sentence, "It is not due yet: next at 2026-11-24 22:00 +09:00.");
    assert.deepEqual(evidence, { nextAt: "2026-11-24 22:00 +09:00" });
  });
});

describe("why, of a run", () => {
  it("says how it ended", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    const { context } = scene;
    for (const reason of ["exhausted", "lost", "timed-out", "permanent"] as const) {
      const { run } = await trigger(context, "backup", BY_HAND);
      await scene.perform("failed", failedAs(reason));
      assert.equal(await causeOf(scene, run.id), reason);
    }
    const { run } = await trigger(context, "backup", BY_HAND);
    await cancel(context, run.id);
    const { cause, sentence } = await why(context, run.id);
    assert.equal(cause, "cancelled");
    assert.match(sentence, /^ann@host cancelled it at /);
    await trigger(context, "backup", BY_HAND);
    await scene.perform("succeeded");
    assert.equal(await causeOf(scene, "backup@latest"), "succeeded");
  });

  it("says until when it waits, also one that is triggered for later", async () => {
    await using scene = new Scene();
    await scene.up([definition("hand", { schedules: [] })]);
    const { run } = await trigger(scene.context, "hand", { ...BY_HAND, at: NOON + HOUR });
    for (const subject of [run.id, "hand"]) {
      const { cause, sentence } = await why(scene.context, subject);
      assert.equal(cause, "not-due");
      assert.equal(sentence, "It is due at 2026-11-24T13:00:00.000Z.");
    }
  });

  it("refuses what is neither a task nor a run", async () => {
    await using scene = new Scene();
    await assert.rejects(causeOf(scene, "nobody"), { code: "unknown-task" });
    await assert.rejects(causeOf(scene, "abcdef"), { code: "unknown-run" });
  });
});

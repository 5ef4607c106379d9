import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDay } from "../cli/instants.ts";
import type { Definition, Policies } from "../core/definition.ts";
import type { Did } from "../core/did.ts";
import {
  claimOne,
  DAY,
  definition,
  HOUR,
  MINUTE,
  NOON,
  SUCCEEDED,
  schedule,
  settleOne,
} from "../stores/store.fixture.ts";
import { did } from "./did.ts";
import { pause } from "./pause.ts";
import { replay } from "./trigger.ts";
import { Scene } from "./verbs.fixture.ts";

function task(expression: string, timeZone = "UTC", policies: Partial<Policies> = {}): Definition {
  const part = { expression, dialect: "unix", timeZone, anchor: null } as const;
  const schedules = [{ ...schedule(), parts: [part] }];
  return definition("backup", { timeZone, schedules, policies });
}

async function ask(scene: Scene, from: number, until: number, strict = false): Promise<Did> {
  return await did(scene.context, "backup", { from, until, timeZone: null, strict });
}

/** `12:01 succeeded`, `12:02 gap down`: in UTC. */
function told({ occurrences }: Did): string[] {
  return occurrences.map(({ dueAt, state, reason }) => {
    const clock = new Date(dueAt).toISOString().slice(11, 16);
    return [clock, state, reason ?? ""].join(" ").trimEnd();
  });
}

const HOURLY = task("0 * * * *");

describe("did", () => {
  it("tells what ran and what failed, with the run of each", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    const good = await scene.runs("backup", NOON + HOUR, "succeeded");
    const bad = await scene.runs("backup", NOON + 2 * HOUR, "failed");
    const answer = await ask(scene, NOON, NOON + 3 * HOUR);
    assert.deepEqual(told(answer), ["13:00 succeeded", "14:00 failed exhausted"]);
    assert.deepEqual(
      answer.occurrences.map(({ run, schedule: key }) => [run, key]),
      [
        [good.id, "default"],
        [bad.id, "default"],
      ],
    );
    assert.deepEqual([answer.ok, answer.due, answer.succeeded], [false, 2, 1]);
    assert.equal((await ask(scene, NOON, NOON + 2 * HOUR)).ok, true, "until is excluded");
  });

  it("tells what waits and what runs now as not done yet", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    scene.at(NOON + HOUR);
    await scene.plan("backup");
    await claimOne(scene.store, scene.now);
    scene.at(NOON + 2 * HOUR);
    await scene.plan("backup");
    const answer = await ask(scene, NOON, NOON + 3 * HOUR);
    assert.deepEqual(told(answer), ["13:00 running", "14:00 pending"]);
    assert.equal(answer.ok, false);
  });

  it("tells what was missed while the node was down", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    await scene.runs("backup", NOON + 4 * HOUR, "succeeded");
    const answer = await ask(scene, NOON, NOON + 5 * HOUR);
    assert.deepEqual(told(answer), [
      "13:00 gap down",
      "14:00 gap down",
      "15:00 gap down",
      "16:00 succeeded",
    ]);
    assert.deepEqual([answer.ok, answer.due, answer.succeeded], [false, 4, 1]);
    const part = await ask(scene, NOON + 2 * HOUR, NOON + 3 * HOUR);
    assert.deepEqual(told(part), ["14:00 gap down"], "a gap that reaches out of the period");
  });

  it("tells it before anybody is back to account for it, and writes nothing", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    await scene.store.leave("n1", scene.now);
    scene.at(NOON + 3 * HOUR + MINUTE);
    const answer = await ask(scene, NOON, NOON + DAY);
    assert.deepEqual(told(answer), ["13:00 gap down", "14:00 gap down", "15:00 pending"]);
    assert.equal(answer.ok, false);
    assert.deepEqual(await scene.store.gaps("backup", NOON, NOON + DAY), []);
    const early = await ask(scene, NOON, NOON + 90 * MINUTE);
    assert.deepEqual(told(early), ["13:00 gap down"]);
  });

  it("tells what fell in a pause, which counts against it only if strict", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    await pause(scene.context, "backup", { untilAt: NOON + 150 * MINUTE, reason: null });
    await scene.runs("backup", NOON + 3 * HOUR, "succeeded");
    const answer = await ask(scene, NOON, NOON + 4 * HOUR);
    assert.deepEqual(told(answer), ["13:00 gap paused", "14:00 gap paused", "15:00 succeeded"]);
    assert.equal(answer.ok, true);
    assert.equal((await ask(scene, NOON, NOON + 4 * HOUR, true)).ok, false);
  });

  it("tells what was skipped because another run was under way", async () => {
    await using scene = new Scene();
    await scene.up([task("0 * * * *", "UTC", { concurrency: { limit: 1, by: null } })]);
    scene.at(NOON + HOUR);
    await scene.plan("backup");
    const run = await claimOne(scene.store, scene.now);
    scene.at(NOON + 2 * HOUR);
    await scene.plan("backup");
    await settleOne(scene.store, run, SUCCEEDED, scene.now);
    const answer = await ask(scene, NOON, NOON + 3 * HOUR);
    assert.deepEqual(told(answer), ["13:00 succeeded", "14:00 gap overlap"]);
    assert.equal(answer.ok, true);
  });

  it("finds nothing wrong with a day on which nothing was due", async () => {
    await using scene = new Scene();
    await scene.up([task("0 3 * * 1")]);
    scene.at(NOON + DAY);
    const { ok, due, occurrences } = await ask(scene, NOON, NOON + DAY, true);
    assert.deepEqual({ ok, due, occurrences }, { ok: true, due: 0, occurrences: [] });
  });

  it("lets a replay that succeeded make an occurrence good, and a replay of the replay", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY]);
    const failed = await scene.runs("backup", NOON + HOUR, "failed");
    const first = await replay(scene.context, failed.id, { fresh: false });
    await scene.perform("failed");
    assert.equal((await ask(scene, NOON, NOON + 2 * HOUR)).ok, false);
    const second = await replay(scene.context, first.id, { fresh: false });
    await scene.perform("succeeded");
    const answer = await ask(scene, NOON, NOON + 2 * HOUR);
    assert.deepEqual(told(answer), ["13:00 succeeded"]);
    const [{ run, replayOf } = { run: null, replayOf: null }] = answer.occurrences;
    assert.deepEqual([run, replayOf], [second.id, failed.id]);
    assert.deepEqual([answer.ok, answer.due, answer.succeeded], [true, 1, 1]);
  });

  it("counts 23 and 25 hours on the days on which the clock changes", async () => {
    for (const [day, hours] of [
      ["2026-03-08", 23],
      ["2026-11-01", 25],
    ] as const) {
      await using scene = new Scene(Date.parse(`${day}T00:00Z`));
      await scene.up([task("30 * * * *", "America/New_York")]);
      scene.at(scene.now + 2 * DAY);
      await scene.plan("backup");
      const standpoint = { timeZone: "America/New_York", now: scene.now, bare: "ago" } as const;
      const { from, until } = readDay(day, standpoint);
      const answer = await ask(scene, from, until);
      assert.deepEqual([answer.due, answer.occurrences.length], [hours, hours]);
    }
  });

  it("says in whose days it was asked: the task's, or another zone's", async () => {
    await using scene = new Scene();
    await scene.up([task("0 * * * *", "Asia/Tokyo")]);
    const period = { from: NOON, until: NOON + 1, strict: false };
    const own = await did(scene.context, "backup", { ...period, timeZone: null });
    assert.equal(own.timeZone, "Asia/Tokyo");
    const other = await did(scene.context, "backup", { ...period, timeZone: "Europe/Paris" });
    assert.equal(other.timeZone, "Europe/Paris");
  });

  it("leaves out what nothing made due: runs by hand, and other tasks", async () => {
    await using scene = new Scene();
    await scene.up([HOURLY, definition("other")]);
    const failed = await scene.runs("backup", NOON + HOUR, "failed");
    await replay(scene.context, failed.id, { fresh: true });
    const answer = await ask(scene, NOON, NOON + 2 * HOUR);
    assert.deepEqual(told(answer), ["13:00 failed exhausted"]);
  });

  it("does not know a task that there is not", async () => {
    await using scene = new Scene();
    await assert.rejects(ask(scene, 0, 1), { code: "unknown-task" });
  });
});

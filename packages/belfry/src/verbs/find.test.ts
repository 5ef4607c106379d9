import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definition, schedule } from "../stores/store.fixture.ts";
import { findRun, findTask } from "./find.ts";
import { trigger } from "./trigger.ts";
import { Scene } from "./verbs.fixture.ts";

const NEW_YORK = "America/New_York";
const BY_HAND = { payload: null, at: null, idempotencyKey: null, force: false };

function nightly(expression: string) {
  const part = { expression, dialect: "unix", timeZone: NEW_YORK, anchor: null } as const;
  const schedules = [{ ...schedule(), parts: [part] }];
  return definition("nightly", { timeZone: NEW_YORK, schedules });
}

describe("a task is found", () => {
  it("by its name; else the one that was meant is named, and where to see what was not loaded", async () => {
    await using scene = new Scene();
    const { context } = scene;
    await assert.rejects(findTask(context, "x"), {
      code: "unknown-task",
      hint: "No task was ever loaded here. Start a node with `belfry up`, or see `belfry doctor`.",
    });
    await scene.up([definition("backup")]);
    assert.equal((await findTask(context, "backup")).name, "backup");
    await assert.rejects(findTask(context, "bakcup"), {
      kind: "not-found",
      message: "There is no task bakcup.",
      hint: /^Did you mean backup\? .*`belfry doctor` names what could not be loaded\.$/,
    });
  });
});

describe("a run is found", () => {
  it("by the local time of its task's zone, and by UTC or an offset", async () => {
    await using scene = new Scene(Date.parse("2026-11-23T12:00Z"));
    await scene.up([nightly("30 2 * * *")]);
    const run = await scene.runs("nightly", "2026-11-24T07:30Z", "succeeded");
    for (const at of [
      "2026-11-24T02:30",
      "2026-11-24 02:30:00",
      "2026-11-24T07:30Z",
      "2026-11-24T08:30+01:00",
    ]) {
      assert.equal((await findRun(scene.context, `nightly@${at}`)).id, run.id, at);
      assert.equal((await findRun(scene.context, `nightly/default@${at}`)).id, run.id, at);
    }
  });

  it("by a local time that the clock leaves out: the first instant after the gap", async () => {
    await using scene = new Scene(Date.parse("2026-03-07T12:00Z"));
    await scene.up([nightly("30 2 * * *")]);
    const run = await scene.runs("nightly", "2026-03-08T07:00Z", "succeeded");
    assert.equal((await findRun(scene.context, "nightly@2026-03-08T02:30")).id, run.id);
  });

  it("by a local time that comes twice: the first of the two", async () => {
    await using scene = new Scene(Date.parse("2026-10-31T12:00Z"));
    await scene.up([nightly("30 * * * *")]);
    const first = await scene.runs("nightly", "2026-11-01T05:30Z", "succeeded");
    const second = await scene.runs("nightly", "2026-11-01T06:30Z", "succeeded");
    assert.equal((await findRun(scene.context, "nightly@2026-11-01T01:30")).id, first.id);
    assert.equal((await findRun(scene.context, "nightly@2026-11-01T01:30-05:00")).id, second.id);
  });

  it("by the beginning of its id, if that is of one only, and as the newest", async () => {
    await using scene = new Scene();
    const { context } = scene;
    await scene.up([definition("backup")]);
    await assert.rejects(findRun(context, "backup@latest"), { hint: "backup has not run yet." });
    const { run: first } = await trigger(context, "backup", BY_HAND);
    const { run: second } = await trigger(context, "backup", BY_HAND);
    assert.equal((await findRun(context, first.id.slice(0, 23).toUpperCase())).id, first.id);
    assert.equal((await findRun(context, "backup@latest")).id, second.id);
    await assert.rejects(findRun(context, first.id.slice(0, 12)), { code: "ambiguous-run" });
    await assert.rejects(findRun(context, "ffff"), { code: "unknown-run" });
    await assert.rejects(findRun(context, "backup now"), { code: "bad-run" });
  });

  it("or not, and then it says what became of that local day", async () => {
    await using scene = new Scene();
    await scene.up([nightly("30 2 * * *")]);
    await assert.rejects(findRun(scene.context, "nightly@2026-11-20T02:00Z"), {
      kind: "not-found",
      hint: /`belfry did nightly --on 2026-11-19`/,
    });
    await assert.rejects(findRun(scene.context, "nightly@noon"), {
      code: "bad-instant",
      hint: /for that time in America\/New_York/,
    });
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Store } from "../store.ts";
import {
  declare,
  definition,
  gapWords,
  HOUR,
  MINUTE,
  NOON,
  runOf,
  schedule,
} from "../stores/store.fixture.ts";
import { pause } from "../verbs/pause.ts";
import { removeSchedule, setSchedule } from "../verbs/schedule.ts";
import { Scene } from "../verbs/verbs.fixture.ts";
import { Catalogue } from "./catalogue.ts";
import { type EngineEvent, Events } from "./events.ts";
import { Releases } from "./releases.ts";

// Rules that this version cannot read: of a newer version, or in a zone that is gone.
const unreadable = schedule("default", "0 25 * * *");
const part = { expression: "* * * * *", dialect: "unix", anchor: null } as const;
const newer = { ...unreadable, parts: [{ ...part, timeZone: "Mars/Olympus" }] };
const good = definition("good");

function releasesOf(store: Store): { step: Releases; events: EngineEvent[] } {
  const events = new Events();
  const heard: EngineEvent[] = [];
  events.on((event) => heard.push(event));
  const terms = { catalogue: new Catalogue(store, [], []), retentionMs: HOUR } as const;
  const rest = { store, events, by: "node", attendance: "node", onAdopted() {} } as const;
  return { step: new Releases({ ...terms, ...rest }), events: heard };
}

/** In force since noon, and due a minute later: a good schedule, and one that nobody can plan. */
async function stage(scene: Scene): Promise<void> {
  await declare(scene.store, [good, definition("bad", { schedules: [unreadable] })]);
  scene.at(NOON + 5 * MINUTE);
}

describe("a schedule that cannot be planned", () => {
  it("holds up no release of its source: what it owed is a gap when it is changed", async () => {
    await using scene = new Scene();
    await stage(scene);
    await scene.up([good, definition("bad", { schedules: [schedule("default", "0 3 * * *")] })]);
    const [bad] = await scene.store.tasks("bad");
    assert.equal(bad?.schedules[0]?.parts[0]?.expression, "0 3 * * *");
    assert.deepEqual(await gapWords(scene.store, "bad"), ["edited 1–1 ×1"]);
    assert.deepEqual(await gapWords(scene.store, "good"), ["down 1–4 ×4"]);
  });

  it("holds up no release either when it is removed", async () => {
    await using scene = new Scene();
    await stage(scene);
    await scene.up([good]);
    const [bad] = await scene.store.tasks("bad");
    assert.equal(bad?.enabled, false);
    assert.deepEqual(await gapWords(scene.store, "bad"), ["edited 1–1 ×1"]);
  });

  it("is told of, by its task", async () => {
    await using scene = new Scene();
    await stage(scene);
    const { store, now } = scene;
    await scene.up([good, definition("bad", { schedules: [unreadable], owner: "ann" })]);
    const { step, events } = releasesOf(store);
    await step.step(now);
    const troubles = events.flatMap((event) => (event.kind === "trouble" ? [event.service] : []));
    assert.deepEqual(troubles, ["releases (bad)", "releases (app)"]);
  });

  it("keeps no other source from its release", async () => {
    await using scene = new Scene();
    await scene.up([definition("odd", { schedules: [newer] })], {
      source: "a",
    });
    await scene.up([good], { source: "b", node: "n2" });
    assert.deepEqual(
      (await scene.store.tasks(null)).map(({ name }) => name),
      ["good"],
    );
  });

  it("can be paused, and its task's other schedules are accounted for", async () => {
    await using scene = new Scene();
    const both = [unreadable, schedule("other", "* * * * *")];
    await declare(scene.store, [definition("bad", { schedules: both })]);
    scene.at(NOON + 5 * MINUTE);
    await pause(scene.context, "bad", { untilAt: null, reason: null });
    const [waiting] = await scene.store.runs({ task: "bad", limit: 10 });
    assert.equal((await runOf(scene.store, waiting?.id ?? "")).parked, "paused");
    assert.deepEqual(await gapWords(scene.store, "bad"), ["down 1–4 ×4"]);
  });

  it("that was made at run time can be replaced and removed", async () => {
    await using scene = new Scene();
    await declare(scene.store, [definition("bad", { schedules: [] })]);
    const { context, store } = scene;
    const broken = { task: "bad", key: "k", payload: null, parts: unreadable.parts };
    await store.setSchedule({ ...broken, nextAt: NOON + MINUTE }, NOON, "api");
    scene.at(NOON + 5 * MINUTE);
    const mended = { ...broken, parts: schedule().parts, nextAt: NOON + 6 * MINUTE };
    await setSchedule(context, mended);
    assert.deepEqual(await gapWords(store, "bad"), ["edited 1–1 ×1"]);
    await setSchedule(context, { ...broken, key: "l", nextAt: NOON + 6 * MINUTE });
    scene.at(NOON + 7 * MINUTE);
    assert.equal(await removeSchedule(context, "bad", "l"), true);
  });
});

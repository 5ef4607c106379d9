import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  claimDue,
  definition,
  limited,
  MINUTE,
  NOON,
  runOf,
  SECOND,
  triggerRun,
} from "../stores/store.fixture.ts";
import { pause } from "../verbs/pause.ts";
import { Scene } from "../verbs/verbs.fixture.ts";
import { Attendance, hasLiveCarrier } from "./attendance.ts";
import { captureIo } from "./captured-io.fixture.ts";
import { Session } from "./session.ts";

const BODY = definition("bill", { schedules: [] });

function watch(scene: Scene) {
  const captured = captureIo({ clock: scene.clock });
  const attendance = new Attendance(new Session(captured.io, {}), scene.context);
  const look = async (run: string, at: number): Promise<number> => {
    scene.at(at);
    return await attendance.look(await runOf(scene.store, run));
  };
  return { look, said: (): string => captured.stderr };
}

describe("whoever waits for a run", () => {
  it("is told once when its only node leaves, and once more after another came and left", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const run = await triggerRun(scene.store, BODY);
    const { look, said } = watch(scene);
    assert.equal(await look(run, NOON), 0);
    assert.equal(said(), "");
    await scene.store.leave("n1", NOON);
    assert.equal(await look(run, NOON + SECOND / 2), 0, "it is not asked each time");
    assert.equal(await look(run, NOON + SECOND), 0);
    assert.equal(await look(run, NOON + 12 * SECOND), 11 * SECOND);
    const once =
      "No live node has the code of bill: the run waits until one is up.\n" +
      "Start one with `belfry up`.\n";
    assert.equal(said(), once);
    await scene.up([BODY], { node: "n2" });
    assert.equal(await look(run, NOON + 20 * SECOND), 0);
    await scene.store.leave("n2", scene.now);
    await look(run, NOON + 30 * SECOND);
    assert.equal(said(), once + once);
  });

  it("is told when the node that runs it dies, unless another can take it over", async () => {
    await using scene = new Scene();
    await scene.up([BODY], { leaseMs: MINUTE });
    const run = await triggerRun(scene.store, BODY);
    await claimDue(scene.store, NOON);
    const { look, said } = watch(scene);
    await look(run, NOON + 2 * MINUTE);
    assert.match(said(), /^The node n1 that ran it is gone, and no other is alive/);
    await scene.up([definition("other")], { node: "n2", source: "elsewhere" });
    assert.equal(await look(run, NOON + 3 * MINUTE), 0);
  });

  it("hears nothing more once it has ended", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const run = await triggerRun(scene.store, BODY);
    await scene.perform("succeeded");
    await scene.store.leave("n1", NOON);
    const { look, said } = watch(scene);
    assert.equal(await look(run, NOON + MINUTE), 0);
    assert.equal(said(), "");
  });

  it("is told what keeps a run that does not start, once for each cause", async () => {
    await using scene = new Scene();
    const body = limited("sync", 1, "queue");
    await scene.up([body]);
    const { store, context } = scene;
    const holder = await triggerRun(store, body);
    await claimDue(store, NOON);
    const run = await triggerRun(store, body);
    const captured = captureIo({ clock: scene.clock });
    const attendance = new Attendance(new Session(captured.io, {}), context);
    for (let at = NOON; at <= NOON + MINUTE; at += SECOND) {
      scene.at(at);
      await attendance.explain(await runOf(store, run));
    }
    assert.equal(
      captured.stderr,
      "1 of 1 allowed at once hold the limit of sync; 1 waits.\n" +
        `→ belfry show ${holder}\n→ belfry cancel ${holder}\n`,
    );
    await pause(context, "sync", { untilAt: null, reason: null });
    scene.at(NOON + 2 * MINUTE);
    await attendance.explain(await runOf(store, run));
    assert.match(captured.stderr, /\nann@host paused sync at .*\n→ belfry resume sync\n$/);
  });

  it("does not count a node whose lease ran out, or that has other code", async () => {
    await using scene = new Scene();
    await scene.up([BODY], { leaseMs: MINUTE });
    assert.equal(await hasLiveCarrier(scene.context, "bill"), true);
    assert.equal(await hasLiveCarrier(scene.context, "other"), false);
    scene.at(NOON + 2 * MINUTE);
    assert.equal(await hasLiveCarrier(scene.context, "bill"), false);
  });
});

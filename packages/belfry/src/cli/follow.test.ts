import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { LogLine } from "../log.ts";
import {
  attemptOf,
  claimOne,
  definition,
  SUCCEEDED,
  settlement,
  triggerRun,
} from "../stores/store.fixture.ts";
import { Scene } from "../verbs/verbs.fixture.ts";
import { follow } from "./follow.ts";

const BODY = definition("bill", { schedules: [] });

/** Follows a run that ends at once, and whose one line is in the logs only so much later. */
async function followed(
  logBytes: number,
  laterMs: number,
): Promise<{ text: string; tookMs: number }> {
  await using scene = new Scene();
  const { store, clock } = scene;
  await scene.up([BODY]);
  const id = await triggerRun(store, BODY);
  const claimed = await claimOne(store, scene.now);
  const running = await store.run(id);
  assert.ok(running);
  const attempt = { ...attemptOf(claimed, "succeeded", scene.now), logBytes };
  await store.settle([settlement(claimed, SUCCEEDED, scene.now, { attempt })], scene.now);

  const from = scene.now;
  const line: LogLine = {
    at: from,
    attempt: 1,
    stream: "stdout",
    level: null,
    text: "done",
    fields: null,
  };
  const read = () => {
    const lines = scene.now >= from + laterMs ? [line] : [];
    return Promise.resolve({ lines, cursor: null });
  };
  const context = { ...scene.context, logs: { ...scene.context.logs, read } };
  let text = "";
  let over = false;
  const following = (async () => {
    for await (const { lines } of follow(context, running, null)) {
      text = lines.map((each) => each.text).join("");
    }
    over = true;
  })();
  while (!over) {
    const next = clock.nextAt();
    if (next !== null) clock.wakeNext(next);
    await setImmediate();
  }
  await following;
  return { text, tookMs: scene.now - from };
}

describe("following a run to its end", () => {
  it("waits for output that it is known to have had and that the logs are slow to show", async () => {
    assert.equal((await followed(5, 2_000)).text, "done");
  });

  it("does not wait long where there was none, nor for ever where it was lost", async () => {
    const silent = await followed(0, 60_000);
    assert.ok(silent.tookMs < 1_000, `${silent.tookMs} ms`);
    const lost = await followed(5, 60_000);
    assert.ok(lost.tookMs < 5_000, `${lost.tookMs} ms`);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { claimOne, definition, SUCCEEDED, settleOne } from "../stores/store.fixture.ts";
import { cancel } from "./cancel.ts";
import { trigger } from "./trigger.ts";
import { Scene } from "./verbs.fixture.ts";

const BODY = definition("bill", { schedules: [] });
const BY_HAND = { payload: null, at: null, idempotencyKey: null, force: false };

describe("cancelling", () => {
  it("ends a waiting run at once, and says who did", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run: waiting } = await trigger(scene.context, "bill", BY_HAND);
    const { run, answer } = await cancel(scene.context, waiting.id);
    assert.equal(answer, "cancelled");
    assert.deepEqual(
      [run.state, run.reason, run.asked?.by],
      ["cancelled", "cancelled", "ann@host"],
    );
  });

  it("asks a running one, which may still succeed; then it is too late", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    await trigger(scene.context, "bill", BY_HAND);
    const claimed = await claimOne(scene.store, scene.now);
    const { run, answer } = await cancel(scene.context, "bill@latest");
    assert.equal(answer, "asked");
    assert.deepEqual([run.state, run.asked?.by], ["running", "ann@host"]);
    await settleOne(scene.store, claimed, SUCCEEDED, scene.now);
    await assert.rejects(cancel(scene.context, claimed.id), {
      code: "ended",
      kind: "conflict",
      message: `Run ${claimed.id} has ended already: succeeded.`,
      hint: `belfry show ${claimed.id}`,
    });
  });
});

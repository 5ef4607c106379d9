import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definition, HOUR, NOON } from "../stores/store.fixture.ts";
import type { KnownTask } from "./context.ts";
import { pause } from "./pause.ts";
import { replay, type TriggerOptions, trigger } from "./trigger.ts";
import { Scene } from "./verbs.fixture.ts";

const BODY = definition("bill", { schedules: [], policies: { deadlineMs: HOUR } });

function asked(over: Partial<TriggerOptions> = {}): TriggerOptions {
  return { payload: null, at: null, idempotencyKey: null, force: false, ...over };
}

describe("a trigger", () => {
  it("makes a run that is due now, by whoever asked, with a deadline that counts from then", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run, already } = await trigger(scene.context, "bill", asked({ payload: '{"a":1}' }));
    assert.equal(already, false);
    assert.deepEqual(run.trigger, { kind: "manual", by: "ann@host" });
    assert.deepEqual(
      [run.state, run.dueAt, run.deadlineAt, run.payload],
      ["pending", NOON, NOON + HOUR, '{"a":1}'],
    );
  });

  it("for later waits until then, and for the past is ready now", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const later = await trigger(scene.context, "bill", asked({ at: NOON + HOUR }));
    assert.deepEqual([later.run.dueAt, later.run.readyAt], [NOON + HOUR, NOON + HOUR]);
    const past = await trigger(scene.context, "bill", asked({ at: NOON - HOUR }));
    assert.deepEqual([past.run.dueAt, past.run.readyAt], [NOON - HOUR, NOON]);
  });

  it("under a key that was used answers the same run, or a conflict for another payload", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run } = await trigger(
      scene.context,
      "bill",
      asked({ payload: "1", idempotencyKey: "k" }),
    );
    await scene.perform("succeeded");
    scene.at(NOON + HOUR);
    const again = await trigger(
      scene.context,
      "bill",
      asked({ payload: "1", idempotencyKey: "k" }),
    );
    assert.deepEqual([again.run.id, again.already], [run.id, true]);
    await assert.rejects(
      trigger(scene.context, "bill", asked({ payload: "2", idempotencyKey: "k" })),
      { code: "idempotency-conflict", kind: "conflict" },
    );
  });

  it("of a task that is known is made without reading it, and as it is now where it has changed", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const known = new Map<string, KnownTask>();
    const context = { ...scene.context, known };
    const { run: first } = await trigger(context, "bill", asked());
    assert.deepEqual(
      [known.get("bill")?.definition, first.deadlineAt],
      [first.definition, NOON + HOUR],
    );
    const changed = definition("bill", { schedules: [], policies: { deadlineMs: 2 * HOUR } });
    await scene.up([changed]);
    const { run: second } = await trigger(context, "bill", asked());
    assert.notEqual(second.definition, first.definition);
    assert.equal(second.deadlineAt, NOON + 2 * HOUR);
    assert.equal(known.get("bill")?.definition, second.definition);
    await scene.up([definition("other")]);
    await assert.rejects(trigger(context, "bill", asked()), { code: "unknown-task" });
  });

  it("of a paused task is refused, unless it is forced", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    await pause(scene.context, "bill", { untilAt: null, reason: null });
    await assert.rejects(trigger(scene.context, "bill", asked()), {
      code: "paused",
      hint: "belfry resume bill, or belfry run bill --force",
    });
    const { run } = await trigger(scene.context, "bill", asked({ force: true }));
    assert.equal(run.parked, null);
  });

  it("takes JSON only, and not too much of it", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    for (const payload of ["{", "undefined", JSON.stringify("x".repeat(256 * 1024))]) {
      await assert.rejects(trigger(scene.context, "bill", asked({ payload })), {
        code: "bad-payload",
        kind: "usage",
      });
    }
    const most = JSON.stringify("x".repeat(256 * 1024 - 2));
    assert.equal((await trigger(scene.context, "bill", asked({ payload: most }))).already, false);
  });

  it("of a task that there is not, or is no more, is refused", async () => {
    await using scene = new Scene();
    await assert.rejects(trigger(scene.context, "bill", asked()), { code: "unknown-task" });
    await scene.up([BODY]);
    await scene.store.leave("n1", NOON);
    scene.at(NOON + HOUR);
    await scene.up([definition("other")], { node: "n2" });
    await assert.rejects(trigger(scene.context, "bill", asked()), { code: "unknown-task" });
  });
});

describe("a replay", () => {
  it("is a new run that points at the old, with its payload, key and today's definition", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run: old } = await trigger(
      scene.context,
      "bill",
      asked({ payload: "7", idempotencyKey: "k" }),
    );
    await scene.perform("failed");
    scene.at(NOON + HOUR);
    await scene.up([{ ...BODY, description: "another" }], { node: "n1" });
    const run = await replay(scene.context, old.id, { fresh: false });
    assert.deepEqual(
      [run.replayOf, run.payload, run.idempotencyKey, run.trigger.kind, run.dueAt],
      [old.id, "7", "k", "replay", NOON + HOUR],
    );
    assert.notEqual(run.definition, old.definition);
  });

  it("of a run without a key goes under the old run's id; a fresh one under its own", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run: old } = await trigger(scene.context, "bill", asked());
    await scene.perform("failed");
    assert.equal((await replay(scene.context, old.id, { fresh: false })).idempotencyKey, old.id);
    assert.equal((await replay(scene.context, old.id, { fresh: true })).idempotencyKey, null);
  });

  it("of a run that has not ended, or whose task is gone, is a conflict", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const { run } = await trigger(scene.context, "bill", asked());
    await assert.rejects(replay(scene.context, run.id, { fresh: false }), {
      code: "not-ended",
      hint: `belfry cancel ${run.id}`,
    });
    await scene.perform("failed");
    await scene.store.leave("n1", NOON);
    scene.at(NOON + HOUR);
    await scene.up([definition("other")], { node: "n2" });
    await assert.rejects(replay(scene.context, run.id, { fresh: false }), {
      code: "task-gone",
      kind: "conflict",
    });
  });
});

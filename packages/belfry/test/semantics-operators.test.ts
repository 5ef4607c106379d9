import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { BelfryError } from "../src/core/errors.ts";
import { type Task, task } from "../src/index.ts";
import { cancel } from "../src/verbs/cancel.ts";
import { trigger } from "../src/verbs/trigger.ts";
import { why } from "../src/verbs/why.ts";
import { clockTime, conflicts, instant, VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of what people may do to tasks and runs: pause, cancel, trigger and replay, one by one.

const DAY = "2026-05-01";

/** Fails until it is told to do better. */
function fickle(options: { retry?: number } = {}): { job: Task; mend: () => void } {
  let state: "broken" | "mended" = "broken";
  const job = task("job", {
    retry: { attempts: options.retry ?? 1, wait: "10m", max: "10m" },
    run: () => {
      if (state === "broken") throw new Error("no");
    },
  });
  const mend = (): void => {
    state = "mended";
  };
  return { job, mend };
}

describe("while a task is paused", () => {
  it("running attempts end", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => world.sleep("10m") })]);
    const id = await world.trigger("job");
    await world.pause("job");
    await world.pass("11m");
    assert.equal((await world.run(id)).state, "succeeded");
  });

  it("retries and triggers are held, and resuming frees them", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const { job, mend } = fickle({ retry: 2 });
    await world.boot([job]);
    const retried = await world.trigger("job");
    const triggered = await world.trigger("job", { at: `${DAY}T08:30Z` });
    await world.pause("job");
    mend();
    await world.until(`${DAY}T09:00Z`);
    for (const id of [retried, triggered]) {
      const { state, parked } = await world.run(id);
      assert.deepEqual([state, parked], ["pending", "paused"]);
    }
    await world.resume("job");
    for (const id of [retried, triggered]) assert.equal((await world.run(id)).state, "succeeded");
  });

  it("deadlines run on", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { deadline: "30m", run: () => {} })]);
    const id = await world.trigger("job", { at: `${DAY}T08:10Z` });
    await world.pause("job");
    await world.until(`${DAY}T08:50Z`);
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason], ["cancelled", "late"]);
  });

  it("what falls due in [from, until) is a gap `paused`, and is never started", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const run = (): void => {};
    await world.boot([task("job", { schedule: "0 * * * *", catchUp: "all", run })]);
    await world.pause("job", `${DAY}T11:00Z`);
    await world.until(`${DAY}T11:30Z`);
    assert.deepEqual(await world.gaps("job"), ["paused 09:00–10:00 ×2"]);
    assert.deepEqual(await world.ran("job"), ["11:00 succeeded"]);
  });

  it("what came due is not started by resuming", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const run = (): void => {};
    await world.boot([task("job", { schedule: "0 * * * *", catchUp: "all", run })]);
    await world.pause("job");
    await world.until(`${DAY}T10:30Z`);
    await world.resume("job");
    await world.pass("10m");
    assert.deepEqual(await world.ran("job"), []);
    assert.deepEqual(await world.gaps("job"), ["paused 09:00–10:00 ×2"]);
  });

  it("`run` is a conflict, unless it is forced", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    await world.pause("job");
    await conflicts(world.trigger("job"), "paused");
    const id = await world.trigger("job", { force: true });
    assert.equal((await world.run(id)).state, "succeeded");
  });
});

describe("cancelling", () => {
  it("ends a waiting retry now", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([fickle({ retry: 2 }).job]);
    const id = await world.trigger("job");
    assert.equal(await world.cancel(id), "cancelled");
    const { state, reason, asked, endedAt } = await world.run(id);
    assert.deepEqual(
      [state, reason, asked?.by, endedAt],
      ["cancelled", "cancelled", "ann", world.now],
    );
  });

  it("asks a running one to end", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = ({ signal }: { signal: AbortSignal }): Promise<unknown> =>
      new Promise((end) => signal.addEventListener("abort", end));
    await world.boot([task("job", { run })]);
    const id = await world.trigger("job");
    assert.equal(await world.cancel(id), "asked");
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason], ["cancelled", "cancelled"]);
  });

  it("loses where the run really ended first", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => world.sleep("1m") })]);
    const id = await world.trigger("job");
    // The node has not heard of it when the function returns.
    assert.equal((await cancel(world.context, id)).answer, "asked");
    await world.pass("1m");
    assert.equal((await world.run(id)).state, "succeeded");
  });

  it("wins where the attempt is lost after it was asked", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const tasks = [task("job", { run: () => world.sleep("1h") })];
    const node = await world.boot(tasks);
    const id = await world.trigger("job");
    assert.equal(await world.cancel(id), "asked");
    node.kill();
    await world.boot(tasks);
    const { state, reason, attempts } = await world.run(id);
    assert.deepEqual([state, reason, attempts[0]?.outcome], ["cancelled", "cancelled", "lost"]);
  });

  it("of what has ended already is a conflict", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    const id = await world.trigger("job");
    await conflicts(world.cancel(id), "ended");
  });
});

describe("`trigger`", () => {
  it("takes `at` in the past for now; `dueAt` is `at`", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    const id = await world.trigger("job", { at: `${DAY}T06:00Z` });
    const { state, dueAt, startedAt } = await world.run(id);
    assert.deepEqual(
      [state, dueAt, startedAt],
      ["succeeded", instant(`${DAY}T06:00Z`), instant(`${DAY}T08:00Z`)],
    );
  });

  it("waits for `at` to come", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    const id = await world.trigger("job", { at: `${DAY}T09:00Z` });
    await world.pass("2h");
    const { dueAt, startedAt } = await world.run(id);
    assert.deepEqual([dueAt, startedAt], [instant(`${DAY}T09:00Z`), instant(`${DAY}T09:00Z`)]);
  });

  it("answers the same key, payload and `at` with the same run, whatever its state", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => world.sleep("1m") })]);
    const same = { key: "k", payload: { customer: 7 }, at: `${DAY}T09:00Z` };
    const id = await world.trigger("job", same);
    for (const [time, state] of [
      ["08:30", "pending"],
      ["09:00", "running"],
      ["09:30", "succeeded"],
    ] as const) {
      await world.until(`${DAY}T${time}Z`);
      assert.equal((await world.run(id)).state, state);
      assert.equal(await world.trigger("job", same), id);
    }
    const past = { key: "past", at: `${DAY}T06:00Z` };
    const first = await world.trigger("job", past);
    await world.pass("1m");
    assert.equal(await world.trigger("job", past), first);
  });

  it("calls a known key with another payload a conflict", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    await world.trigger("job", { key: "k", payload: 1 });
    await conflicts(world.trigger("job", { key: "k", payload: 2 }), "idempotency-conflict");
  });

  it("knows a key for as long as history", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const tasks = [task("job", { run: () => {} })];
    const node = await world.boot(tasks, { historyMs: 86_400_000 });
    const id = await world.trigger("job", { key: "k" });
    await world.pass("20h");
    assert.equal(await world.trigger("job", { key: "k" }), id);
    node.kill();
    await world.pass("6h");
    await world.boot(tasks, { historyMs: 86_400_000 });
    assert.equal(await world.store.run(id), null);
    assert.notEqual(await world.trigger("job", { key: "k" }), id);
  });

  it("says, where no node is alive, that nothing runs it", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const node = await world.boot([task("job", { run: () => {} })]);
    await world.stop(node, "1s");
    const id = await world.trigger("job");
    const { cause, remedy } = await why(world.context, id);
    assert.deepEqual([cause, remedy], ["no-node", ["belfry up"]]);
  });
});

describe("a payload", () => {
  const send = (world: VirtualWorld, payload: string): Promise<unknown> =>
    trigger(world.context, "job", { payload, at: null, idempotencyKey: null, force: false });

  it("is JSON, at most 256 KiB", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} })]);
    const refused = (error: unknown): boolean =>
      error instanceof BelfryError && error.kind === "usage" && error.code === "bad-payload";
    await assert.rejects(send(world, "{a: 1}"), refused);
    const [largest, larger] = [256 * 1024, 256 * 1024 + 1].map(
      (bytes) => `"${"x".repeat(bytes - 2)}"`,
    );
    await assert.rejects(send(world, larger ?? ""), refused);
    await assert.rejects(send(world, `"${"€".repeat(90_000)}"`), refused);
    await send(world, largest ?? "");
  });

  it("is stored as sent, and parsed by the schema on the node at each attempt", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const seen: unknown[] = [];
    const version = (name: string): Task =>
      task("job", {
        payload: z.object({ customer: z.number().transform((value) => `${name} ${value}`) }),
        retry: 2,
        run: ({ payload, run }) => {
          seen.push(payload.customer);
          if (run.attempt === 1) throw new Error("no");
        },
      });
    const node = await world.boot([version("old")]);
    const sent = '{ "customer" : 7.0, "more": true }';
    const { run } = await trigger(world.context, "job", {
      payload: sent,
      at: null,
      idempotencyKey: null,
      force: false,
    });
    await world.pass("30m");
    assert.deepEqual(seen, ["old 7", "old 7"]);
    assert.equal((await world.run(run.id)).payload, sent);
    node.kill();
    await world.boot([version("new")]);
    await world.replay(run.id, { fresh: false });
    assert.equal(seen.at(-1), "new 7");
  });
});

describe("a replay", () => {
  it("takes the current definition and the old payload", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const version = (description: string): Task => task("job", { description, run: () => {} });
    await world.boot([version("old")]);
    const old = await world.run(await world.trigger("job", { payload: { customer: 7 } }));
    await world.boot([version("new")]);
    const again = await world.run(await world.replay(old.id, { fresh: false }));
    assert.equal(again.payload, old.payload);
    assert.equal(again.replayOf, old.id);
    assert.notEqual(again.definition, old.definition);
    assert.equal(again.definition, (await world.task("job")).definition);
  });

  it("keeps idempotency key and checkpoint; a fresh one has neither", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const seen: [string, number | undefined][] = [];
    const job = task("job", {
      checkpoint: z.number(),
      retry: 1,
      run: async ({ idempotencyKey, resumed, checkpoint }) => {
        seen.push([idempotencyKey, resumed]);
        if (resumed === undefined) await checkpoint(7);
        throw new Error("no");
      },
    });
    await world.boot([job]);
    const keyed = await world.trigger("job", { key: "invoice-7" });
    await world.replay(keyed, { fresh: false });
    const fresh = await world.replay(keyed, { fresh: true });
    const plain = await world.trigger("job");
    await world.replay(plain, { fresh: false });
    assert.deepEqual(seen, [
      ["invoice-7", undefined],
      ["invoice-7", 7],
      [fresh, undefined],
      [plain, undefined],
      [plain, 7],
    ]);
  });

  it("of a task that is gone is a conflict", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("job", { run: () => {} }), task("other", { run: () => {} })]);
    const id = await world.trigger("job");
    await world.boot([task("other", { run: () => {} })]);
    await conflicts(world.replay(id, { fresh: false }), "task-gone");
  });
});

describe("an interruption of what was asked to end", () => {
  it("is no retry: the run is cancelled", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const node = await world.boot([task("job", { run: () => world.sleep("1h") })]);
    const id = await world.trigger("job");
    await cancel(world.context, id);
    await world.stop(node, "1s");
    assert.equal((await world.run(id)).state, "cancelled");
    assert.equal(clockTime((await world.run(id)).dueAt), "08:00");
  });
});

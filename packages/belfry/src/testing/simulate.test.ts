import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { z } from "zod";
import { command } from "../define/commands.ts";
import { cron, every } from "../define/schedules.ts";
import { type Task, task } from "../define/task.ts";
import { simulate, type World } from "./simulate.ts";

const FROM = "2026-03-28T00:00:00Z";

function worldOf(...tasks: readonly Task[]): Promise<World> {
  return simulate({ tasks, from: FROM });
}

const dueAts = (world: World, name: string): string[] =>
  world.runs(name).map(({ dueAt }) => dueAt.slice(0, 16));

describe("a simulated world", () => {
  it("runs two nights over a clock change without waiting for them", async () => {
    const seen: string[] = [];
    const nightly = task("nightly", {
      schedule: cron("30 2 * * *", { timeZone: "Europe/London" }),
      run: (ctx) => void seen.push(ctx.dueAt.toISOString()),
    });
    await using world = await worldOf(nightly);
    await world.advance("2d");
    assert.deepEqual(dueAts(world, "nightly"), ["2026-03-28T02:30", "2026-03-29T01:30"]);
    assert.deepEqual(seen, ["2026-03-28T02:30:00.000Z", "2026-03-29T01:30:00.000Z"]);
    assert.deepEqual(world.gaps(nightly), []);
    assert.equal(world.now.toISOString(), "2026-03-30T00:00:00.000Z");
  });

  it("tries again when it is time, as the policy says", async () => {
    let tries = 0;
    const shaky = task("shaky", {
      schedule: cron("0 6 * * *"),
      retry: { attempts: 3, wait: "1h", max: "1h" },
      run() {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
        return { tries };
      },
    });
    await using world = await worldOf(shaky);
    await world.advance("6h");
    assert.equal(world.runs(shaky)[0]?.state, "pending");
    await world.advance("3h");
    const [run] = world.runs(shaky);
    assert.equal(run?.state, "succeeded");
    assert.deepEqual(run?.result, { tries: 3 });
    assert.deepEqual(
      run?.attempts.map(({ outcome }) => outcome),
      ["failed", "failed", "succeeded"],
    );
  });

  it("makes up for three days of nobody alive by the latest occurrence, and leaves one gap a day", async () => {
    const daily = task("daily", { schedule: cron("0 12 * * *"), run() {} });
    await using world = await worldOf(daily);
    await world.advance("1d");
    await world.down("3d");
    await world.advance("1d");
    assert.deepEqual(dueAts(world, "daily"), [
      "2026-03-28T12:00",
      "2026-03-31T12:00",
      "2026-04-01T12:00",
    ]);
    assert.deepEqual(
      world.gaps(daily).map(({ from, count, reason }) => ({ from, count, reason })),
      [
        { from: "2026-03-29T12:00:00.000Z", count: 1, reason: "down" },
        { from: "2026-03-30T12:00:00.000Z", count: 1, reason: "down" },
      ],
    );
  });

  it("loses what ran when the node dies, and tries it again on the next", async () => {
    const signals: string[] = [];
    const long = task("long", {
      schedule: cron("0 1 * * *"),
      async run(ctx) {
        if (ctx.run.attempt > 1) return;
        await once(ctx.signal, "abort");
        signals.push("ended");
      },
    });
    await using world = await worldOf(long);
    await world.advance("2h");
    assert.equal(world.runs(long)[0]?.state, "running");
    await world.crash();
    const [run] = world.runs(long);
    assert.equal(run?.state, "succeeded");
    assert.deepEqual(
      run?.attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
    assert.deepEqual(signals, ["ended"]);
  });

  it("lets a function that waits for its signal time out in virtual time", async () => {
    const stuck = task("stuck", {
      schedule: cron("0 1 * * *"),
      timeout: "2h",
      retry: 1,
      run: (ctx) => once(ctx.signal, "abort"),
    });
    await using world = await worldOf(stuck);
    await world.advance("4h");
    const [run] = world.runs(stuck);
    assert.equal(run?.reason, "timed-out");
    assert.equal(run?.endedAt, "2026-03-28T03:00:00.000Z");
  });

  it("waits for real work, which takes no virtual time", async () => {
    const reader = task("reader", {
      schedule: every("1h"),
      run: async () => (await readFile(import.meta.filename, "utf8")).length > 0,
    });
    await using world = await worldOf(reader);
    await world.advance("3h");
    assert.deepEqual(
      world.runs(reader).map(({ result, durationMs }) => ({ result, durationMs })),
      Array.from({ length: 3 }, () => ({ result: true, durationMs: 0 })),
    );
  });

  it("asks a stand-in how commands end, and refuses them without one", async () => {
    const backup = task("backup", {
      schedule: cron("0 3 * * *"),
      run: command(["pg_dump", "app"]),
    });
    await assert.rejects(simulate({ tasks: [backup], from: FROM }), {
      code: "commands-not-simulated",
    });
    const calls: unknown[] = [];
    await using world = await simulate({
      tasks: [backup],
      from: FROM,
      commands(argv, { attempt }) {
        calls.push({ argv, attempt });
        return 2;
      },
    });
    await world.advance("1d");
    assert.deepEqual(calls, [{ argv: ["pg_dump", "app"], attempt: 1 }]);
    assert.equal(world.runs(backup)[0]?.attempts[0]?.exitCode, 2);
    assert.equal(world.runs(backup)[0]?.state, "failed");
  });

  it("runs what is triggered by hand, at once or at its time", async () => {
    const bill = task("bill", {
      payload: z.object({ customer: z.number() }),
      run: (ctx) => ctx.payload.customer,
    });
    await using world = await worldOf(bill);
    const now = await world.trigger(bill, { payload: { customer: 7 } });
    const later = await world.trigger(bill, { payload: { customer: 8 }, at: "2026-03-28T09:00Z" });
    await world.advance("8h");
    assert.deepEqual(
      world.runs(bill).map(({ id, state }) => [id, state]),
      [
        [now, "succeeded"],
        [later, "pending"],
      ],
    );
    await world.advanceTo("2026-03-28T09:00Z");
    assert.equal(world.runs(bill)[1]?.result, 8);
  });

  it("says what is wrong with a task", async () => {
    const wrong = task("wrong", { schedule: "61 * * * *", run() {} });
    await assert.rejects(worldOf(wrong), { code: "bad-tasks", message: /wrong/ });
    await assert.rejects(simulate({ tasks: [], from: "2026-03-28 00:00" }), {
      code: "bad-instant",
    });
  });

  it("lets a quarter of a year of hours pass in a second or two", async () => {
    const hourly = task("hourly", { schedule: every("1h"), run() {} });
    await using world = await worldOf(hourly);
    await world.advance("90d");
    assert.equal(world.runs(hourly).length, 2_160);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Channel } from "../src/channel.ts";
import type { PolicyOptions } from "../src/define/task.ts";
import { NO_OUTLETS, type Outlets } from "../src/engine/outlets.ts";
import { type Task, task } from "../src/index.ts";
import { VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of ticks and of jitter, one by one, on the engine itself.

const DAY = "2026-05-01";

function hourly(options: PolicyOptions<never> = {}, run: () => unknown = () => {}): Task {
  return task("hourly", { ...options, schedule: "0 * * * *", run });
}

describe("a tick", () => {
  it("runs nothing the first time: what is new counts from then on", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.tick([hourly()]);
    assert.deepEqual(await world.ran("hourly"), []);
    await world.until(`${DAY}T09:10Z`);
    await world.tick([hourly()]);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded"]);
  });

  it("runs each occurrence since the last within startWithin, and calls the others late", async () => {
    for (const catchUp of ["none", "latest", "all"] as const) {
      await using world = new VirtualWorld(`${DAY}T08:30Z`);
      const tasks = [hourly({ catchUp, startWithin: "90m" })];
      await world.tick(tasks);
      await world.until(`${DAY}T12:10Z`);
      await world.tick(tasks);
      assert.deepEqual(await world.ran("hourly"), ["11:00 succeeded", "12:00 succeeded"]);
      assert.deepEqual(await world.gaps("hourly"), ["late 09:00–10:00 ×2"]);
    }
  });

  it("counts as having been alive since the last also where a node was up between", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "90m" })];
    await world.tick(tasks);
    const node = await world.boot(tasks);
    await world.until(`${DAY}T09:30Z`);
    node.kill();
    await world.until(`${DAY}T12:10Z`);
    await world.tick(tasks);
    const ran = ["09:00 succeeded", "11:00 succeeded", "12:00 succeeded"];
    assert.deepEqual(await world.ran("hourly"), ran);
    assert.deepEqual(await world.gaps("hourly"), ["late 10:00 ×1"]);
  });

  it("calls down what was missed before the first, after a node that was up", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly()];
    const node = await world.boot(tasks);
    await world.until(`${DAY}T09:30Z`);
    node.kill();
    await world.until(`${DAY}T12:10Z`);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded", "12:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["down 10:00–11:00 ×2"]);
  });

  it("judges by the last tick of its own source", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "3h" })];
    await world.tick(tasks);
    await world.until(`${DAY}T10:10Z`);
    await world.tick([task("other", { run: () => {} })], { source: "other" });
    await world.until(`${DAY}T11:10Z`);
    await world.tick(tasks);
    const ran = ["09:00 succeeded", "10:00 succeeded", "11:00 succeeded"];
    assert.deepEqual(await world.ran("hourly"), ran);
  });

  it("accounts for an edit by its rule too", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.tick([hourly({ startWithin: "90m" })]);
    await world.until(`${DAY}T12:10Z`);
    await world.tick([task("hourly", { schedule: "30 * * * *", run: () => {} })]);
    assert.deepEqual(await world.ran("hourly"), []);
    assert.deepEqual(await world.gaps("hourly"), ["late 09:00–10:00 ×2", "edited 11:00–12:00 ×2"]);
  });

  it("waits for what it runs, and leaves what falls due meanwhile to the next", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "2h" }, () => world.sleep("70m"))];
    await world.tick(tasks);
    await world.until(`${DAY}T09:10Z`);
    await world.tick(tasks);
    assert.equal(new Date(world.now).toISOString().slice(11, 16), "10:20");
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded"]);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded", "10:00 succeeded"]);
  });

  it("runs several of one schedule one after the other, where one may run at a time", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "unlimited" }, () => world.sleep("5m"))];
    await world.tick(tasks);
    await world.until(`${DAY}T11:10Z`);
    await world.tick(tasks);
    const ran = ["09:00 succeeded", "10:00 succeeded", "11:00 succeeded"];
    assert.deepEqual(await world.ran("hourly"), ran);
    const starts = (await world.runs("hourly")).map(({ startedAt }) => startedAt ?? 0);
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => a - b),
    );
    assert.ok((starts[1] ?? 0) - (starts[0] ?? 0) >= 5 * 60_000);
  });

  it("leaves a retry that comes later to the next", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    let tries = 0;
    const fails = (): void => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
    };
    const retry = { attempts: 2, wait: "10m", max: "10m" } as const;
    const tasks = [hourly({ startWithin: "1m", retry }, fails)];
    await world.tick(tasks);
    await world.until(`${DAY}T09:00:30Z`);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 pending"]);
    await world.until(`${DAY}T09:20Z`);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded"]);
  });

  it("leaves a start that jitter puts off to the next", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ jitter: "50m" })];
    await world.tick(tasks);
    await world.until(`${DAY}T09:00Z`);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 pending"]);
    await world.until(`${DAY}T09:55Z`);
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded"]);
  });

  it("recovers first what a dead node left", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    let tries = 0;
    const stuck = (): Promise<void> | undefined => {
      tries += 1;
      return tries === 1 ? new Promise<never>(() => {}) : undefined;
    };
    const tasks = [hourly({}, stuck)];
    const node = await world.boot(tasks);
    await world.until(`${DAY}T09:01Z`);
    node.kill();
    await world.tick(tasks);
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded"]);
    const [run] = await world.runs("hourly");
    assert.deepEqual(
      run?.attempts.map(({ outcome }) => outcome),
      ["lost", "succeeded"],
    );
  });

  it("works beside a living node: each occurrence has one run", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "unlimited" })];
    await world.boot(tasks);
    for (const at of ["09:00", "09:01", "10:00", "10:30"]) {
      await world.until(`${DAY}T${at}Z`);
      await world.tick(tasks);
    }
    assert.deepEqual(await world.ran("hourly"), ["09:00 succeeded", "10:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), []);
  });
});

describe("what a tick tells", () => {
  /** Says what the channel `ops` was sent, as `opened hourly`. */
  function listening(): { sent: string[]; outlets: Outlets } {
    const sent: string[] = [];
    const ops: Channel = {
      send: async ({ step, incident }) => {
        sent.push(`${step} ${incident.task ?? incident.kind}`);
        return "taken";
      },
    };
    return { sent, outlets: { ...NO_OUTLETS, channels: new Map([["ops", ops]]) } };
  }

  it("is delivered before it ends, what failed as what was late", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const { sent, outlets } = listening();
    const fails = (): never => {
      throw new Error("no");
    };
    const tasks = [
      task("fails", { alerts: ["ops"], schedule: "0 9 * * *", retry: 1, run: fails }),
      task("late", { alerts: ["ops"], schedule: "0 9 * * *", startWithin: "1m", run: () => {} }),
    ];
    await world.tick(tasks, { outlets });
    assert.deepEqual(sent, []);
    await world.until(`${DAY}T09:10Z`);
    await world.tick(tasks, { outlets });
    assert.deepEqual(new Set(sent), new Set(["opened fails", "opened late"]));
    assert.equal(sent.length, 2);
  });

  it("is no downtime, however much it runs late", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const { sent, outlets } = listening();
    const tasks = [
      task("hourly", { alerts: ["ops"], schedule: "0 * * * *", catchUp: "all", run: () => {} }),
    ];
    await world.tick(tasks, { outlets });
    await world.until(`${DAY}T12:10Z`);
    await world.tick(tasks, { outlets });
    await world.tick(tasks, { outlets });
    assert.equal((await world.runs("hourly")).length, 4);
    assert.deepEqual(await world.store.incidents({ limit: 9 }), []);
    assert.deepEqual(sent, []);
  });

  it("counts each occurrence that was late, and ends with the next success", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const { sent, outlets } = listening();
    const tasks = [task("hourly", { alerts: ["ops"], schedule: "0 * * * *", run: () => {} })];
    await world.tick(tasks, { outlets });
    await world.until(`${DAY}T12:10Z`);
    await world.tick(tasks, { outlets });
    const [incident] = await world.store.incidents({ limit: 9 });
    assert.ok(incident?.kind === "task" && incident.closedAt !== null);
    assert.equal(incident.missed, 3);
    assert.deepEqual(sent, ["opened hourly", "closed hourly"]);
  });
});

describe("jitter", () => {
  /** 09:00 of this task starts so much later: drawn once and for all. */
  const spread = hourly({ jitter: "30m" });
  const readyAt = async (over: PolicyOptions<never> = {}): Promise<number> => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([hourly({ jitter: "30m", ...over })]);
    await world.until(`${DAY}T09:59Z`);
    return (await world.runs("hourly"))[0]?.startedAt ?? 0;
  };
  const nine = Date.parse(`${DAY}T09:00Z`);

  it("spreads the start of an occurrence, and keeps its due instant", async () => {
    const startedAt = await readyAt();
    assert.ok(startedAt > nine && startedAt < nine + 30 * 60_000);
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([spread]);
    await world.until(`${DAY}T09:00:01Z`);
    const [run] = await world.runs("hourly");
    assert.deepEqual([run?.state, run?.dueAt, run?.readyAt], ["pending", nine, startedAt]);
  });

  it("is the same for every node, and when it is planned again after a death", async () => {
    const startedAt = await readyAt();
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.down(await world.boot([spread], { host: "other" }), "31m", [spread]);
    await world.until(`${DAY}T09:59Z`);
    assert.equal((await world.runs("hourly"))[0]?.startedAt, startedAt);
  });

  it("puts off nothing that comes later than its start anyway", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.down(await world.boot([spread]), "85m", [spread]);
    await world.pass("1s");
    const [run] = await world.runs("hourly");
    assert.ok((run?.startedAt ?? 0) <= Date.parse(`${DAY}T09:55:01Z`));
  });

  it("decides the overlap at the start, not at the due instant", async () => {
    const startedAt = await readyAt();
    for (const [endsAt, ran, gaps] of [
      [startedAt - 1_000, ["08:59 succeeded", "09:00 succeeded"], []],
      [startedAt + 1_000, ["08:59 succeeded"], ["overlap 09:00 ×1"]],
    ] as const) {
      await using world = new VirtualWorld(`${DAY}T08:59Z`);
      let first = true;
      const run = (): Promise<void> | undefined => {
        const ms = first ? endsAt - Date.parse(`${DAY}T08:59Z`) : 0;
        first = false;
        return ms === 0 ? undefined : world.sleep(`${ms}ms`);
      };
      await world.boot([hourly({ jitter: "30m" }, run)]);
      await world.trigger("hourly");
      await world.until(`${DAY}T09:59Z`);
      assert.deepEqual(await world.ran("hourly"), ran);
      assert.deepEqual(await world.gaps("hourly"), gaps);
    }
  });

  it("replaces at the start, also where the node is full", async () => {
    const startedAt = await readyAt();
    await using world = new VirtualWorld(`${DAY}T08:59Z`);
    const slow = task("hourly", {
      jitter: "30m",
      overlap: "replace",
      schedule: "0 * * * *",
      run: ({ signal, run }) =>
        run.trigger.kind === "schedule"
          ? undefined
          : new Promise((_, reject) =>
              signal.addEventListener("abort", () => reject(signal.reason)),
            ),
    });
    await world.boot([slow], { concurrency: 1 });
    await world.trigger("hourly");
    await world.until(`${DAY}T09:59Z`);
    const [byHand, nine] = await world.runs("hourly");
    assert.deepEqual([byHand?.state, byHand?.reason], ["cancelled", "replaced"]);
    assert.ok((byHand?.endedAt ?? 0) >= startedAt);
    assert.equal(nine?.state, "succeeded");
    assert.equal(byHand?.asked?.by, nine?.id);
  });

  it("is counted into startWithin, and not into the deadline", async () => {
    const startedAt = await readyAt();
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([hourly({ jitter: "30m", startWithin: "1m", deadline: "31m" })]);
    await world.until(`${DAY}T09:00:01Z`);
    const [run] = await world.runs("hourly");
    assert.deepEqual([run?.startBy, run?.deadlineAt], [startedAt + 60_000, nine + 31 * 60_000]);
  });

  it("loses its start to a pause and to an edit", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([spread]);
    await world.until(`${DAY}T09:00:01Z`);
    await world.pause("hourly");
    await world.resume("hourly");
    await world.until(`${DAY}T10:00:01Z`);
    await world.boot([task("hourly", { schedule: "59 * * * *", jitter: "30m", run: () => {} })]);
    await world.until(`${DAY}T10:58Z`);
    assert.deepEqual(await world.ran("hourly"), []);
    assert.deepEqual(await world.gaps("hourly"), ["paused 09:00 ×1", "edited 10:00 ×1"]);
  });
});

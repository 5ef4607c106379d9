import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Alert } from "../src/channel.ts";
import { compareText } from "../src/define/compare-text.ts";
import { NO_OUTLETS, type Outlets } from "../src/engine/outlets.ts";
import { command, type Task, task } from "../src/index.ts";
import { VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of who is told of what, one by one.

const DAY = "2026-05-01";

/** Two channels that keep what they are given; one of them can be down. */
class Told {
  readonly alerts: Alert[] = [];
  ops: "up" | "down" = "up";

  get outlets(): Outlets {
    const send = async (alert: Alert): Promise<string> => {
      if (alert.channel === "ops" && this.ops === "down") throw new Error("503");
      this.alerts.push(alert);
      return "200 ok";
    };
    return { ...NO_OUTLETS, channels: new Map(["ops", "team"].map((name) => [name, { send }])) };
  }

  /** `opened ops`, in the order in which they came. */
  get words(): readonly string[] {
    return this.alerts.map(({ step, channel }) => `${step} ${channel}`);
  }
}

/** A task that fails while `state.broken` says so. */
function flaky(state: { broken: boolean }, over: object = {}): Task {
  return task("job", {
    schedule: "0 * * * *",
    alerts: ["ops"],
    retry: 1,
    ...over,
    run: () => {
      if (state.broken) throw new Error("it is broken");
    },
  });
}

describe("an incident", () => {
  it("is one per task for failures and occurrences that came too late, told once a channel", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const state = { broken: true };
    const job = flaky(state, { alerts: ["ops", "team"] });
    const slow = task("slow", {
      schedule: "*/10 * * * *",
      overlap: "queue",
      startWithin: "5m",
      alerts: ["ops"],
      run: () => world.sleep("16m"),
    });
    await world.boot([job, slow], { outlets: told.outlets, pace: "exact" });
    await world.until(`${DAY}T12:30Z`);
    const open = await world.store.incidents({ open: true, limit: 9 });
    assert.deepEqual(
      open.map((one) => one.kind === "task" && [one.task, one.failed > 0, one.missed > 0]).sort(),
      [
        ["job", true, false],
        ["slow", false, true],
      ],
    );
    const ofJob = told.alerts.filter(({ incident }) => incident.task === "job");
    const words = ofJob.map(({ channel, step }) => `${step} ${channel}`);
    assert.deepEqual(words.toSorted(compareText), ["opened ops", "opened team"]);
    assert.equal((await world.store.incidents({ task: "job", limit: 9 })).length, 1);
  });

  it("is closed by a success of the same schedule that started after the last cause, and says so", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const state = { broken: true };
    await world.boot([flaky(state)], { outlets: told.outlets, pace: "exact" });
    await world.until(`${DAY}T10:30Z`);
    assert.deepEqual(told.words, ["opened ops"]);
    state.broken = false;
    await world.until(`${DAY}T12:30Z`);
    assert.deepEqual(told.words, ["opened ops", "closed ops"]);
    assert.equal(told.alerts[1]?.subject, "job works again");
    assert.equal(told.alerts[1]?.incident.count, 2);
  });

  it("is not closed by a success that had started before the last cause", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const job = task("job", {
      schedule: "0 * * * *",
      concurrency: 2,
      alerts: ["ops"],
      retry: 1,
      run: async ({ dueAt }) => {
        if (dueAt.getUTCHours() === 9) await world.sleep("80m");
        else throw new Error("it is broken");
      },
    });
    await world.boot([job], { outlets: told.outlets, pace: "exact" });
    await world.until(`${DAY}T10:30Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded", "10:00 failed exhausted"]);
    assert.deepEqual(told.words, ["opened ops"]);
  });

  it("with causes of two schedules is closed when each has succeeded", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const broken = new Set(["even", "odd"]);
    const job = task("job", {
      schedules: { even: "0 */2 * * *", odd: "0 1-23/2 * * *" },
      alerts: ["ops"],
      retry: 1,
      run: ({ run }) => {
        if (broken.has(run.trigger.by)) throw new Error("it is broken");
      },
    });
    await world.boot([job], { outlets: told.outlets, pace: "exact" });
    await world.until(`${DAY}T10:30Z`);
    broken.delete("odd");
    await world.until(`${DAY}T11:30Z`);
    assert.deepEqual(told.words, ["opened ops"]);
    broken.delete("even");
    await world.until(`${DAY}T12:30Z`);
    assert.deepEqual(told.words, ["opened ops", "closed ops"]);
  });

  it("is closed by a triggered run's success, whatever the schedule of its cause", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const state = { broken: true };
    await world.boot([flaky(state)], { outlets: told.outlets, pace: "exact" });
    await world.until(`${DAY}T09:10Z`);
    state.broken = false;
    await world.trigger("job");
    await world.pass("1m");
    assert.deepEqual(told.words, ["opened ops", "closed ops"]);
  });

  it("is closed by the removal of its task", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const options = { outlets: told.outlets, pace: "exact" } as const;
    const node = await world.boot([flaky({ broken: true })], options);
    await world.until(`${DAY}T09:10Z`);
    await world.stop(node, "1s");
    await world.boot([task("other", { run: command(["true"]) })], options);
    await world.pass("1m");
    assert.deepEqual(told.words, ["opened ops", "closed ops"]);
    assert.match(told.alerts[1]?.subject ?? "", /removed/);
  });

  it("reaches a channel that was down once it is back, each alert once, its beginning first", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told = new Told();
    const state = { broken: true };
    const job = flaky(state, { alerts: ["ops", "team"] });
    await world.boot([job], { outlets: told.outlets, pace: "exact" });
    told.ops = "down";
    await world.until(`${DAY}T09:30Z`);
    state.broken = false;
    await world.until(`${DAY}T11:30Z`);
    assert.deepEqual(told.words, ["opened team", "closed team"]);
    told.ops = "up";
    await world.until(`${DAY}T12:30Z`);
    assert.deepEqual(told.words, ["opened team", "closed team", "opened ops", "closed ops"]);
  });
});

describe("a downtime", () => {
  it("is one incident of the node with one message, whatever the tasks: from, to, missed, caught up", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30:30Z`);
    const told = new Told();
    const job = task("job", { schedule: "* * * * *", alerts: ["ops"], run: () => {} });
    const never = task("never", {
      schedule: "*/20 * * * *",
      catchUp: "none",
      alerts: ["ops", "team"],
      run: () => {},
    });
    const silent = task("silent", { schedule: "*/30 * * * *", catchUp: "all", run: () => {} });
    const tasks = [job, never, silent];
    const options = { outlets: told.outlets, pace: "exact" } as const;
    const node = await world.boot(tasks, options);
    await world.until(`${DAY}T09:00:30Z`);
    node.kill();
    await world.until(`${DAY}T10:00:30Z`);
    await world.boot(tasks, options);
    await world.pass("5m");
    assert.deepEqual(await world.gaps("job"), ["down 09:01–09:59 ×59"]);
    // What was due half a minute ago is planned in time also where nothing is caught up.
    assert.deepEqual(await world.gaps("never"), ["down 09:20–09:40 ×2"]);
    assert.deepEqual(await world.gaps("silent"), []);
    assert.deepEqual(told.words.toSorted(compareText), ["opened ops", "opened team"]);
    const [alert] = told.alerts;
    assert.ok(alert);
    assert.match(
      alert.text,
      /^Belfry was down from 2026-05-01 09:00:[23]\d UTC to 2026-05-01 10:00:30 UTC: 61 occurrences missed, 4 caught up\.\n/,
    );
    assert.match(alert.text, /\n {2}job: 59\n {2}never: 2\n/);
    const [incident, second] = await world.store.incidents({ limit: 9 });
    assert.ok(incident?.kind === "down" && incident.closedAt !== null && second === undefined);
  });

  it("is told by the node itself also where no channel is named, and where all was caught up", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const job = task("job", { schedule: "0 * * * *", run: () => {} });
    let node = await world.boot([job], { pace: "exact" });
    const again = async (down: string): Promise<readonly unknown[]> => {
      world.events.length = 0;
      node.kill();
      await world.until(down);
      node = await world.boot([job], { pace: "exact" });
      await world.pass("1m");
      return world.events.flatMap((event) =>
        event.kind === "incident" && event.incident.kind === "down"
          ? [[event.incident.missed, event.incident.caughtUp]]
          : [],
      );
    };
    assert.deepEqual(await again(`${DAY}T11:30Z`), [[2, 1]]);
    assert.deepEqual(await again(`${DAY}T12:30Z`), [[0, 1]]);
    assert.deepEqual(await again(`${DAY}T12:50Z`), []);
    assert.equal((await world.store.incidents({ limit: 9 })).length, 1);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse, ScheduleError } from "@belfry/schedule";
import { decideDid } from "../src/core/did.ts";
import type { PolicyOptions } from "../src/define/task.ts";
import { at, every, type Task, task } from "../src/index.ts";
import { clockTime, instant, load, VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of what is due and of what does not run, one by one, on the engine itself.

const HOURLY = "0 * * * *";
const DAY = "2026-05-01";

/** Why some rules do not hold yet: all are the store's to keep. */

/** A world at 08:00, and a task that uses up the room of its node from a trigger to `end`. */
function busyWorld(): { world: VirtualWorld; blocker: Task; free: () => void } {
  const world = new VirtualWorld(`${DAY}T08:00Z`);
  const freed = Promise.withResolvers<void>();
  const blocker = task("blocker", { run: () => freed.promise });
  return { world, blocker, free: freed.resolve };
}

function hourly(options: PolicyOptions<never> & { readonly description?: string } = {}): Task {
  return task("hourly", { concurrency: "unlimited", ...options, schedule: HOURLY, run: () => {} });
}

describe("startWithin by default", () => {
  it("is, with `latest`, until the next occurrence of the schedule", async () => {
    const { world, blocker, free } = busyWorld();
    await using _ = world;
    await world.boot([blocker, hourly()], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T10:30Z`);
    free();
    await world.until(`${DAY}T10:31Z`);
    assert.deepEqual(await world.ran("hourly"), ["10:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["late 09:00 ×1"]);
  });

  it("gives way at the next occurrence also where the limit is one", async () => {
    const { world, blocker, free } = busyWorld();
    await using _ = world;
    await world.boot([blocker, hourly({ concurrency: 1 })], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T10:30Z`);
    free();
    await world.until(`${DAY}T10:31Z`);
    assert.deepEqual(await world.ran("hourly"), ["10:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["late 09:00 ×1"]);
  });

  for (const policies of [{ catchUp: "all" }, { overlap: "queue", concurrency: 1 }] as const) {
    it(`is unlimited with ${JSON.stringify(policies)}`, async () => {
      const { world, blocker, free } = busyWorld();
      await using _ = world;
      await world.boot([blocker, hourly(policies)], { concurrency: 1 });
      await world.trigger("blocker");
      await world.until(`${DAY}T11:30Z`);
      free();
      await world.until(`${DAY}T11:31Z`);
      const all = ["09:00 succeeded", "10:00 succeeded", "11:00 succeeded"];
      assert.deepEqual(await world.ran("hourly"), all);
    });
  }

  it("is one minute with `none`", async () => {
    for (const [freeAt, ran, gaps] of [
      ["09:00:59", ["09:00 succeeded"], []],
      ["09:01:01", [], ["late 09:00 ×1"]],
    ] as const) {
      const { world, blocker, free } = busyWorld();
      await using _ = world;
      await world.boot([blocker, hourly({ catchUp: "none" })], { concurrency: 1 });
      await world.trigger("blocker");
      await world.until(`${DAY}T${freeAt}Z`);
      free();
      await world.until(`${DAY}T09:30Z`);
      assert.deepEqual(await world.ran("hourly"), ran);
      assert.deepEqual(await world.gaps("hourly"), gaps);
    }
  });
});

describe("startWithin", () => {
  it("counts from the due instant", async () => {
    for (const [back, ran, gaps] of [
      ["69m", ["09:00 succeeded"], []],
      ["71m", [], ["down 09:00 ×1"]],
    ] as const) {
      await using world = new VirtualWorld(`${DAY}T08:00Z`);
      const tasks = [hourly({ startWithin: "10m" })];
      await world.down(await world.boot(tasks), back, tasks);
      await world.pass("1m");
      assert.deepEqual(await world.ran("hourly"), ran);
      assert.deepEqual(await world.gaps("hourly"), gaps);
    }
  });

  it("binds the first attempt only", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const flaky = task("flaky", {
      schedule: HOURLY,
      startWithin: "1m",
      retry: { attempts: 2, wait: "20m", max: "20m" },
      run: ({ run }) => {
        if (run.attempt === 1) throw new Error("not yet");
      },
    });
    await world.boot([flaky]);
    await world.until(`${DAY}T09:30Z`);
    assert.deepEqual(await world.ran("flaky"), ["09:00 succeeded"]);
    const [run] = await world.runs("flaky");
    assert.ok((run?.startedAt ?? 0) >= instant(`${DAY}T09:10Z`));
  });
});

describe("the reason of a gap", () => {
  it("is `down` where nothing was alive to plan the occurrences in time", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly()];
    await world.down(await world.boot(tasks), "3h", tasks);
    assert.deepEqual(await world.gaps("hourly"), ["down 09:00–10:00 ×2"]);
  });

  it("is `down` also where the deadline passed while nothing was alive", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ deadline: "10m" })];
    await world.down(await world.boot(tasks), "3h", tasks);
    assert.deepEqual(await world.gaps("hourly"), ["down 09:00–11:00 ×3"]);
    assert.deepEqual(await world.ran("hourly"), []);
  });

  it("is `late` where they were planned in time and could not be claimed in time", async () => {
    const { world, blocker, free } = busyWorld();
    await using _ = world;
    await world.boot([blocker, hourly({ startWithin: "5m" })], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T10:03Z`);
    free();
    await world.until(`${DAY}T10:10Z`);
    assert.deepEqual(await world.ran("hourly"), ["10:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["late 09:00 ×1"]);
  });

  it("is `edited` where they were due, had not run, and their schedule was changed", async () => {
    const { world, blocker } = busyWorld();
    await using _ = world;
    const old = await world.boot([blocker, hourly()], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T09:10Z`);
    old.kill();
    await world.boot([task("hourly", { schedule: "30 * * * *", run: () => {} })]);
    await world.until(`${DAY}T09:40Z`);
    assert.deepEqual(await world.gaps("hourly"), ["edited 09:00 ×1"]);
    assert.deepEqual(await world.ran("hourly"), ["09:30 succeeded"]);
  });

  it("is `edited` where they were due, had not run, and their schedule was removed", async () => {
    const { world, blocker } = busyWorld();
    await using _ = world;
    const old = await world.boot([blocker, hourly()], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T09:10Z`);
    old.kill();
    await world.boot([task("hourly", { run: () => {} })]);
    assert.deepEqual(await world.gaps("hourly"), ["edited 09:00 ×1"]);
  });
});

describe("catch-up", () => {
  it("runs, with `latest`, the newest occurrence still inside startWithin, the rest is gap", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ startWithin: "90m" })];
    await world.down(await world.boot(tasks), "3h", tasks);
    await world.pass("1m");
    assert.deepEqual(await world.ran("hourly"), ["11:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["down 09:00–10:00 ×2"]);
  });

  it("runs, with `all`, the newest 1,000, the rest is gap", async () => {
    await using world = new VirtualWorld(`${DAY}T00:00Z`);
    const minutely = task("minutely", {
      schedule: every("1m"),
      catchUp: "all",
      concurrency: "unlimited",
      run: () => {},
    });
    await world.down(await world.boot([minutely]), "20h", [minutely]);
    await world.pass("30s");
    const runs = await world.runs("minutely");
    assert.equal(runs.length, 1000);
    assert.ok(runs.every(({ state }) => state === "succeeded"));
    const first = instant(`${DAY}T20:00Z`) - 999 * 60_000;
    assert.equal(runs[0]?.dueAt, first);
    assert.deepEqual(await world.gaps("minutely"), [
      `down 00:01–${clockTime(first - 60_000)} ×200`,
    ]);
  });

  it("runs, with `all`, nothing older than retention", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly({ catchUp: "all" })];
    const node = await world.boot(tasks);
    node.kill();
    await world.pass("5h");
    await world.boot(tasks, { historyMs: 2 * 3_600_000 });
    assert.deepEqual(await world.ran("hourly"), ["12:00 succeeded", "13:00 succeeded"]);
    const [day] = await world.store.days("hourly", DAY, "2026-05-02");
    assert.equal(day?.missed, 3);
  });

  it("plans, when a release is loaded, the old rule up to now by its own policies first", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const old = await world.boot([hourly({ catchUp: "all" })]);
    old.kill();
    await world.pass("3h");
    await world.boot([hourly({ catchUp: "none" })]);
    const runs = await world.runs("hourly");
    assert.deepEqual(
      runs.map(({ dueAt }) => clockTime(dueAt)),
      ["09:00", "10:00", "11:00"],
    );
    const [was] = old.loaded.tasks;
    assert.ok(runs.every(({ definition }) => definition === was?.hash));
  });
});

describe("an array of schedules", () => {
  it("is one identity: the latest and the next are over all its parts", async () => {
    await using world = new VirtualWorld(`${DAY}T08:10Z`);
    const twice = task("twice", { schedule: [HOURLY, "30 * * * *"], run: () => {} });
    await world.down(await world.boot([twice]), "150m", [twice]);
    const [schedule, ...more] = (await world.task("twice")).schedules;
    assert.deepEqual(more, []);
    assert.equal(schedule?.nextAt, instant(`${DAY}T11:00Z`));
    assert.deepEqual(await world.ran("twice"), ["10:30 succeeded"]);
    assert.deepEqual(await world.gaps("twice"), ["down 08:30–10:00 ×4"]);
    const [run] = await world.runs("twice");
    assert.equal(run?.dueAt, instant(`${DAY}T10:30Z`));
  });

  it("makes one occurrence of equal instants", async () => {
    await using world = new VirtualWorld(`${DAY}T08:10Z`);
    const same = task("same", { schedule: [HOURLY, "0 9 * * *", every("1h")], run: () => {} });
    await world.boot([same]);
    await world.until(`${DAY}T10:10Z`);
    assert.deepEqual(await world.ran("same"), ["09:00 succeeded", "10:00 succeeded"]);
  });
});

describe("what comes due at a full limit", () => {
  it("is decided at its due instant, whatever is free a moment later", async () => {
    await using world = new VirtualWorld(`${DAY}T08:59Z`);
    const slow = task("slow", { schedule: HOURLY, run: () => world.sleep("2m") });
    await world.boot([slow]);
    await world.trigger("slow");
    await world.until(`${DAY}T09:30Z`);
    assert.deepEqual(await world.ran("slow"), ["08:59 succeeded"]);
    assert.deepEqual(await world.gaps("slow"), ["overlap 09:00 ×1"]);
  });

  it("finds a run that waits for a retry in its slot", async () => {
    await using world = new VirtualWorld(`${DAY}T08:59Z`);
    const flaky = task("flaky", {
      schedule: HOURLY,
      retry: { attempts: 2, wait: "30m", max: "30m" },
      run: ({ run }) => {
        if (run.attempt === 1) throw new Error("not yet");
      },
    });
    await world.boot([flaky]);
    await world.trigger("flaky");
    await world.until(`${DAY}T09:05Z`);
    assert.deepEqual(await world.gaps("flaky"), ["overlap 09:00 ×1"]);
  });

  it("finds a run that is about to start in its slot", async () => {
    const { world, blocker, free } = busyWorld();
    await using _ = world;
    await world.boot([blocker, hourly({ concurrency: 1 })], { concurrency: 1 });
    await world.trigger("blocker");
    await world.trigger("hourly");
    await world.until(`${DAY}T09:10Z`);
    free();
    await world.pass("1m");
    assert.deepEqual(await world.ran("hourly"), ["08:00 succeeded"]);
    assert.deepEqual(await world.gaps("hourly"), ["overlap 09:00 ×1"]);
  });

  it("waits with `queue`, first in, first out by readiness", async () => {
    await using world = new VirtualWorld(`${DAY}T08:59Z`);
    const started: string[] = [];
    const queued = task("queued", {
      schedule: "*/10 * * * *",
      overlap: "queue",
      run: async ({ dueAt }) => {
        started.push(clockTime(dueAt.getTime()));
        await world.sleep("8m");
      },
    });
    await world.boot([queued]);
    await world.trigger("queued");
    await world.trigger("queued", { at: `${DAY}T09:05Z` });
    await world.trigger("queued", { at: `${DAY}T09:02Z` });
    await world.until(`${DAY}T10:00Z`);
    assert.deepEqual(started.slice(0, 5), ["08:59", "09:00", "09:02", "09:05", "09:10"]);
    assert.deepEqual(await world.gaps("queued"), []);
  });

  it("waits, when triggered for an instant in the past, behind who waits", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const order: unknown[] = [];
    const run = async ({ payload }: { payload: unknown }): Promise<void> => {
      order.push(payload);
      await world.sleep("5m");
    };
    await world.boot([task("queued", { run })]);
    await world.trigger("queued", { payload: 1 });
    await world.trigger("queued", { payload: 2 });
    await world.pass("1s");
    await world.trigger("queued", { payload: 3, at: `${DAY}T06:00Z` });
    await world.pass("20m");
    assert.deepEqual(order, [1, 2, 3]);
  });

  it("asks, with `replace` and room for two, the one that has run longest", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const slow = task("slow", {
      schedule: "*/10 * * * *",
      concurrency: 2,
      overlap: "replace",
      run: ({ signal }) => new Promise((end) => signal.addEventListener("abort", end)),
    });
    await world.boot([slow]);
    await world.until(`${DAY}T09:01Z`);
    assert.deepEqual(await world.ran("slow"), [
      "08:40 cancelled replaced",
      "08:50 running",
      "09:00 running",
    ]);
  });

  it("asks, with `replace`, the oldest to end and then gives it up; one waits, the newest", async () => {
    await using world = new VirtualWorld(`${DAY}T09:00Z`);
    const deaf = task("deaf", {
      schedule: every("3s"),
      overlap: "replace",
      startWithin: "unlimited",
      run: async ({ dueAt }) => {
        await world.sleep(dueAt.getTime() === instant(`${DAY}T09:00:03Z`) ? "1h" : "1s");
      },
    });
    await world.boot([deaf]);
    await world.until(`${DAY}T09:00:16.500Z`);
    assert.deepEqual(await world.ran("deaf"), ["09:00:03 cancelled replaced", "09:00:15 running"]);
    assert.deepEqual(await world.gaps("deaf"), ["overlap 09:00:06–09:00:12 ×3"]);
    const [first] = await world.runs("deaf");
    assert.equal(first?.endedAt, instant(`${DAY}T09:00:16Z`));
  });

  it("displaces, with `replace`, into gap `overlap` also by default", async () => {
    await using world = new VirtualWorld(`${DAY}T09:00Z`);
    const run = () => world.sleep("1h");
    const deaf = task("deaf", { schedule: every("3s"), overlap: "replace", run });
    await world.boot([deaf]);
    await world.until(`${DAY}T09:00:13Z`);
    assert.deepEqual(await world.gaps("deaf"), ["overlap 09:00:06–09:00:09 ×2"]);
  });

  it("waits, whatever the policy, where it was caught up, made by hand or is a replay", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const slow = task("slow", {
      schedule: HOURLY,
      catchUp: "all",
      overlap: "skip",
      run: () => world.sleep("1m"),
    });
    const node = await world.boot([slow]);
    const done = await world.trigger("slow");
    await world.pass("2m");
    await world.down(node, "3h", [slow]);
    await world.trigger("slow");
    await world.replay(done, { fresh: false });
    await world.pass("10m");
    assert.deepEqual(await world.gaps("slow"), []);
    assert.deepEqual(await world.ran("slow"), [
      "08:30 succeeded",
      "09:00 succeeded",
      "10:00 succeeded",
      "11:00 succeeded",
      "11:32 succeeded",
      "11:32 succeeded",
    ]);
  });
});

describe("a source that no live node carries", () => {
  it("is not planned; its instants become `down` when one is back", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [hourly()];
    const node = await world.boot(tasks);
    await world.boot([task("other", { schedule: HOURLY, run: () => {} })], { source: "others" });
    node.kill();
    await world.until(`${DAY}T11:30Z`);
    assert.deepEqual(await world.gaps("hourly"), []);
    assert.deepEqual(await world.ran("other"), [
      "09:00 succeeded",
      "10:00 succeeded",
      "11:00 succeeded",
    ]);
    await world.boot(tasks);
    assert.deepEqual(await world.gaps("hourly"), ["down 09:00–10:00 ×2"]);
  });
});

describe("a gap", () => {
  it("keeps the definition that was in force and spans no local midnight of its schedule", async () => {
    await using world = new VirtualWorld("2026-03-28T12:00Z");
    const tasks = [hourly({ catchUp: "none" })];
    const node = await world.boot(tasks, { timeZone: "Europe/London" });
    node.kill();
    await world.until("2026-03-30T12:30Z");
    await world.boot([hourly({ catchUp: "none", description: "another" })], {
      timeZone: "Europe/London",
    });
    const gaps = await world.gapRows("hourly");
    assert.deepEqual(
      gaps.map(({ fromAt, count }) => [new Date(fromAt).toISOString().slice(0, 16), count]),
      [
        ["2026-03-28T13:00", 11],
        ["2026-03-29T00:00", 23],
        ["2026-03-29T23:00", 14],
      ],
    );
    const [was] = node.loaded.tasks;
    assert.ok(gaps.every(({ definition }) => definition === was?.hash));
  });

  it("is enumerated by `did` by the rule of that day, whatever the rule is now", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const node = await world.boot([hourly({ catchUp: "none" })]);
    node.kill();
    await world.until(`${DAY}T11:30Z`);
    await world.boot([task("hourly", { schedule: "15 4 * * *", run: () => {} })]);
    const { occurrences } = await world.did("hourly", `${DAY}T00:00Z`, `${DAY}T12:00Z`);
    assert.deepEqual(
      occurrences.map(({ dueAt, reason }) => `${clockTime(dueAt)} ${reason}`),
      ["09:00 down", "10:00 down", "11:00 down"],
    );
  });

  it("counts as its row says where that and the enumeration differ", () => {
    const subject = { task: "t", timeZone: "UTC", from: 0, until: 100 };
    const gap = {
      schedule: "default",
      reason: "down",
      count: 5,
      dueAts: [10, 20],
      whole: true,
    } as const;
    const { due, occurrences } = decideDid(subject, [], [gap], false);
    assert.deepEqual([due, occurrences.length], [5, 2]);
  });
});

describe("`every`", () => {
  it("is elapsed time since the epoch, over clock changes and restarts", async () => {
    await using world = new VirtualWorld("2026-03-28T20:30Z");
    const tasks = [task("six", { schedule: every("6h"), run: () => {} })];
    const node = await world.boot(tasks, { timeZone: "Europe/London" });
    await world.pass("137m");
    await world.down(node, "1m", tasks);
    await world.until("2026-03-29T13:00Z");
    assert.deepEqual(await world.ran("six"), [
      "00:00 succeeded",
      "06:00 succeeded",
      "12:00 succeeded",
    ]);
  });

  it("is at least one second", async () => {
    const { tasks, problems } = await load(
      [task("fast", { schedule: every("500ms"), run: () => {} })],
      0,
    );
    assert.deepEqual(tasks, []);
    assert.match(problems[0]?.message ?? "", /too short an interval/);
  });

  it("reads a local anchor in its zone", async () => {
    await using world = new VirtualWorld("2026-06-30T00:00Z");
    const daily = every("1d", { anchor: "2026-06-01T09:00", timeZone: "Europe/London" });
    await world.boot([task("anchored", { schedule: daily, run: () => {} })]);
    await world.pass("1d");
    assert.deepEqual(await world.ran("anchored"), ["08:00 succeeded"]);
  });

  it("takes a changed anchor for an edit", async () => {
    const { world, blocker, free } = busyWorld();
    await using _ = world;
    const anchored = (anchor: string): Task =>
      task("anchored", {
        schedule: every("1h", { anchor: `2026-01-01T00:${anchor}Z` }),
        run: () => {},
      });
    const node = await world.boot([blocker, anchored("15")], { concurrency: 1 });
    await world.trigger("blocker");
    await world.until(`${DAY}T08:20Z`);
    node.kill();
    free();
    await world.boot([blocker, anchored("10")]);
    await world.until(`${DAY}T09:30Z`);
    assert.deepEqual(await world.gaps("anchored"), ["edited 08:15 ×1"]);
    assert.deepEqual(await world.ran("anchored"), ["09:10 succeeded"]);
  });
});

describe("`at`", () => {
  const london = (local: string): Task =>
    task("once", { schedule: at(local, { timeZone: "Europe/London" }), run: () => {} });

  it("is, in a gap of the local clock, the first instant after it", async () => {
    await using world = new VirtualWorld("2026-03-28T00:00Z");
    await world.boot([london("2026-03-29T01:30")]);
    await world.pass("2d");
    assert.deepEqual(await world.ran("once"), ["01:00 succeeded"]);
  });

  it("is, in an overlap of the local clock, the first of the two", async () => {
    await using world = new VirtualWorld("2026-10-24T00:00Z");
    await world.boot([london("2026-10-25T01:30")]);
    await world.pass("2d");
    assert.deepEqual(await world.ran("once"), ["00:30 succeeded"]);
  });

  it("warns at load where it is past, and does not run", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const node = await world.boot([task("once", { schedule: at(`${DAY}T07:00Z`), run: () => {} })]);
    assert.deepEqual(
      node.loaded.problems.map(({ severity }) => severity),
      ["warning"],
    );
    await world.pass("1d");
    assert.deepEqual(await world.ran("once"), []);
    assert.deepEqual(await world.gaps("once"), []);
  });
});

describe("an expression", () => {
  it("counts and lists half-open: the first instant is in, the last is not", () => {
    const schedule = parse(HOURLY);
    const [from, to] = [instant(`${DAY}T09:00Z`), instant(`${DAY}T11:00Z`)];
    assert.equal(schedule.count(from, to), 2);
    assert.deepEqual([...schedule.between(from, to)].map(clockTime), ["09:00", "10:00"]);
  });

  it("is an error with code `reboot` where it is @reboot outside a crontab", () => {
    assert.throws(
      () => parse("@reboot"),
      (error) => error instanceof ScheduleError && error.code === "reboot",
    );
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readDay } from "../src/cli/instants.ts";
import { NO_OUTLETS, type Outlets } from "../src/engine/outlets.ts";
import { openBelfry, shell, type Task, task } from "../src/index.ts";
import type { LogLine } from "../src/log.ts";
import { SqliteLogs } from "../src/stores/sqlite/logs.ts";
import { did } from "../src/verbs/did.ts";
import { instant, VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of what is told afterwards: `did`, the roll-up of a day and the logs, one by one.

const DAY = "2026-05-01";
const HOURLY = "0 * * * *";

function didDay(world: VirtualWorld, day: string, timeZone: string): ReturnType<typeof did> {
  const { from, until } = readDay(day, { timeZone, now: world.now, bare: "ago" });
  return did(world.context, "job", { from, until, timeZone, strict: false });
}

describe("`did`", () => {
  for (const [day, hours] of [
    ["2026-03-29", 23],
    ["2026-10-25", 25],
    ["2026-10-26", 24],
  ] as const) {
    it(`speaks of the local day: ${day} in London has ${hours} hours`, async () => {
      await using world = new VirtualWorld(
        new Date(instant(`${day}T00:00Z`) - 7_200_000).toISOString(),
      );
      await world.boot([task("job", { schedule: HOURLY, run: () => {} })], {
        timeZone: "Europe/London",
      });
      await world.pass("28h");
      const { due, succeeded, ok, timeZone } = await didDay(world, day, "Europe/London");
      assert.deepEqual([due, succeeded, ok, timeZone], [hours, hours, true, "Europe/London"]);
    });
  }

  it("speaks of another zone's days where it is asked to", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([task("job", { schedule: HOURLY, run: () => {} })]);
    await world.until(`${DAY}T16:30Z`);
    const { timeZone, from, due } = await didDay(world, "2026-05-02", "Asia/Tokyo");
    assert.deepEqual([timeZone, from, due], ["Asia/Tokyo", instant(`${DAY}T15:00Z`), 2]);
  });

  it("counts a successful replay of an occurrence as its success", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const job = task("job", {
      schedule: "0 9 * * *",
      retry: 1,
      run: ({ run }) => {
        if (run.trigger.kind === "schedule") throw new Error("no");
      },
    });
    await world.boot([job]);
    await world.until(`${DAY}T09:30Z`);
    const range = [`${DAY}T00:00Z`, `${DAY}T12:00Z`] as const;
    assert.equal((await world.did("job", ...range)).ok, false);
    const [failed] = await world.runs("job");
    const replay = await world.replay(failed?.id ?? "", { fresh: false });
    const { ok, succeeded, occurrences } = await world.did("job", ...range);
    assert.deepEqual([ok, succeeded, occurrences[0]?.run], [true, 1, replay]);
  });

  it("counts a success of a replay that was itself replayed", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    let times = 0;
    const job = task("job", {
      schedule: "0 9 * * *",
      retry: 1,
      run: () => {
        times += 1;
        if (times < 3) throw new Error("no");
      },
    });
    await world.boot([job]);
    await world.until(`${DAY}T09:30Z`);
    const [failed] = await world.runs("job");
    const second = await world.replay(failed?.id ?? "", { fresh: false });
    const third = await world.replay(second, { fresh: false });
    const { ok, occurrences } = await world.did("job", `${DAY}T00:00Z`, `${DAY}T12:00Z`);
    assert.deepEqual([ok, occurrences[0]?.run], [true, third]);
  });

  it("is not ok while something is pending or running", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const slow = task("job", {
      schedule: HOURLY,
      overlap: "queue",
      run: () => world.sleep("90m"),
    });
    await world.boot([slow]);
    await world.until(`${DAY}T10:10Z`);
    for (const [hour, state] of [
      ["09", "running"],
      ["10", "pending"],
    ]) {
      const range = [`${DAY}T${hour}:00Z`, `${DAY}T${hour}:30Z`] as const;
      const { ok, occurrences } = await world.did("job", ...range);
      assert.deepEqual([ok, occurrences[0]?.state], [false, state]);
    }
  });

  it("is ok where nothing was due", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([task("job", { schedule: "0 9 * * *", run: () => {} })]);
    const { ok, due } = await world.did("job", `${DAY}T10:00Z`, `${DAY}T12:00Z`);
    assert.deepEqual([ok, due], [true, 0]);
  });

  it("is not ok over a gap that nobody wanted, and with `strict` over any", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const tasks = [task("job", { schedule: HOURLY, catchUp: "none", run: () => {} })];
    const node = await world.boot(tasks);
    await world.pause("job", `${DAY}T09:30Z`);
    await world.until(`${DAY}T09:45Z`);
    await world.down(node, "45m", tasks);
    const paused = [`${DAY}T08:30Z`, `${DAY}T09:30Z`] as const;
    const down = [`${DAY}T09:30Z`, `${DAY}T10:30Z`] as const;
    assert.equal((await world.did("job", ...paused)).ok, true);
    assert.equal((await world.did("job", ...paused, { strict: true })).ok, false);
    assert.equal((await world.did("job", ...down)).ok, false);
  });
});

describe("the daily roll-up", () => {
  /** Hours by the UTC clock: 01 fails, 02 is cancelled, 03 takes so long that 04 is passed over. */
  function varied(world: VirtualWorld): Task {
    return task("job", {
      schedule: HOURLY,
      catchUp: "none",
      retry: 1,
      run: async ({ dueAt, signal }) => {
        const hour = dueAt.getUTCHours();
        if (hour === 1) throw new Error("no");
        if (hour === 2) await new Promise((end) => signal.addEventListener("abort", end));
        if (hour === 3) await world.sleep("90m");
      },
    });
  }

  it("counts each column of a local day, with its zone, and outlives what it counted", async () => {
    await using world = new VirtualWorld("2026-04-30T22:30Z");
    const tasks = [varied(world)];
    const options = { timeZone: "Europe/London", historyMs: 2 * 86_400_000 };
    const first = await world.boot(tasks, options);
    await world.until(`${DAY}T02:30Z`);
    const running = (await world.runs("job")).find(({ state }) => state === "running");
    await world.cancel(running?.id ?? "");
    await world.until(`${DAY}T04:50Z`);
    await world.pause("job", `${DAY}T05:30Z`);
    await world.until(`${DAY}T05:40Z`);
    first.kill();
    await world.until(`${DAY}T07:30Z`);
    const second = await world.boot(tasks, options);
    await world.trigger("job");
    await world.until(`${DAY}T23:30Z`);
    second.kill();
    await world.pass("5d");
    await world.boot(tasks, options);
    assert.deepEqual(await world.store.days("job", DAY, "2026-05-02"), [
      {
        task: "job",
        day: DAY,
        timeZone: "Europe/London",
        due: 24,
        succeeded: 19,
        failed: 1,
        cancelled: 1,
        missed: 2,
        passedOver: 2,
      },
    ]);
    const from = instant("2026-04-30T23:00Z");
    const until = instant(`${DAY}T23:00Z`);
    assert.deepEqual(await world.store.runs({ task: "job", from, until, limit: 99 }), []);
    assert.deepEqual(await world.store.gaps("job", from, until), []);
  });
});

describe("a heartbeat", () => {
  it("goes out after the run's settle, for occurrences, hand and replay; none for a cancelled run", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const told: string[] = [];
    const beat: Outlets["beat"] = async (_task, { run, state, trigger }) => {
      const row = await world.run(run);
      assert.equal(row.state, state, "it is settled when it is told");
      told.push(`${trigger.kind} ${state}`);
    };
    const start: Outlets["start"] = (_task, run) => void told.push(`start ${run.slice(0, 2)}`);
    let fails = false;
    const heartbeat = "https://hc-ping.com/0b8f5e8a-7d6c-4f0a-9a55-1f1f1f1f1f1f";
    const job = task("job", {
      schedule: HOURLY,
      retry: { attempts: 2, wait: "1s" },
      heartbeat,
      run: () => {
        if (fails) throw new Error("no");
      },
    });
    await world.boot([job], { outlets: { ...NO_OUTLETS, beat, start } });
    await world.until(`${DAY}T09:10Z`);
    fails = true;
    const run = await world.trigger("job");
    await world.pass("10m");
    fails = false;
    await world.replay(run, { fresh: false });
    await world.pass("10m");
    const later = await world.trigger("job", { at: `${DAY}T09:45Z` });
    assert.equal(await world.cancel(later), "cancelled");
    await world.until(`${DAY}T09:50Z`);
    assert.deepEqual(told, [
      "start 01",
      "schedule succeeded",
      "start 01",
      "manual failed",
      "start 01",
      "replay succeeded",
    ]);
  });
});

describe("log lines", () => {
  /** What a shell line said, in both attempts of its run. */
  async function said(line: string): Promise<readonly LogLine[]> {
    const folder = await mkdtemp(join(tmpdir(), "belfry-said-"));
    try {
      const job = task("job", { retry: { attempts: 2, wait: "100ms" }, run: shell(line) });
      const store = `sqlite:${join(folder, "belfry.db")}`;
      const belfry = await openBelfry({ store, tasks: [job], name: "logs" });
      await belfry.start();
      const run = await belfry.trigger(job);
      await run.finished();
      const { dueAt, endedAt } = await belfry.runs.get(run.id);
      await belfry[Symbol.asyncDispose]();
      const logs = new SqliteLogs(folder);
      const { lines } = await logs.read({
        run: run.id,
        fromAt: dueAt.getTime(),
        untilAt: endedAt?.getTime() ?? null,
        attempt: null,
        after: null,
        limit: 1000,
      });
      await logs.close();
      return lines;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  it("stand in order of arrival, exact within a stream, and are those of all attempts", async () => {
    const lines = await said(
      "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done; sleep 0.05; echo last; exit 1",
    );
    for (const attempt of [1, 2]) {
      const own = lines.filter((line) => line.attempt === attempt);
      const texts = (stream: LogLine["stream"]): string[] =>
        own.filter((line) => line.stream === stream).map(({ text }) => text);
      const numbers = [1, 2, 3, 4, 5];
      assert.deepEqual(texts("stdout"), [...numbers.map((i) => `out ${i}`), "last"]);
      assert.deepEqual(
        texts("stderr"),
        numbers.map((i) => `err ${i}`),
      );
      assert.equal(own.at(-1)?.text, "last");
    }
    assert.deepEqual(
      lines.map(({ attempt }) => attempt).toSorted(),
      lines.map(({ attempt }) => attempt),
    );
    assert.deepEqual(
      lines.map(({ at }) => at).toSorted((a, b) => a - b),
      lines.map(({ at }) => at),
    );
  });

  it("end at 16 KiB", async () => {
    const lines = await said("head -c 20000 /dev/zero | tr '\\0' x; echo; exit 1");
    const own = lines.filter(({ attempt }) => attempt === 1);
    assert.deepEqual(
      own.map(({ text }) => text.length),
      [16_384, 20_000 - 16_384],
    );
  });
});

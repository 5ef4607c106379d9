import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { resolveConfig } from "../src/define/config.ts";
import { command, openBelfry, PermanentError, shell, type Task, task } from "../src/index.ts";
import { instant, load, VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of what becomes of a run: its attempts, its limits and its end, one by one.

const DAY = "2026-05-01";

function failing(options: { retry?: number; name?: string } = {}): Task {
  const { retry = 3, name = "job" } = options;
  return task(name, {
    retry,
    run: () => {
      throw new Error("no");
    },
  });
}

describe("`retry`", () => {
  it("counts attempts, the first included", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([failing({ retry: 2 })]);
    const id = await world.trigger("job");
    await world.pass("1h");
    const { attempts, state, reason } = await world.run(id);
    assert.deepEqual([attempts.length, state, reason], [2, "failed", "exhausted"]);
  });

  it("waits min(max, wait·2^(n−1)) × (0.5 … 1), with a `wait` of 10 s and a `max` of 15 min", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([failing({ retry: 12 })]);
    const id = await world.trigger("job");
    await world.pass("3h");
    const { attempts } = await world.run(id);
    assert.equal(attempts.length, 12);
    for (const [index, attempt] of attempts.entries()) {
      const before = attempts[index - 1];
      if (before === undefined) continue;
      const most = Math.min(900_000, 10_000 * 2 ** (index - 1));
      const waited = attempt.startedAt - before.endedAt;
      assert.ok(waited >= most / 2 && waited <= most, `${waited} ms before attempt ${index + 1}`);
    }
  });
});

describe("a lost attempt", () => {
  it("is tried again at once; the third loss fails; `attempt` counts all starts", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const seen: number[] = [];
    const tasks = [
      task("job", {
        retry: 1,
        run: async ({ run }) => {
          seen.push(run.attempt);
          await world.sleep("10h");
        },
      }),
    ];
    let node = await world.boot(tasks);
    const id = await world.trigger("job");
    for (let death = 1; death <= 3; death++) {
      const died = world.now;
      node.kill();
      node = await world.boot(tasks);
      if (death === 3) continue;
      const { state, startedAt } = await world.run(id);
      assert.deepEqual([state, startedAt], ["running", died]);
    }
    const { state, reason, attempts } = await world.run(id);
    assert.deepEqual([state, reason, attempts.length], ["failed", "lost", 3]);
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it("does not count against `retry`, nor does an interrupted one", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const tasks = [
      task("job", {
        retry: 1,
        run: async ({ signal, run }) => {
          if (run.attempt < 3) await new Promise((end) => signal.addEventListener("abort", end));
        },
      }),
    ];
    const first = await world.boot(tasks);
    const id = await world.trigger("job");
    await world.stop(first, "1s");
    const second = await world.boot(tasks);
    second.kill();
    await world.boot(tasks);
    const { state, attempts } = await world.run(id);
    assert.deepEqual(
      [state, ...attempts.map(({ outcome }) => outcome)],
      ["succeeded", "interrupted", "lost", "succeeded"],
    );
  });

  it("on another host is one whose node has been silent for 30 s", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const tasks = [task("job", { run: () => world.sleep("10h") })];
    const near = await world.boot(tasks, { pace: "exact", host: "near" });
    const id = await world.trigger("job");
    await world.boot(tasks, { pace: "exact", host: "far" });
    near.process.stop();
    await world.pass("19s");
    assert.equal((await world.run(id)).attempts.length, 0);
    await world.pass("13s");
    const [attempt] = (await world.run(id)).attempts;
    assert.equal(attempt?.outcome, "lost");
  });
});

describe("a lease", () => {
  it("is 30 s, and SIGTERM gives attempts 25 s; both are settings", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-lease-"));
    try {
      const { node } = await resolveConfig({ cwd: folder, environment: {} });
      assert.deepEqual([node.leaseMs, node.graceMs], [30_000, 25_000]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a node that is told to stop", () => {
  it("lets attempts end within the grace, then interrupts them, and hands them over", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const attempts: string[] = [];
    const lasting = (name: string, length: "20s" | "1h"): Task =>
      task(name, {
        run: async ({ signal, run }) => {
          attempts.push(`${name} ${run.attempt}`);
          const told = new Promise((end) => signal.addEventListener("abort", end));
          if (run.attempt === 1) await Promise.race([world.sleep(length), told]);
        },
      });
    const tasks = [lasting("short", "20s"), lasting("long", "1h")];
    const node = await world.boot(tasks);
    const short = await world.trigger("short");
    const long = await world.trigger("long");
    await world.stop(node, "25s");
    assert.equal(world.now, instant(`${DAY}T08:00:25Z`));
    assert.equal((await world.run(short)).state, "succeeded");
    assert.equal((await world.run(long)).state, "pending");
    await world.boot(tasks);
    assert.equal((await world.run(long)).state, "succeeded");
    assert.deepEqual(attempts, ["short 1", "long 1", "long 2"]);
  });
});

describe("a failure", () => {
  it("is permanent where it is a PermanentError", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = (): never => {
      throw new PermanentError("the key was withdrawn");
    };
    await world.boot([task("job", { retry: 3, run })]);
    const { state, reason, attempts } = await world.run(await world.trigger("job"));
    assert.deepEqual([state, reason, attempts.length], ["failed", "permanent", 1]);
  });

  it("is permanent where a payload does not fit", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const payload = z.object({ customer: z.number() });
    await world.boot([task("job", { payload, retry: 3, run: () => {} })]);
    const id = await world.trigger("job", { payload: { customer: "seven" } });
    const { state, reason, attempts } = await world.run(id);
    assert.deepEqual([state, reason, attempts.length], ["failed", "invalid-payload", 1]);
  });

  it("of a program is permanent with exit 126 or 127, or where it cannot be run; else transient", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-permanent-"));
    const tasks = {
      "exit-126": shell("exit 126"),
      "exit-127": shell("exit 127"),
      missing: command(["/no/such/program"]),
      forbidden: command(["/etc/passwd"]),
      "exit-1": shell("exit 1"),
    };
    try {
      await using belfry = await openBelfry({
        store: `sqlite:${join(folder, "belfry.db")}`,
        name: "permanent",
        tasks: Object.entries(tasks).map(([name, run]) => task(name, { retry: 2, run })),
      });
      await belfry.start();
      for (const name of ["exit-126", "exit-127", "missing", "forbidden"]) {
        const end = await (await belfry.trigger(name)).finished();
        assert.deepEqual([name, end.state === "failed" && end.reason], [name, "permanent"]);
      }
      const transient = await belfry.trigger("exit-1");
      while ((await belfry.runs.get(transient.id)).attempts.length === 0) {
        await new Promise((turn) => setTimeout(turn, 10));
      }
      const { state, reason } = await belfry.runs.get(transient.id);
      assert.deepEqual([state, reason], ["pending", null]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("that is thrown any other way is transient", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = ({ run: { attempt } }: { run: { attempt: number } }): void => {
      if (attempt === 1) throw "a word";
    };
    await world.boot([task("job", { run })]);
    const id = await world.trigger("job");
    await world.pass("1m");
    assert.equal((await world.run(id)).state, "succeeded");
  });
});

describe("`timeout`", () => {
  it("is per attempt, from its start", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = ({ signal }: { signal: AbortSignal }): Promise<unknown> =>
      new Promise((end) => signal.addEventListener("abort", end));
    await world.boot([task("job", { timeout: "1m", retry: 2, run })]);
    const id = await world.trigger("job");
    await world.pass("5m");
    const { state, reason, attempts } = await world.run(id);
    assert.deepEqual([state, reason], ["failed", "timed-out"]);
    assert.deepEqual(
      attempts.map(({ startedAt, endedAt }) => endedAt - startedAt),
      [60_000, 60_000],
    );
  });

  it("gives up a function that does not heed its signal 10 s later", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([task("deaf", { timeout: "1m", retry: 1, run: () => world.sleep("1h") })]);
    const id = await world.trigger("deaf");
    await world.pass("2m");
    const { state, reason, endedAt } = await world.run(id);
    assert.deepEqual([state, reason], ["failed", "timed-out"]);
    assert.equal(endedAt, instant(`${DAY}T08:01:10Z`));
  });

  it("lets no retry begin in this process until that function's promise has ended", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const starts: number[] = [];
    const run = async (): Promise<void> => {
      starts.push(world.now);
      if (starts.length === 1) await world.sleep("30m");
    };
    await world.boot([task("deaf", { timeout: "10m", retry: 2, run })]);
    const id = await world.trigger("deaf");
    await world.until(`${DAY}T08:29Z`);
    assert.equal(starts.length, 1);
    assert.equal((await world.run(id)).state, "running");
    await world.until(`${DAY}T08:31Z`);
    assert.deepEqual(starts, [instant(`${DAY}T08:00Z`), instant(`${DAY}T08:30Z`)]);
    assert.equal((await world.run(id)).state, "succeeded");
  });
});

describe("`deadline`", () => {
  it("counts from the due instant, waits included: a retry that would pass it fails now", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const job = task("job", {
      deadline: "30m",
      retry: { attempts: 9, wait: "25m", max: "25m" },
      run: () => {
        throw new Error("no");
      },
    });
    await world.boot([job]);
    const id = await world.trigger("job");
    await world.pass("29m");
    const { state, reason, attempts, endedAt } = await world.run(id);
    assert.deepEqual([state, reason, attempts.length], ["failed", "deadline", 2]);
    assert.equal(endedAt, attempts[1]?.endedAt);
  });

  it("ends an attempt that is running at it", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = ({ signal }: { signal: AbortSignal }): Promise<unknown> =>
      new Promise((end) => signal.addEventListener("abort", end));
    await world.boot([task("job", { deadline: "30m", run })]);
    const id = await world.trigger("job");
    await world.pass("1h");
    const { state, reason, endedAt } = await world.run(id);
    assert.deepEqual([state, reason], ["failed", "deadline"]);
    assert.equal(endedAt, instant(`${DAY}T08:30Z`));
  });

  it("fails a retry that is kept waiting beyond it", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    await world.boot([
      task("job", {
        deadline: "30m",
        retry: { attempts: 2, wait: "10m", max: "10m" },
        run: () => {
          throw new Error("no");
        },
      }),
    ]);
    const id = await world.trigger("job");
    await world.pause("job");
    await world.pass("35m");
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason], ["failed", "deadline"]);
  });

  it("makes an occurrence that never started in time a gap `late`, any other cancelled `late`", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const blocker = task("blocker", { run: () => world.sleep("3h") });
    const job = task("job", {
      schedule: "0 9 * * *",
      concurrency: "unlimited",
      deadline: "30m",
      run: () => {},
    });
    await world.boot([blocker, job], { concurrency: 1 });
    await world.trigger("blocker");
    const id = await world.trigger("job");
    await world.until(`${DAY}T11:01Z`);
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason], ["cancelled", "late"]);
    assert.deepEqual(await world.gaps("job"), ["late 09:00 ×1"]);
  });
});

describe("at-most-once", () => {
  const once = (run: () => unknown): Task => task("once", { delivery: "at-most-once", run });

  it("is refused at load with a `retry` above 1", async () => {
    const bad = task("once", { delivery: "at-most-once", retry: 2, run: () => {} });
    const { tasks, problems } = await load([bad], 0);
    assert.deepEqual(tasks, []);
    assert.match(problems[0]?.message ?? "", /2 attempts contradict delivery "at-most-once"/);
  });

  it("takes claimed for started: a run whose node died is not begun again", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    let starts = 0;
    const tasks = [
      once(async () => {
        starts += 1;
        await world.sleep("1h");
      }),
    ];
    const node = await world.boot(tasks);
    const id = await world.trigger("once");
    node.kill();
    await world.boot(tasks);
    await world.pass("2h");
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason, starts], ["failed", "lost", 1]);
  });

  it("fails an interrupted attempt as `interrupted`", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const node = await world.boot([once(() => world.sleep("1h"))]);
    const id = await world.trigger("once");
    await world.stop(node, "1s");
    const { state, reason } = await world.run(id);
    assert.deepEqual([state, reason], ["failed", "interrupted"]);
  });

  it("is not tried again after a failure of any kind", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const run = (): never => {
      throw new Error("no");
    };
    await world.boot([once(run)]);
    const { state, reason } = await world.run(await world.trigger("once"));
    assert.deepEqual([state, reason], ["failed", "exhausted"]);
  });
});

describe("code", () => {
  it("comes from the node of the attempt: an old run is performed by today's function", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    const said: string[] = [];
    const version = (name: string): Task => task("job", { run: () => void said.push(name) });
    (await world.boot([version("old")])).kill();
    const id = await world.trigger("job");
    await world.boot([version("new")]);
    assert.deepEqual(said, ["new"]);
    assert.equal((await world.run(id)).state, "succeeded");
  });

  it("is no part of the hash, which pins policies, payload and schedules", async () => {
    const hash = async (options: { payload?: number; retry?: number; minute?: string }) => {
      const { payload = 1, retry = 1, minute = "0" } = options;
      const schedules = { nightly: { schedule: `${minute} 3 * * *`, payload } };
      const job = task("job", { schedules, retry, run: () => ({ ...options }) });
      return (await load([job], 0)).tasks[0]?.hash;
    };
    const same = await hash({});
    assert.equal(await hash({}), same);
    assert.notEqual(await hash({ payload: 2 }), same);
    assert.notEqual(await hash({ retry: 2 }), same);
    assert.notEqual(await hash({ minute: "5" }), same);
    const argv = async (program: string) =>
      (await load([task("job", { run: command([program], { cwd: program }) })], 0)).tasks[0]?.hash;
    assert.equal(await argv("/bin/true"), await argv("/bin/false"));
  });

  it("of a newer release leaves a run the policies that it was made with", async () => {
    await using world = new VirtualWorld(`${DAY}T08:00Z`);
    (await world.boot([failing({ retry: 1 })])).kill();
    const id = await world.trigger("job");
    await world.boot([failing({ retry: 3 })]);
    const { state, attempts } = await world.run(id);
    assert.deepEqual([state, attempts.length], ["failed", 1]);
  });
});

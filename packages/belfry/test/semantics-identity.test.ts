import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { diagnoseReleases } from "../src/cli/diagnose-fleet.ts";
import { scheduleId } from "../src/core/identity.ts";
import { resolveConfig } from "../src/define/config.ts";
import { Project } from "../src/define/project.fixture.ts";
import { openBelfry, type Task, task } from "../src/index.ts";
import { SqliteStore } from "../src/stores/sqlite/store.ts";
import { removeSchedule, setSchedule } from "../src/verbs/schedule.ts";
import { clockTime, conflicts, instant, VirtualWorld } from "./virtual-world.fixture.ts";

// The rules of what keeps its identity and what an edit, a pause or a removal does, one by one.

const DAY = "2026-05-01";
const HOUR_MS = 3_600_000;

/** Why this does not hold yet: the store's to keep. */

const run = (): void => {};

function scheduled(schedule = "0 * * * *", name = "job"): Task {
  return task(name, { schedule, run });
}

describe("a schedule", () => {
  it("is its task and key for ever, whatever its expression; a single one has key `default`", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([scheduled()]);
    const ids = async (): Promise<string[]> =>
      (await world.task("job")).schedules.map(({ id }) => id);
    assert.deepEqual(await ids(), [scheduleId("job", "default")]);
    await world.boot([scheduled("15 4 * * *")]);
    assert.deepEqual(await ids(), [scheduleId("job", "default")]);
  });

  it("is disabled when it is removed, and enabled when it returns, owing nothing", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const noon = { noon: "0 12 * * *" };
    const both = task("job", { schedules: { ...noon, hourly: "0 * * * *" }, run });
    (await world.boot([both])).kill();
    const without = await world.boot([task("job", { schedules: noon, run })]);
    const hourly = async (): Promise<{ enabled: boolean; cursorAt: number } | undefined> =>
      (await world.task("job")).schedules.find(({ key }) => key === "hourly");
    assert.equal((await hourly())?.enabled, false);
    await world.until(`${DAY}T10:30Z`);
    without.kill();
    await world.boot([both]);
    await world.pass("10m");
    const back = await hourly();
    assert.equal(back?.enabled, true);
    assert.ok(back.cursorAt >= instant(`${DAY}T10:30Z`));
    await world.until(`${DAY}T11:10Z`);
    assert.deepEqual(await world.ran("job"), ["11:00 succeeded"]);
    assert.deepEqual(await world.gaps("job"), []);
  });

  it("keeps a pause through its task's removal and return", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const other = task("other", { run });
    (await world.boot([other, scheduled()])).kill();
    await world.pause("job");
    (await world.boot([other])).kill();
    assert.equal((await world.task("job")).enabled, false);
    await world.until(`${DAY}T10:30Z`);
    await world.boot([other, scheduled("0 * * * *")]);
    assert.equal((await world.task("job")).pause?.by, "ann");
    await world.until(`${DAY}T11:10Z`);
    assert.deepEqual(await world.ran("job"), []);
    assert.deepEqual(await world.gaps("job"), ["paused 11:00 ×1"]);
  });
});

describe("an edit", () => {
  it("sets the cursor to now: what the new rule would have been due before is not", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    (await world.boot([scheduled()])).kill();
    await world.until(`${DAY}T08:50Z`);
    await world.boot([scheduled("*/10 * * * *")]);
    const [schedule] = (await world.task("job")).schedules;
    assert.equal(schedule?.cursorAt, instant(`${DAY}T08:50Z`));
    await world.until(`${DAY}T09:01Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded"]);
    assert.deepEqual(await world.gaps("job"), []);
  });

  it("leaves the cursor at what has run where the clock went back behind that", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    (await world.boot([scheduled()], { pace: "exact" })).kill();
    await world.boot([scheduled()], { pace: "exact" });
    await world.until(`${DAY}T09:01Z`);
    world.jump(-0.25 * HOUR_MS);
    await world.boot([scheduled("*/10 * * * *")], { pace: "exact" });
    const [schedule] = (await world.task("job")).schedules;
    assert.equal(schedule?.cursorAt, instant(`${DAY}T09:00Z`));
    await world.until(`${DAY}T09:11Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded", "09:10 succeeded"]);
  });

  it("lets what came by hand, and retries, live on", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const failing = (schedule: string): Task =>
      task("job", {
        schedule,
        retry: { attempts: 2, wait: "2h", max: "2h" },
        concurrency: 2,
        run: ({ run: { attempt } }) => {
          if (attempt === 1) throw new Error("not yet");
        },
      });
    (await world.boot([failing("0 9 * * *")])).kill();
    await world.boot([failing("0 9 * * *")]);
    await world.trigger("job", { at: `${DAY}T09:30Z` });
    await world.until(`${DAY}T09:01Z`);
    await world.boot([failing("30 4 * * *")]);
    await world.until(`${DAY}T12:00Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded", "09:30 succeeded"]);
    assert.deepEqual(await world.gaps("job"), []);
  });
});

describe("a pause", () => {
  it("accounts for what was due before it, and counts from its instant", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    (await world.boot([scheduled()])).kill();
    await world.until(`${DAY}T10:30Z`);
    await world.pause("job");
    assert.deepEqual(await world.gaps("job"), ["down 09:00 ×1"]);
    const [held] = await world.runs("job");
    assert.deepEqual([clockTime(held?.dueAt ?? 0), held?.parked], ["10:00", "paused"]);
    await world.until(`${DAY}T12:30Z`);
    await world.boot([scheduled()]);
    assert.deepEqual(await world.gaps("job"), [
      "down 09:00 ×1",
      "late 10:00 ×1",
      "paused 11:00–12:00 ×2",
    ]);
  });
});

describe("a renamed task", () => {
  it("is one removed and one new: what runs ends, what waits is cancelled", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const slow = (name: string): Task =>
      task(name, { schedule: "0 * * * *", concurrency: 2, run: () => world.sleep("40m") });
    await world.boot([slow("old")]);
    const running = await world.trigger("old");
    const waiting = await world.trigger("old", { at: `${DAY}T10:00Z` });
    await world.boot([slow("new")]);
    assert.deepEqual(await world.run(waiting).then(({ state, reason }) => [state, reason]), [
      "cancelled",
      "cancelled",
    ]);
    assert.equal((await world.run(running)).state, "running");
    await world.until(`${DAY}T09:50Z`);
    assert.equal((await world.run(running)).state, "succeeded");
    assert.deepEqual(await world.ran("new"), ["09:00 succeeded"]);
    assert.deepEqual(await world.gaps("old"), []);
  });

  it("does not try again what ran under the old name", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const failing = async (): Promise<never> => {
      await world.sleep("10m");
      throw new Error("not yet");
    };
    await world.boot([task("old", { run: failing })]);
    const running = await world.trigger("old");
    await world.boot([task("new", { run: failing })]);
    await world.pass("11m");
    const { state, reason } = await world.run(running);
    assert.deepEqual([state, reason], ["cancelled", "cancelled"]);
  });
});

describe("a source", () => {
  it("is the configuration's name, else package.json's, else the folder's", async () => {
    await using project = await Project.create({
      "named/belfry.yaml": "name: mine",
      "named/package.json": '{ "name": "shop" }',
      "packaged/belfry.yaml": "{}",
      "packaged/package.json": '{ "name": "shop" }',
      "bare/belfry.yaml": "{}",
      "bare/package.json": "{}",
    });
    assert.equal((await project.config({ in: "named" })).name, "mine");
    assert.equal((await project.config({ in: "packaged" })).name, "shop");
    const folder = await mkdtemp(join(tmpdir(), "belfry-folder-"));
    try {
      const { name } = await resolveConfig({ cwd: folder, environment: {} });
      assert.equal(join(tmpdir(), name), folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("is `api`, and no release, for what is made at run time: releases never touch it", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([scheduled()]);
    const part = {
      expression: "*/30 * * * *",
      dialect: "unix",
      timeZone: "UTC",
      anchor: null,
    } as const;
    await setSchedule(world.context, {
      task: "job",
      key: "acme",
      parts: [part],
      payload: null,
      nextAt: instant(`${DAY}T09:00Z`),
    });
    await world.boot([scheduled("15 4 * * *")]);
    const own = (await world.task("job")).schedules.find(({ key }) => key === "acme");
    assert.deepEqual([own?.source, own?.enabled], ["api", true]);
    assert.ok(
      (await world.store.nodes()).every(({ releases }) =>
        releases.every(({ source }) => source !== "api"),
      ),
    );
    await world.until(`${DAY}T09:10Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded"]);
    assert.equal(await removeSchedule(world.context, "job", "default"), false);
    await conflicts(
      setSchedule(world.context, {
        task: "job",
        key: "default",
        parts: [part],
        payload: null,
        nextAt: null,
      }),
      "owned",
    );
  });

  it("is refused a task that another has: the later one, and both are named", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([scheduled()], { source: "first" });
    await world.boot([scheduled("15 * * * *"), scheduled("0 * * * *", "more")], {
      source: "second",
    });
    const refused = world.events.filter(({ kind }) => kind === "refused");
    assert.deepEqual(refused, [{ kind: "refused", task: "job", source: "first" }]);
    const releases = world.events.filter(({ kind }) => kind === "release");
    assert.deepEqual(releases.at(-1), { kind: "release", source: "second", tasks: 2 });
    await world.until(`${DAY}T09:20Z`);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded"]);
    assert.deepEqual(await world.ran("more"), ["09:00 succeeded"]);
    assert.equal((await world.task("job")).source, "first");
  });

  it("takes over a task that was refused it, once the other gives it up", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const other = task("other", { run });
    const first = await world.boot([scheduled(), other], { source: "first" });
    await world.boot([scheduled()], { source: "second" });
    first.kill();
    await world.boot([other], { source: "first" });
    await world.until(`${DAY}T10:30Z`);
    const { enabled, source } = await world.task("job");
    assert.deepEqual([enabled, source], [true, "second"]);
    assert.deepEqual(await world.ran("job"), ["09:00 succeeded", "10:00 succeeded"]);
  });

  it("with two live releases is ruled by the newest, and doctor says so", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([scheduled()]);
    await world.boot([scheduled("30 * * * *")]);
    await world.until(`${DAY}T09:40Z`);
    assert.deepEqual(await world.ran("job"), ["09:30 succeeded"]);
    const [finding] = diagnoseReleases(await world.store.nodes(), world.now);
    assert.match(finding?.message ?? "", /different releases of app: .+; the newest is in force/);
  });

  it("is not brought back to yesterday by an old node that starts again", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    const old = await world.boot([scheduled()]);
    await world.boot([scheduled("30 * * * *")]);
    old.kill();
    await world.boot([scheduled()]);
    await world.until(`${DAY}T09:40Z`);
    assert.deepEqual(await world.ran("job"), ["09:30 succeeded"]);
  });

  it("heals by a rollback: when the newest release is gone, the one that lives is in force", async () => {
    await using world = new VirtualWorld(`${DAY}T08:30Z`);
    await world.boot([scheduled()]);
    const bad = await world.boot([scheduled("30 * * * *")]);
    await world.until(`${DAY}T09:40Z`);
    bad.kill();
    await world.until(`${DAY}T10:10Z`);
    assert.deepEqual(await world.ran("job"), ["09:30 succeeded", "10:00 succeeded"]);
  });

  it("has a release published by start() alone, not by opening or triggering", async () => {
    const folder = await mkdtemp(join(tmpdir(), "belfry-publish-"));
    const path = join(folder, "belfry.db");
    try {
      const job = task("job", { run });
      await using belfry = await openBelfry({ store: `sqlite:${path}`, tasks: [job], name: "app" });
      await assert.rejects(belfry.trigger(job), /There is no task job/);
      const store = new SqliteStore(path);
      assert.deepEqual(await store.tasks(null), []);
      await belfry.start();
      assert.deepEqual(
        (await store.tasks(null)).map(({ name, source }) => [name, source]),
        [["job", "app"]],
      );
      await store.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("a clock below the store's mark", () => {
  /** At 09:00:30, with the run of 09:00 done, the clock goes back and a node starts. */
  async function goneBack(ms: number): Promise<VirtualWorld> {
    const world = new VirtualWorld(`${DAY}T08:58:10Z`);
    const tasks = [task("job", { schedule: "* * * * *", run })];
    const node = await world.boot(tasks, { pace: "exact" });
    await world.until(`${DAY}T09:00:30Z`);
    await world.stop(node, "1s");
    world.jump(-ms);
    await world.boot(tasks, { pace: "exact" });
    return world;
  }

  it("holds for a minute, then works on; cursors stay, so that nothing runs twice", async () => {
    await using world = await goneBack(60_000);
    const before = ["08:59 succeeded", "09:00 succeeded"];
    await world.until(`${DAY}T09:00:25Z`);
    assert.deepEqual(await world.ran("job"), before);
    const [clock] = world.events.filter(({ kind }) => kind === "clock");
    assert.equal(clock?.kind === "clock" && clock.holdMs, 60_000);
    await world.until(`${DAY}T09:02:10Z`);
    assert.deepEqual(await world.ran("job"), [...before, "09:01 succeeded", "09:02 succeeded"]);
  });

  it("by more than an hour holds until somebody accepts it", async () => {
    await using world = await goneBack(2 * HOUR_MS);
    const before = ["08:59 succeeded", "09:00 succeeded"];
    await world.trigger("job");
    await world.pass("20m");
    assert.equal((await world.runs("job")).filter(({ schedule }) => schedule !== null).length, 2);
    await world.store.acceptClock(world.now, "ann");
    await world.until(`${DAY}T09:02:10Z`);
    assert.deepEqual((await world.ran("job")).slice(1), [
      ...before,
      "09:01 succeeded",
      "09:02 succeeded",
    ]);
  });
});

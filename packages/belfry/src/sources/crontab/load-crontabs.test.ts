import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { VirtualClock } from "../../clocks/virtual.ts";
import { hostAccounts } from "./accounts.ts";
import { bootRuns } from "./boot-runs.ts";
import { livingCronDaemon } from "./cron-daemon.ts";
import {
  type CrontabHost,
  knownCrontabs,
  type LoadedCrontabs,
  loadCrontabs,
} from "./load-crontabs.ts";
import { CrontabWatch } from "./watch-crontabs.ts";

const host: CrontabHost = {
  name: "vm",
  timeZone: "Europe/Berlin",
  accounts: hostAccounts(),
  unmailable: null,
  alerts: [],
  daemon: async () => null,
};

describe("crontabs on a host", () => {
  let folder = "";
  let file = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "belfry-crontabs-"));
    file = join(folder, "mine");
    await writeFile(file, "* * * * * a\n@reboot b\n61 * * * * c\n");
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("are a source each, by host and path", async () => {
    await writeFile(join(folder, "other"), "* * * * * a\n");
    const { releases, tasks } = await loadCrontabs([folder], host);
    assert.deepEqual(
      releases.map(({ source, tasks: released }) => `${source} ${released.length}`),
      [`crontab:vm:${file} 2`, `crontab:vm:${join(folder, "other")} 1`],
    );
    const names = tasks.map(({ definition }) => definition.task);
    assert.equal(new Set(names).size, 3, "the same line in two files is two tasks");
  });

  it("make an edit of times another release, and a file that has gone an empty one", async () => {
    const first = await loadCrontabs([file], host);
    await writeFile(file, "5 * * * * a\n@reboot b\n61 * * * * c\n");
    const second = await loadCrontabs([file], host, first.crontabs);
    assert.notEqual(second.releases[0]?.hash, first.releases[0]?.hash);
    await rm(file);
    const third = await loadCrontabs([file], host, second.crontabs);
    assert.deepEqual(third.releases[0]?.tasks, []);
    assert.deepEqual(third.releases[0]?.unread, []);
    await writeFile(file, "5 * * * * a\n");
  });

  it("are known again by a store although they were deleted meanwhile, where they are meant", async () => {
    const sources = ["app", `crontab:vm:${folder}/gone`, `crontab:vm:${folder}x/a`, "crontab:b:/a"];
    const known = knownCrontabs(sources, [folder], host);
    assert.deepEqual(known, [{ file: join(folder, "gone"), place: "own" }]);
    const { releases } = await loadCrontabs([folder], host, known);
    assert.deepEqual(
      releases.map((each) => each.tasks.length),
      [2, 0],
    );
  });

  it("have one run per boot of the host for each @reboot line, unless cron has run it", async () => {
    const loaded = await loadCrontabs([file], host);
    const boot = { id: "b1", cron: "did-not-run" } as const;
    const { runs } = bootRuns(loaded, boot, 5, () => "0".repeat(32));
    assert.deepEqual(
      runs.map(({ task, idempotencyKey, trigger, dueAt }) => [
        task,
        idempotencyKey,
        trigger,
        dueAt,
      ]),
      [[loaded.boots[0]?.task, "boot:b1", { kind: "boot", by: "b1" }, 5]],
    );
    const crontab = { file: "/etc/cron.d/x", place: "system" } as const;
    const system = { ...loaded, boots: loaded.boots.map((each) => ({ ...each, crontab })) };
    const seen = bootRuns(system, { ...boot, cron: "ran" }, 5, () => "0".repeat(32));
    assert.deepEqual(seen.runs, []);
    assert.match(seen.problems[0]?.message ?? "", /cron has run it at this boot/);
    const silent = bootRuns(loaded, { ...boot, id: null }, 5, () => "0".repeat(32));
    assert.match(silent.problems[0]?.message ?? "", /does not tell its boots apart/);
  });

  it("are looked at again and again: an edit is told once, trouble is tried again", async () => {
    const clock = new VirtualClock(0);
    const told: LoadedCrontabs[] = [];
    const troubles: unknown[] = [];
    let looked = Promise.withResolvers<void>();
    let refusals = 1;
    const watch = new CrontabWatch({
      paths: [file],
      host,
      clock,
      loaded: await loadCrontabs([file], host),
      onChange: async (loaded) => {
        if (refusals-- > 0) throw new Error("the store is away");
        told.push(loaded);
        looked.resolve();
      },
      onTrouble: (error) => {
        troubles.push(error);
        looked.resolve();
      },
    });
    const look = async (): Promise<void> => {
      looked = Promise.withResolvers<void>();
      // The next look is scheduled in the turn after the last one has ended.
      while (!clock.wakeNext(clock.now() + 60_000)) await new Promise((turn) => setImmediate(turn));
      await looked.promise;
    };
    await writeFile(file, "* * * * * edited\n");
    await look();
    assert.equal(troubles.length, 1);
    await look();
    assert.equal(told.length, 1);
    assert.ok(clock.now() < 60_000, "an edit is seen within a minute");
    await watch.close();
    assert.equal(clock.wakeNext(clock.now() + 60_000), false, "nothing is looked at any more");
  });

  it("see a living cron daemon by its name", async () => {
    assert.equal(await livingCronDaemon(folder), null);
    await mkdir(join(folder, "77"));
    await writeFile(join(folder, "77/comm"), "crond\n");
    assert.deepEqual(await livingCronDaemon(folder), { pid: 77, name: "crond" });
  });
});

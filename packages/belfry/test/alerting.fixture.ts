import { appendFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Channel } from "../src/channel.ts";
import { systemClock, systemEntropy, systemRandom } from "../src/clocks/system.ts";
import { Redactor } from "../src/core/redactor.ts";
import { release } from "../src/define/release.ts";
import { Engine } from "../src/engine/engine.ts";
import { NO_OUTLETS } from "../src/engine/outlets.ts";
import { createFunctionExecutor } from "../src/executors/function.ts";
import { every, task } from "../src/index.ts";
import { openKeeper } from "../src/stores/sqlite/keeper-client.ts";
import { NO_LOGS } from "../src/testing/no-logs.ts";
import { load } from "./virtual-world.fixture.ts";

// A node as a process of its own, whose one channel `ops` writes what it takes to a file: each
// line is an alert's id, then its subject. Files beside the store say what is wrong.

const { store: path, aheadMs }: { store: string; aheadMs: number } = JSON.parse(
  process.argv[2] ?? "{}",
);
const folder = dirname(path);
const is = (what: string): boolean => existsSync(join(folder, what));

const ops: Channel = {
  async send({ id, subject }) {
    if (is("ops-is-down")) throw new Error("ops is down");
    appendFileSync(join(folder, "ops"), `${id} ${subject}\n`);
    // Taken, and its sender does not hear of it.
    if (is("ops-is-mute")) await new Promise<never>(() => {});
    return "taken";
  },
};

const tasks = [
  task("job", {
    alerts: ["ops"],
    retry: 1,
    run: () => {
      if (is("job-is-broken")) throw new Error("it is broken");
    },
  }),
  task("second", { schedule: every("1s"), alerts: ["ops"], run: () => {} }),
];

// A clock that is ahead passes over what it would take long to wait for.
const clock = {
  ...systemClock,
  now: () => systemClock.now() + aheadMs,
  monotonic: () => systemClock.monotonic(),
  schedule: (...[at, wake, precision]: Parameters<typeof systemClock.schedule>) =>
    systemClock.schedule(at - aheadMs, wake, precision),
};
const store = await openKeeper({ path, death: "provable", stalls: "silent" });
const engine = new Engine({
  store,
  logs: NO_LOGS,
  clock,
  random: systemRandom,
  entropy: systemEntropy,
  lease: () => store,
  executors: () =>
    new Map([["function", createFunctionExecutor({ clock, secret: (name) => name })]]),
  redactor: new Redactor(),
  http: null,
  output: () => ({ write() {}, log() {}, end: () => ({ bytes: 0, dropped: 0 }) }),
  outlets: { ...NO_OUTLETS, channels: new Map([["ops", ops]]) },
  settings: {
    concurrency: 10,
    tags: [],
    leaseMs: 30_000,
    renewMs: 10_000,
    retention: { historyMs: 86_400_000, logsMs: 86_400_000 },
  },
  duty: "serve",
  host: "here",
  pid: process.pid,
  version: "0",
  by: "test",
});
engine.events.on((event) => process.stdout.write(`${JSON.stringify(event)}\n`));
const loaded = await load(tasks, clock.now());
await engine.start({ tasks: loaded.tasks, releases: [release(loaded, "alerting")] });

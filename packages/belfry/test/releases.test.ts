import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_SERVER } from "../src/stores/postgres/server.fixture.ts";
import type { DidView } from "../src/views/did.ts";
import type { NodeView } from "../src/views/node.ts";
import type { RunDetailView, RunView } from "../src/views/run.ts";
import type { TaskDetailView, TaskView } from "../src/views/task.ts";
import { Fleet } from "./fleet.fixture.ts";
import type { UpLine } from "./up.fixture.ts";
import { until } from "./world.ts";

const WITHIN_MS = 30_000;

/** Of a release what matters here: when `beat` is due, by which policies, and which tasks there are. */
const OLD = `
tasks:
  beat: { schedule: every 1s, shell: "true" }
  job: { shell: "sleep 1", timeout: 40s, concurrency: 1 }
  old-name: { shell: "until [ -e ../go ]; do sleep 0.1; done" }
  gone: { shell: "true", schedule: every 1s }
`;
const NEW = `
tasks:
  beat: { schedule: every 2s, shell: "true" }
  job: { shell: "sleep 1", timeout: 50s, concurrency: 3 }
  new-name: { shell: "true" }
`;

async function tasksOf(fleet: Fleet): Promise<readonly string[]> {
  return (await fleet.json<TaskView[]>("tasks")).map(({ name }) => name);
}

function isRelease({ event, source }: UpLine): boolean {
  return event === "release" && source === "fleet";
}

async function runsOf(fleet: Fleet, task: string, state?: string): Promise<readonly RunView[]> {
  const of = state === undefined ? [] : ["--state", state];
  return await fleet.json<RunView[]>("runs", "--task", task, "--limit", "500", ...of);
}

/** Every occurrence ran, once: none was missed, none came late, none twice. */
async function beatsSince(fleet: Fleet, from: string): Promise<readonly number[]> {
  const until = new Date(Date.now() - 3_000).toISOString();
  const did = await fleet.json<DidView>("did", "beat", "--from", from, "--until", until);
  const bad = did.occurrences.filter(({ state }) => state !== "succeeded");
  assert.deepEqual(bad, []);
  const runs = (await runsOf(fleet, "beat")).filter(({ dueAt }) => dueAt >= from && dueAt < until);
  const due = runs.map(({ dueAt }) => Date.parse(dueAt)).sort((a, b) => a - b);
  assert.equal(new Set(due).size, due.length);
  assert.deepEqual(
    did.occurrences.map(({ dueAt }) => Date.parse(dueAt)),
    due,
  );
  return due;
}

describe("releases of a fleet on PostgreSQL", { skip: NO_SERVER, concurrency: 3 }, () => {
  it("converges in a rolling deploy while tasks change, are renamed and vanish", async () => {
    await using fleet = await Fleet.open("postgres");
    const [one, two] = [await fleet.up({ yaml: OLD }), await fleet.up({ yaml: OLD })];
    await until(async () => (await runsOf(fleet, "beat", "succeeded")).length > 0, WITHIN_MS);
    const from = (await runsOf(fleet, "beat")).map(({ dueAt }) => dueAt).sort()[0] ?? "";
    await fleet.ask(["run", "old-name"]);
    await fleet.ask(["run", "old-name"]);
    await until(async () => (await runsOf(fleet, "old-name", "running")).length === 1, WITHIN_MS);

    const three = await fleet.up({ yaml: NEW });
    assert.deepEqual(await tasksOf(fleet), ["beat", "job", "new-name"]);
    const job = await fleet.json<TaskDetailView>("show", "job");
    assert.equal(job.policies.timeoutMs, 50_000);
    assert.equal(job.policies.concurrency.limit, 3);
    // What ran of the task that has another name now ends, what waited does not begin.
    const states = async (): Promise<string> =>
      (await runsOf(fleet, "old-name"))
        .map(({ state }) => state)
        .sort()
        .join();
    assert.equal(await states(), "cancelled,running");
    fleet.write("go");
    await until(async () => (await states()) === "cancelled,succeeded", WITHIN_MS);
    assert.equal(
      (await fleet.ask(["doctor"])).stdout.includes("different releases of fleet"),
      true,
    );

    assert.equal(await one.up.stop(), 0);
    const four = await fleet.up({ yaml: NEW });
    assert.equal(await two.up.stop(), 0);
    const switched = Date.parse((await three.up.said(isRelease)).at);
    await until(() => Date.now() > switched + 9_000, WITHIN_MS);

    const due = await beatsSince(fleet, from);
    const odd = due.filter((at) => at % 2_000 !== 0);
    assert.ok(
      odd.length > 0 && odd.every((at) => at <= switched + 1_000),
      "the new rule from then on",
    );
    const gone = await runsOf(fleet, "gone");
    assert.ok(gone.every(({ dueAt }) => Date.parse(dueAt) <= switched + 1_000));
    const alive = (await fleet.json<NodeView[]>("nodes")).map(({ id }) => id);
    assert.deepEqual(new Set(alive), new Set([three.node, four.node]));
    // The two that carried the new release were not asked to switch to it again.
    assert.deepEqual(four.up.lines.filter(isRelease), []);
  });

  it("goes back by itself when the old code is deployed again, not because an old node restarts", async () => {
    await using fleet = await Fleet.open("postgres");
    const one = await fleet.up({ yaml: OLD });
    const two = await fleet.up({ yaml: NEW });
    await until(async () => (await tasksOf(fleet)).includes("new-name"), WITHIN_MS);
    // A node of yesterday that crashes and comes again brings nothing back.
    one.up.child.kill("SIGKILL");
    const again = await fleet.up({ yaml: OLD });
    assert.deepEqual(again.up.lines.filter(isRelease), []);
    assert.deepEqual(await tasksOf(fleet), ["beat", "job", "new-name"]);
    const held = await fleet.json<{ id: string }>("run", "new-name");
    await until(async () => (await runsOf(fleet, "new-name", "succeeded")).length === 1, WITHIN_MS);
    assert.equal((await fleet.json<RunDetailView>("show", held.id)).node, two.node);

    assert.equal(await two.up.stop(), 0);
    await again.up.said(isRelease);
    assert.deepEqual(await tasksOf(fleet), ["beat", "gone", "job", "old-name"]);
    const from = new Date().toISOString();
    await until(
      async () => (await runsOf(fleet, "gone", "succeeded")).some(({ dueAt }) => dueAt > from),
      WITHIN_MS,
    );
    const job = await fleet.json<TaskDetailView>("show", "job");
    assert.deepEqual([job.policies.timeoutMs, job.policies.concurrency.limit], [40_000, 1]);
    // Due each second again.
    const isOdd = ({ dueAt }: RunView): boolean => dueAt > from && Date.parse(dueAt) % 2_000 !== 0;
    await until(async () => (await runsOf(fleet, "beat", "succeeded")).some(isOdd), WITHIN_MS);
  });

  it("keeps the definition that a run was made with, through a deploy", async () => {
    await using fleet = await Fleet.open("postgres");
    const yaml = (retry: string): string =>
      `tasks: { flaky: { shell: "until [ -e ../go ]; do sleep 0.1; done; exit 1", retry: { attempts: ${retry} } } }`;
    const one = await fleet.up({ yaml: yaml("2, wait: 1s") });
    const { id } = await fleet.json<{ id: string }>("run", "flaky");
    // What it does it ends; the next attempt is another's.
    await until(async () => (await runsOf(fleet, "flaky", "running")).length === 1, WITHIN_MS);
    assert.equal((await fleet.ask(["nodes", "drain", one.node])).code, 0);
    fleet.write("go");
    const run = (): Promise<RunDetailView> => fleet.json<RunDetailView>("show", id);
    const two = await fleet.up({ yaml: yaml("9, wait: 1h") });
    assert.equal(await one.up.stop(), 0);
    await until(async () => (await run()).state === "failed", WITHIN_MS);
    const { attempts, reason } = await run();
    assert.equal(reason, "exhausted");
    assert.deepEqual(
      attempts.map(({ node }) => node),
      [one.node, two.node],
    );
  });

  it("parks runs whose code no node has, says so, and goes on when the code is there", async () => {
    await using fleet = await Fleet.open("postgres");
    const shop = { yaml: "tasks: { other: { shell: 'true' } }", source: "shop" };
    const farm = { yaml: "tasks: { milk: { shell: 'true' } }", source: "farm" };
    await fleet.up(shop);
    const cow = await fleet.up(farm);
    assert.equal(await cow.up.stop(), 0);
    const { id } = await fleet.json<{ id: string }>("run", "milk");
    const why = await fleet.ask(["why", "milk"]);
    assert.match(why.stdout, /No live node has the code of milk\./);
    await until(
      async () => (await fleet.json<RunDetailView>("show", id)).readyAt === null,
      WITHIN_MS,
    );
    assert.match((await fleet.ask(["why", id])).stdout, /No live node has the code of milk\./);
    assert.match((await fleet.ask(["show", "milk"])).stdout, /nodes +no live node has its code/);
    assert.match(
      (await fleet.ask(["doctor"])).stdout,
      /✗ tasks +No live node has the code of milk/,
    );
    const back = await fleet.up(farm);
    await until(
      async () => (await fleet.json<RunDetailView>("show", id)).state === "succeeded",
      WITHIN_MS,
    );
    assert.equal((await fleet.json<RunDetailView>("show", id)).node, back.node);
  });

  it("parks runs of a task that the release in force could not load, until one can", async () => {
    await using fleet = await Fleet.open("postgres");
    const good = "tasks: { milk: { shell: 'true' }, other: { shell: 'true' } }";
    const broken = "tasks: { milk: { shell: 'true', retry: never }, other: { shell: 'true' } }";
    const one = await fleet.up({ yaml: good });
    const two = await fleet.up({ yaml: broken });
    assert.equal(await one.up.stop(), 0);
    const { id } = await fleet.json<{ id: string }>("run", "milk");
    await until(
      async () => (await fleet.json<RunDetailView>("show", id)).readyAt === null,
      WITHIN_MS,
    );
    assert.match((await fleet.ask(["why", id])).stdout, /no live node could load it/);
    const three = await fleet.up({ yaml: `${good.slice(0, -1)}, third: { shell: 'true' } }` });
    await until(
      async () => (await fleet.json<RunDetailView>("show", id)).state === "succeeded",
      WITHIN_MS,
    );
    assert.equal((await fleet.json<RunDetailView>("show", id)).node, three.node);
    assert.equal(await two.up.stop(), 0);
  });
});

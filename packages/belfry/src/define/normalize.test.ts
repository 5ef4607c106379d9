import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Definition } from "../core/definition.ts";
import { definitionHash } from "./normalize.ts";
import { loaded } from "./project.fixture.ts";
import { release } from "./release.ts";

async function definitionsOf(files: Readonly<Record<string, string>>): Promise<Definition[]> {
  const { tasks, problems } = await loaded(files);
  assert.deepEqual(problems, []);
  return tasks.map(({ definition }) => definition);
}

async function definitionOf(yaml: string): Promise<Definition> {
  const lines = yaml.split("\n").map((line) => `    ${line}`);
  const [definition] = await definitionsOf({ "tasks/a.yaml": `tasks:\n  a:\n${lines.join("\n")}` });
  assert.ok(definition !== undefined);
  return definition;
}

describe("a definition", () => {
  it("has the defaults that are promised", async () => {
    const [fn, command] = await definitionsOf({
      "tasks/a.ts": 'export const a = task("a", { schedule: "0 3 * * *", run() {} });',
      "tasks/b.yaml": "tasks: { b: { command: [ls] } }",
    });
    assert.deepEqual(fn, {
      task: "a",
      executor: "function",
      timeZone: "UTC",
      schedules: [
        {
          key: "default",
          parts: [{ expression: "0 3 * * *", dialect: "unix", timeZone: "UTC", anchor: null }],
          payload: null,
        },
      ],
      policies: {
        catchUp: "latest",
        startWithin: "next",
        concurrency: { limit: 1, by: null },
        overlap: "skip",
        retry: { attempts: 3, waitMs: 10_000, maxMs: 900_000 },
        timeoutMs: null,
        deadlineMs: null,
        jitterMs: 0,
        runsOn: [],
        delivery: "at-least-once",
      },
      watch: { alerts: [], heartbeat: null, mail: null },
      description: null,
      owner: null,
      severity: null,
      tags: [],
      runbook: null,
      idempotent: null,
    });
    assert.equal(command?.policies.retry.attempts, 1);
  });

  it("is equal, hash and all, from code and from YAML", async () => {
    const { tasks } = await loaded({
      "tasks/a.ts": `export const a = task("a", {
  description: "d", owner: "o", severity: "high", tags: ["x"], runbook: "r", alerts: [],
  schedules: {
    b: { schedule: [cron("0 3 * * *", { timeZone: "Europe/London" }), every("6h")],
         payload: { y: 1, x: [2] } },
    a: at("2027-01-01T09:00") },
  retry: { attempts: 5, wait: "1m", max: "1h" }, timeout: "90s", startWithin: "unlimited",
  concurrency: { limit: 2, by: "x" }, overlap: "replace", catchUp: "none",
  run: command(["ls"], { env: { PASSWORD: secret("PW") } }) });`,
      "tasks/b/a.yaml": `tasks:
  b:
    command: [other]
    catchUp: none
    overlap: replace
    concurrency: { by: x, limit: 2 }
    startWithin: unlimited
    timeout: 90s
    retry: { max: 1h, attempts: 5, wait: 1m }
    schedules:
      a: at 2027-01-01T09:00
      b:
        payload: { x: [2], y: 1 }
        schedule: [{ cron: 0 3 * * *, timeZone: Europe/London }, every 6h]
    tags: [x]
    runbook: r
    alerts: []
    severity: high
    owner: o
    description: d`.replace("  b:\n    command", "  a2:\n    command"),
    });
    const [a, b] = tasks;
    assert.ok(a !== undefined && b !== undefined);
    assert.deepEqual({ ...b.definition, task: "a" }, a.definition);
    assert.match(a.hash, /^[0-9a-f]{32}$/);
    const again = await loaded({
      "tasks/a.yaml": "tasks:\n  x: { command: [ls], env: { A: b } }",
    });
    const other = await loaded({
      "tasks/x.ts": 'export const x = task("x", { run: command(["rm"]) });',
    });
    assert.equal(again.tasks[0]?.hash, other.tasks[0]?.hash);
  });

  it("tells the configuration's channels of a task that names none itself", async () => {
    const { tasks } = await loaded({
      "belfry.yaml":
        'tasks: ["tasks/*"]\nchannels: { ops: { command: [x] }, mail: { command: [x] } }\nalerts: [ops]',
      "tasks/a.yaml": `tasks:
  a: { shell: ls }
  b: { shell: ls, alerts: [mail, ops] }
  c: { shell: ls, alerts: [] }`,
    });
    assert.deepEqual(
      tasks.map(({ definition }) => definition.watch.alerts),
      [["ops"], ["mail", "ops"], []],
    );
  });

  it("counts days in the zone that its schedules agree on, else in the configured one", async () => {
    const london = 'command: [ls]\nschedule: { cron: "0 3 * * *", timeZone: Europe/London }';
    assert.equal((await definitionOf(london)).timeZone, "Europe/London");
    const both = 'command: [ls]\nschedule: [{ cron: "0 3 * * *", timeZone: Asia/Tokyo }, every 6h]';
    assert.equal((await definitionOf(both)).timeZone, "UTC");
  });

  it("takes the zone and the defaults of its file, those of the configuration behind them", async () => {
    const [a] = await definitionsOf({
      "belfry.yaml":
        "tasks: [tasks/*]\ndefaults: { timeout: 1h, deadline: 2h, retry: { wait: 1m } }",
      "tasks/a.yaml": `timeZone: Asia/Tokyo
defaults: { timeout: 5m }
tasks: { a: { shell: ls, schedule: "0 3 * * *", deadline: unlimited, retry: 4 } }`,
    });
    assert.equal(a?.schedules[0]?.parts[0]?.timeZone, "Asia/Tokyo");
    assert.deepEqual(
      [a?.policies.timeoutMs, a?.policies.deadlineMs, a?.policies.retry],
      [300_000, null, { attempts: 4, waitMs: 60_000, maxMs: 900_000 }],
    );
  });

  it("keeps what a parsed schedule counts from", async () => {
    const schedule = JSON.stringify(import.meta.resolve("@belfry/schedule"));
    const [a] = await definitionsOf({
      "tasks/a.ts": `import { parse } from ${schedule};
const anchor = "1970-01-01T00:20Z";
export const a = task("a", { schedule: [parse("1h", { dialect: "every", anchor }),
  parse("every 1h", { dialect: "every" }), parse("0 3 * * *", { timeZone: "Asia/Tokyo" })], run() {} });`,
    });
    assert.deepEqual(
      a?.schedules[0]?.parts.map(({ dialect, timeZone, anchor }) => [dialect, timeZone, anchor]),
      [
        ["every", "UTC", 1_200_000],
        ["every", "UTC", null],
        ["unix", "Asia/Tokyo", null],
      ],
    );
  });
});

describe("policies", () => {
  const policiesOf = async (yaml: string) =>
    (await definitionOf(`command: [ls]\n${yaml}`)).policies;

  it("an occurrence may be late until the next, for a minute without catch-up, for ever in a queue", async () => {
    const late = async (yaml: string) => (await policiesOf(yaml)).startWithin;
    assert.equal(await late("catchUp: latest"), "next");
    assert.equal(await late("catchUp: none"), 60_000);
    assert.equal(await late("catchUp: all"), null);
    assert.equal(await late("overlap: queue"), null);
    assert.equal(await late("catchUp: all\nstartWithin: 5m"), 300_000);
    assert.equal(await late("startWithin: unlimited"), null);
  });

  it("at-most-once is one attempt, whatever the configured default", async () => {
    const [a] = await definitionsOf({
      "belfry.yaml": "tasks: [tasks/*]\ndefaults: { retry: 5 }",
      "tasks/a.ts": 'export const a = task("a", { delivery: "at-most-once", run() {} });',
    });
    assert.equal(a?.policies.retry.attempts, 1);
  });

  it("a wait above the usual limit lifts it", async () => {
    const { retry } = await policiesOf("retry: { attempts: 2, wait: 1h }");
    assert.deepEqual(retry, { attempts: 2, waitMs: 3_600_000, maxMs: 3_600_000 });
  });

  it("concurrency is a number, unlimited, or a number for each value of a field", async () => {
    const of = async (yaml: string) => (await policiesOf(`concurrency: ${yaml}`)).concurrency;
    assert.deepEqual(await of("3"), { limit: 3, by: null });
    assert.deepEqual(await of("unlimited"), { limit: null, by: null });
    assert.deepEqual(await of("{ limit: 2, by: customer }"), { limit: 2, by: "customer" });
  });

  it("runsOn is a tag, or several: however they are written, the definition is the same", async () => {
    const of = async (yaml: string) => (await policiesOf(`runsOn: ${yaml}`)).runsOn;
    assert.deepEqual(await of("gpu"), ["gpu"]);
    assert.deepEqual(await of("[gpu, eu, gpu]"), ["eu", "gpu"]);
    assert.deepEqual(await of("[]"), []);
    const hashOf = async (yaml: string) =>
      definitionHash(await definitionOf(`command: [ls]\n${yaml}`));
    assert.equal(await hashOf("runsOn: [gpu, eu]"), await hashOf("runsOn: [eu, gpu]"));
    assert.notEqual(await hashOf("runsOn: gpu"), await hashOf(""));
    const [a, b] = await definitionsOf({
      "belfry.yaml": "tasks: [tasks/*]\ndefaults: { runsOn: gpu }",
      "tasks/a.yaml": "tasks: { a: { shell: ls }, b: { shell: ls, runsOn: [] } }",
    });
    assert.deepEqual([a?.policies.runsOn, b?.policies.runsOn], [["gpu"], []]);
  });

  it("runsOn must be tags", async () => {
    const { problems } = await loaded({
      "tasks/a.yaml": "tasks: { a: { shell: ls, runsOn: [big gpu] }, b: { shell: ls, runsOn: 3 } }",
    });
    assert.match(problems[0] ?? "", /a\.runsOn\[?.?0.*is no tag of a node/);
    assert.match(problems[1] ?? "", /b\.runsOn.*must be a tag of a node, or a list of them/);
    assert.equal(problems.length, 2);
  });
});

describe("a release", () => {
  it("names what could not be loaded, so that it stays as it was", async () => {
    const { unread } = await loaded({
      "tasks/a.yaml": "tasks: { fine: { shell: ls }, wrong: { shell: ls, retry: never } }",
      "tasks/broken.ts": "export const x = ;",
      "tasks/twins.yaml": "tasks: { twin: { shell: ls } }",
      "tasks/twins2.yaml": "tasks: { twin: { shell: rm } }",
    });
    assert.deepEqual(unread, ["tasks/broken.ts", "twin", "wrong"]);
  });

  it("is its tasks, whatever their order and their place", async () => {
    const one = await loaded({ "tasks/a.yaml": "tasks: { a: { shell: ls }, b: { shell: ls } }" });
    const two = await loaded({
      "tasks/b.yaml": "tasks:\n\n  b: { shell: rm }\n  a: { shell: rm }",
    });
    const of = (tasks: typeof one.tasks) => release({ tasks, unread: [] }, "app");
    const first = of(one.tasks);
    assert.equal(first.hash, of(two.tasks.toReversed()).hash);
    assert.notEqual(first.hash, of(one.tasks.slice(1)).hash);
    assert.deepEqual(first.tasks[0], {
      name: "a",
      definition: one.tasks[0]?.hash,
      file: "tasks/a.yaml",
      line: 1,
    });
  });
});

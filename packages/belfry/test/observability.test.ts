import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { captureIo } from "../src/cli/captured-io.fixture.ts";
import { main } from "../src/cli/main.ts";
import { openBelfry, task } from "../src/index.ts";
import { Up } from "./up.fixture.ts";
import { until, World } from "./world.ts";

const YAML = `store: sqlite:belfry.db
tasks:
  good: { shell: "echo fine; echo '{' >&2" }
  bad: { retry: 1, shell: "echo oops >&2; exit 3" }
  late: { schedule: every 1s, overlap: skip, shell: "sleep 1.5" }
  slow: { shell: "sleep 60" }`;

function projectIn({ folder }: World): string {
  writeFileSync(join(folder, "belfry.yaml"), YAML);
  return folder;
}

describe("belfry up", () => {
  it("shows by HTTP what happens on it, and that it lives and can work", async (t) => {
    await using world = new World();
    await using up = new Up(projectIn(world), [], { env: { BELFRY_HTTP: "0" } });
    assert.deepEqual(await up.get("/healthz"), { status: 200, body: "alive\n" });
    const ready = await up.get("/readyz", "application/json");
    assert.equal(ready.status, 200);
    assert.equal(JSON.parse(ready.body).state, "ready");
    await world.trigger("good", 2);
    await world.trigger("bad");
    const counts = async (): Promise<string> => (await up.get("/metrics")).body;
    const expected = [
      'belfry_runs_total{task="good",state="succeeded"} 2',
      'belfry_runs_total{task="bad",state="failed"} 1',
      "belfry_dead_letters 1",
      'belfry_gap_occurrences_total{task="late",reason="overlap"} 1',
      'belfry_store_latency_seconds_count{verb="settle"}',
      'belfry_task_last_success_timestamp_seconds{task="good"}',
      'belfry_task_next_due_timestamp_seconds{task="late"}',
    ];
    await until(async () => {
      const text = await counts();
      return expected.every((line) => text.includes(line));
    }, 15_000);
    const { error, status, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: await counts(),
      encoding: "utf8",
    });
    if (error === undefined) assert.equal(status, 0, stderr);
    else t.diagnostic("promtool is not installed: what Prometheus makes of it is NOT checked");
  });

  it("takes another port where its own is taken, and says where", async () => {
    await using world = new World();
    const folder = projectIn(world);
    await using first = new Up(folder, [], { env: { BELFRY_HTTP: "127.0.0.1:0" } });
    const { http } = await first.said(({ event }) => event === "up");
    await using second = new Up(folder, [], { env: { BELFRY_HTTP: String(http) } });
    const other = await second.said(({ event }) => event === "up");
    assert.notEqual(other["http"], http);
    const told = await second.said(
      ({ event, path }) => event === "problem" && path === "node.http",
    );
    assert.equal(told.level, "warn");
    assert.match(String(told["message"]), new RegExp(`${http} is taken.*${other["http"]}`));
    assert.equal((await second.get("/readyz")).status, 200);

    const captured = captureIo({ cwd: folder });
    assert.equal(await main(["nodes", "--json"], captured.io), 0);
    const nodes: { http: string }[] = JSON.parse(captured.stdout);
    assert.deepEqual(new Set(nodes.map((node) => node.http)), new Set([http, other["http"]]));
  });

  it("is not ready while it stops, and lives until it has", async () => {
    await using world = new World();
    const env = { BELFRY_HTTP: "0", BELFRY_LOG_LEVEL: "debug" };
    await using up = new Up(projectIn(world), [], { env });
    await up.said(({ event }) => event === "up");
    await world.trigger("slow");
    await up.said(({ event, task }) => event === "attempt" && task === "slow");
    up.child.kill("SIGTERM");
    await up.said(({ event }) => event === "stopping");
    const ready = await up.get("/readyz");
    assert.equal(ready.status, 503);
    assert.match(ready.body, /^not-ready\n(.*\n)*lease +failed/);
    assert.equal((await up.get("/healthz")).status, 200);
    up.child.kill("SIGTERM");
    await until(() => up.child.exitCode !== null, 15_000);
    assert.equal(up.child.exitCode, 143);
  });

  it("tells what runs print where that is asked for, each line with its run and task", async () => {
    await using world = new World();
    const env = { BELFRY_HTTP: "off", BELFRY_LOG_OUTPUT: "yes", BELFRY_LOG_LEVEL: "warn" };
    const folder = projectIn(world);
    await using quiet = new Up(folder, [], { env });
    await using up = new Up(folder, ["--output"], { env: { BELFRY_HTTP: "off" } });
    const { http } = await up.said(({ event }) => event === "up");
    assert.equal(http, null);
    const lines: string[] = [];
    for (let runs = 0; !lines.includes("fine") && runs < 20; runs += 1) {
      // Either node may take it.
      const [run] = await world.trigger("good");
      await until(
        async () => (await world.runs({ state: "succeeded", task: "good" })).length > runs,
        9_000,
      );
      const own = up.lines.filter((line) => line.event === "output" && line["run"] === run);
      for (const line of own) {
        assert.deepEqual([line["task"], line["attempt"], line.level], ["good", 1, "info"]);
        lines.push(String(line["text"]));
      }
    }
    assert.deepEqual(new Set(lines), new Set(["fine", "{"]));
    const { stdout } = quiet;
    assert.doesNotMatch(stdout, /"event":"output"/, "what runs print is told as info");
  });
});

describe("a program with Belfry in it", () => {
  const tasks = [task("tick", { run() {} })];

  it("opens no port unless it is told to", async () => {
    await using world = new World();
    await using silent = await openBelfry({ store: `sqlite:${world.store}`, tasks });
    await silent.start();
    assert.equal(silent.http, null);
    const node = { http: "127.0.0.1:0" };
    await using told = await openBelfry({ store: `sqlite:${world.store}`, tasks, node });
    await told.start();
    const answer = await fetch(`http://${told.http}/readyz`);
    assert.match(await answer.text(), /^ready/);
    await assert.rejects(openBelfry({ store: `sqlite:${world.store}`, node: { http: "x" } }), {
      code: "bad-http-address",
    });
  });
});

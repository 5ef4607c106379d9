import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isFinal } from "../src/core/run.ts";
import { resolveConfig } from "../src/define/config.ts";
import type { EngineEvent } from "../src/engine/events.ts";
import { type Check, HealthchecksReceiver } from "../src/heartbeats/healthchecks.fixture.ts";
import { type StartedNode, startNode } from "../src/main.ts";
import type { RunRow } from "../src/records.ts";
import { cancel } from "../src/verbs/cancel.ts";
import { trigger } from "../src/verbs/trigger.ts";

// Real nodes, real time, real HTTP, and a receiver that does as Healthchecks does.

/** A project whose node runs these tasks, with what happens on it. */
class Project implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "belfry-heartbeats-"));
  readonly events: EngineEvent[] = [];
  readonly #nodes: StartedNode[] = [];

  async up(yaml: string): Promise<StartedNode> {
    writeFileSync(join(this.folder, "belfry.yaml"), yaml);
    const config = await resolveConfig({ cwd: this.folder, environment: { BELFRY_HTTP: "off" } });
    const node = await startNode(config, {
      onEvent: (event) => this.events.push(event),
      onLines() {},
      onReload() {},
    });
    assert.deepEqual(node.problems, []);
    this.#nodes.push(node);
    return node;
  }

  /** All that is on the disk of this project but for its configuration, and all that was told. */
  everything(): string {
    const names = readdirSync(join(this.folder, ".belfry"), { recursive: true, encoding: "utf8" });
    const files = names.filter((name) => /\.db(-wal)?$/.test(name));
    const contents = files.map((name) =>
      readFileSync(join(this.folder, ".belfry", name), "latin1"),
    );
    const told = this.events.map((event) =>
      event.kind === "trouble" ? String(event.error) : JSON.stringify(event),
    );
    return [...contents, ...told].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node.stop(1_000);
    rmSync(this.folder, { recursive: true });
  }
}

async function run({ context, engine }: StartedNode, task: string): Promise<string> {
  const options = { payload: null, at: null, idempotencyKey: null, force: false };
  const triggered = await trigger(context, task, options);
  engine.hint("anything");
  return triggered.run.id;
}

async function until<T>(look: () => Promise<T | null | false>, ms = 10_000): Promise<T> {
  for (const start = performance.now(); ; await sleep(20)) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() - start > ms) throw new Error(`not so within ${ms} ms: ${look}`);
  }
}

function ended({ context }: StartedNode, id: string): Promise<RunRow> {
  return until(async () => {
    const row = await context.store.run(id);
    return row !== null && isFinal(row.state) && row;
  });
}

const actionsOf = (check: Check): string[] => check.pings.map(({ action }) => action);

describe("heartbeats of a node that works", () => {
  it("tell start, success, and failure with exit status and the output's end; none when cancelled", async () => {
    await using hc = await HealthchecksReceiver.open();
    await using project = new Project();
    const [good, bad, slow, code, home] = [hc.add(), hc.add(), hc.add(), hc.add(), hc.add()];
    const node = await project.up(`
node: { heartbeat: "${hc.url(home)}" }
tasks:
  good: { shell: "echo copied; echo 7 files", heartbeat: "${hc.url(good)}" }
  bad:
    shell: echo begun; echo no space >&2; exit 28
    retry: { attempts: 2, wait: 100ms }
    heartbeat: "${hc.url(bad)}"
  slow: { shell: sleep 60, heartbeat: "${hc.url(slow)}" }
  nowhere: { command: [/no/such/program], heartbeat: "${hc.url(code)}" }
`);
    await hc.until(() => home.status === "up");
    const [goodRun, badRun, slowRun] = [
      await run(node, "good"),
      await run(node, "bad"),
      await run(node, "slow"),
    ];
    await run(node, "nowhere");
    await hc.until(() => good.pings.length === 2 && bad.pings.length === 2);
    await hc.until(() => slow.pings.length === 1 && code.pings.length === 2);
    await cancel(node.context, slowRun);
    node.engine.hint("anything");
    await ended(node, slowRun);

    const said = (check: Check) =>
      check.pings.map(({ action, exitStatus, rid, body }) => {
        return [action, exitStatus, rid, body.toString()];
      });
    assert.deepEqual(said(good), [
      ["start", null, goodRun, ""],
      ["success", null, goodRun, "copied\n7 files"],
    ]);
    assert.deepEqual([good.status, good.lastStart, good.lastDuration !== null], ["up", null, true]);
    const [, end] = said(bad);
    assert.deepEqual(said(bad)[0], ["start", null, badRun, ""]);
    assert.deepEqual(end?.slice(0, 3), ["fail", 28, badRun]);
    const lines = String(end?.[3]).split("\n");
    assert.deepEqual(lines.toSorted(), ["begun", "exited with 28: no space", "no space"]);
    assert.equal(bad.status, "down");
    assert.deepEqual(actionsOf(slow), ["start"], "nobody is told that it was cancelled");
    assert.deepEqual(actionsOf(code), ["start", "fail"]);
    assert.match(code.pings[1]?.body.toString() ?? "", /no\/such\/program/);
    assert.deepEqual(actionsOf(home), ["success"]);
    const rows = await node.context.store.outbox({ kind: "heartbeat", limit: 9 });
    assert.deepEqual(rows.map(({ task, state }) => `${task} ${state}`).sort(), [
      "bad sent",
      "good sent",
      "nowhere sent",
    ]);
  });

  it("wait for a receiver that is away, fail no run, and never show their URL", async () => {
    await using hc = await HealthchecksReceiver.open();
    await using project = new Project();
    const [check, home] = [hc.add(), hc.add()];
    await hc.goAway();
    const node = await project.up(`
node: { heartbeat: "${hc.url(home)}" }
tasks:
  job: { shell: echo fine, heartbeat: "${hc.url(check)}" }
`);
    const first = await run(node, "job");
    assert.equal((await ended(node, first)).state, "succeeded");
    const [waiting] = await until(async () => {
      const rows = await node.context.store.outbox({ kind: "heartbeat", limit: 9 });
      return rows[0]?.error != null && rows;
    });
    assert.match(waiting?.error ?? "", /^127\.0\.0\.1:\d+ (cannot be reached|does not answer yet)/);
    const [row] = await until(async () => {
      const rows = await node.context.store.nodes();
      return rows[0]?.heartbeat?.error != null && rows;
    });
    assert.match(row?.heartbeat?.error ?? "", /^127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED$/);
    assert.equal(row?.heartbeat?.heardAt, null);
    const seen = project.everything();
    assert.ok(seen.includes("cannot be reached"), "it looks where such things are");
    for (const { uuid } of hc.checks) assert.equal(seen.includes(uuid), false);

    await hc.comeBack();
    await hc.until(() => check.status === "up");
    assert.deepEqual(
      check.pings.map(({ action, body }) => [action, body.toString()]),
      [["success", "fine"]],
    );
  });

  it("delay nothing where the receiver is slow, and start never comes after end", async () => {
    await using hc = await HealthchecksReceiver.open();
    await using project = new Project();
    const check = hc.add();
    const gate = Promise.withResolvers<void>();
    hc.gate = () => gate.promise;
    const node = await project.up(`
tasks:
  job: { shell: "true", heartbeat: "${hc.url(check)}" }
`);
    const runs: string[] = [];
    for (let times = 0; times < 3; times += 1) {
      const id = await run(node, "job");
      assert.equal((await ended(node, id)).state, "succeeded");
      runs.push(id);
    }
    await hc.until(() => hc.requests >= 3);
    assert.deepEqual(check.pings, [], "all three ended while nothing was answered");
    gate.resolve();
    await hc.until(() => check.pings.some(({ action }) => action === "success"));
    await until(async () => {
      const [row] = await node.context.store.outbox({ kind: "heartbeat", limit: 9 });
      return row?.state === "sent";
    });
    const ends = check.pings.findIndex(({ action }) => action === "success");
    const starts = check.pings.slice(0, ends).map(({ action }) => action);
    assert.deepEqual(starts, ["start", "start", "start"]);
    assert.deepEqual([check.status, check.lastStart], ["up", null], "no start is left open");
    assert.equal(runs.length, 3);
  });

  it("of very many runs are few, and the newest is what is known in the end", async () => {
    await using hc = await HealthchecksReceiver.open();
    await using project = new Project();
    const check = hc.add();
    const node = await project.up(`
tasks:
  job: { shell: "true", concurrency: unlimited, heartbeat: "${hc.url(check)}" }
`);
    const gate = Promise.withResolvers<void>();
    hc.gate = () => gate.promise;
    const ids: string[] = [];
    const start = performance.now();
    /** Five at once, and then one a second. */
    const most = (): number => 6 + (performance.now() - start) / 1_000;
    for (let count = 0; count < 100; count += 1) ids.push(await run(node, "job"));
    for (const id of ids) assert.equal((await ended(node, id)).state, "succeeded");
    const waiting = await node.context.store.outbox({ kind: "heartbeat", limit: 1_000 });
    assert.equal(waiting.length, 1);
    assert.ok(hc.requests <= most(), `${hc.requests} requests for ${ids.length} runs`);
    gate.resolve();
    await until(async () => {
      const [row] = await node.context.store.outbox({ kind: "heartbeat", limit: 9 });
      return row?.state === "sent";
    });
    assert.deepEqual([check.status, check.lastStart], ["up", null]);
    assert.ok(hc.requests <= most(), `${hc.requests} requests in the end`);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NO_SERVER } from "../src/stores/postgres/server.fixture.ts";
import type { NodeView } from "../src/views/node.ts";
import type { RunView } from "../src/views/run.ts";
import { Fleet } from "./fleet.fixture.ts";
import { until } from "./world.ts";

const CODE = `
tasks:
  render: { shell: "true", runsOn: [gpu, eu], schedule: every 1s }
  sync: { shell: "true" }
  slow: { shell: "until [ -e ../go ]; do sleep 0.1; done" }
`;

const WITHIN_MS = 20_000;

for (const kind of ["sqlite", "postgres"] as const) {
  const skip = kind === "postgres" && NO_SERVER;

  describe(`tasks that run on tags, and nodes that drain, on ${kind}`, {
    skip,
    concurrency: 2,
  }, () => {
    it("says everywhere that no living node has the tags, and runs it where one comes", async () => {
      await using fleet = await Fleet.open(kind);
      await fleet.up({ yaml: CODE, tags: ["gpu"] });
      await fleet.ask(["run", "render"]);

      const why = await fleet.ask(["why", "render"]);
      assert.match(why.stdout, /No living node has the tags eu, gpu, which render runs on\./);
      const run = await fleet.ask(["why", "render@latest"]);
      assert.match(run.stdout, /No living node has the tags eu, gpu, which render runs on\./);
      const show = await fleet.ask(["show", "render"]);
      assert.match(show.stdout, /nodes +no living node has the tags eu, gpu/);
      assert.match(show.stdout, /It runs only on nodes that have the tags eu, gpu\./);
      const doctor = await fleet.ask(["doctor"]);
      assert.match(
        doctor.stdout,
        /✗ tasks +No living node has the tags eu, gpu, which render runs on/,
      );
      const check = await fleet.ask(["check"], CODE);
      assert.match(check.stdout, /! .*render\.runsOn: no living node has the tags eu, gpu/);
      await until(async () => {
        const runs = await fleet.json<RunView[]>("runs", "--task", "render", "--state", "pending");
        return runs.some(({ readyAt }) => readyAt === null);
      }, WITHIN_MS);

      const { node } = await fleet.up({ yaml: CODE, tags: ["ssd", "gpu", "eu"] });
      await until(async () => {
        const done = await fleet.json<RunView[]>(
          "runs",
          "--task",
          "render",
          "--state",
          "succeeded",
        );
        assert.ok(done.every((run) => run.node === node));
        return done.some(({ trigger }) => trigger.kind === "manual");
      }, WITHIN_MS);
      const nodes = await fleet.ask(["nodes"]);
      assert.match(nodes.stdout, /\d of 50 +eu, gpu, ssd /);
      assert.doesNotMatch((await fleet.ask(["check"], CODE)).stdout, /no living node/);
    });

    it("has a node take no new work by command, end what it runs, and work again", async () => {
      await using fleet = await Fleet.open(kind);
      const { up, node } = await fleet.up({ yaml: CODE });
      await fleet.ask(["run", "slow"]);
      await until(
        async () => (await fleet.json<RunView[]>("runs", "--state", "running")).length === 1,
        WITHIN_MS,
      );

      const drained = await fleet.ask(["nodes", "drain", node.slice(0, 6)]);
      assert.equal(drained.code, 0, drained.stderr);
      assert.match(drained.stdout, /takes no new work; 1 run goes on to the end\.\n/);
      assert.match(drained.stderr, /No other live node takes work/);
      assert.equal((await fleet.ask(["nodes", "drain", node])).code, 5);
      assert.match((await fleet.ask(["nodes"])).stdout, /draining/);
      const [view] = await fleet.json<NodeView[]>("nodes");
      assert.match(view?.draining?.by ?? "", /@/);

      await fleet.ask(["run", "sync"]);
      fleet.write("go");
      await until(
        async () =>
          (await fleet.json<RunView[]>("runs", "--task", "slow", "--state", "succeeded")).length ===
          1,
        WITHIN_MS,
      );
      await up.said(({ event, wish }) => event === "drain" && wish === "on");
      const why = await fleet.ask(["why", "sync"]);
      assert.match(why.stdout, /The only live node that may run it, .*, drains since/);
      assert.match((await fleet.ask(["doctor"])).stdout, /takes no new work: .* had it drain/);

      assert.equal((await fleet.ask(["nodes", "drain", node, "--off"])).code, 0);
      await up.said(({ event, wish }) => event === "drain" && wish === "off");
      await until(
        async () =>
          (await fleet.json<RunView[]>("runs", "--task", "sync", "--state", "succeeded")).length ===
          1,
        WITHIN_MS,
      );
      const deeds = (await fleet.json<{ what: string }[]>("audit")).map(({ what }) => what);
      assert.ok(deeds.includes("node.drain") && deeds.includes("node.undrain"));
    });

    it("drains by itself when it is stopped, and others take what comes meanwhile", async () => {
      await using fleet = await Fleet.open(kind);
      const first = await fleet.up({ yaml: CODE });
      await fleet.ask(["run", "slow"]);
      await until(
        async () => (await fleet.json<RunView[]>("runs", "--state", "running")).length === 1,
        WITHIN_MS,
      );
      const second = await fleet.up({ yaml: CODE });
      const stopped = first.up.stop();
      await until(async () => {
        const nodes = await fleet.json<NodeView[]>("nodes");
        return nodes.find(({ id }) => id === first.node)?.draining?.by === `node ${first.node}`;
      }, WITHIN_MS);
      await fleet.ask(["run", "sync"]);
      await until(async () => {
        const [done] = await fleet.json<RunView[]>(
          "runs",
          "--task",
          "sync",
          "--state",
          "succeeded",
        );
        return done?.node === second.node;
      }, WITHIN_MS);
      fleet.write("go");
      assert.equal(await stopped, 0);
      const [slow] = await fleet.json<RunView[]>("runs", "--task", "slow");
      assert.deepEqual([slow?.state, slow?.node], ["succeeded", first.node]);
    });

    it("finds no node by a name that none or several have, and nothing to do with one that ended", async () => {
      await using fleet = await Fleet.open(kind);
      const { up, node } = await fleet.up({ yaml: CODE });
      assert.equal((await fleet.ask(["nodes", "drain", "xyz"])).code, 3);
      assert.equal((await fleet.ask(["nodes", "drain"])).code, 2);
      assert.equal((await fleet.ask(["nodes", "stop", node])).code, 2);
      assert.equal((await fleet.ask(["nodes", "--off"])).code, 2);
      assert.equal((await fleet.ask(["nodes", "drain", node, "--off"])).code, 5);
      assert.equal(await up.stop(), 0);
      assert.equal((await fleet.ask(["nodes", "drain", node])).code, 5);
    });
  });
}

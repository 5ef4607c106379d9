import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Proof } from "../lease.ts";
import { definition, MINUTE, NOON } from "../stores/store.fixture.ts";
import { codeOf, liveNodes, nodesNow } from "./nodes.ts";
import { Scene } from "./verbs.fixture.ts";
import { why } from "./why.ts";

const BODY = definition("backup");

describe("the nodes as they are now", () => {
  it("has one that is provably gone as dead, before anybody has found it, and writes nothing", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    await scene.up([definition("other")], { node: "n2", source: "elsewhere" });
    const probe = ({ id }: { id: string }): Promise<Proof> =>
      Promise.resolve(id === "n1" ? "gone" : "alive");
    const context = { ...scene.context, probe };
    const states = (await nodesNow(context)).map(({ id, state }) => `${id} ${state}`);
    assert.deepEqual(states, ["n1 dead", "n2 alive"]);
    assert.deepEqual(
      (await liveNodes(context)).map(({ id }) => id),
      ["n2"],
    );
    assert.equal((await why(context, "backup")).cause, "no-code");
    assert.equal((await scene.store.nodes())[0]?.state, "alive");
  });

  it("have a task's code, or could not load it, or have nothing to do with it", async () => {
    await using scene = new Scene();
    await scene.up([BODY]);
    const live = await liveNodes(scene.context);
    assert.equal(codeOf({ carriers: ["n1"], unplaced: [], source: "app" }, live), "carried");
    assert.equal(codeOf({ carriers: ["n9"], unplaced: ["n1"], source: "app" }, live), "unplaced");
    assert.equal(codeOf({ carriers: ["n9"], unplaced: [], source: "app" }, live), "unread");
    assert.equal(codeOf({ carriers: [], unplaced: [], source: "elsewhere" }, live), "absent");
    assert.equal(codeOf({ carriers: ["n1"], unplaced: [], source: "app" }, []), "absent");
  });

  it("takes nothing that is not proven for dead until its lease has run out", async () => {
    await using scene = new Scene();
    await scene.up([BODY], { leaseMs: MINUTE });
    const context = { ...scene.context, probe: () => Promise.resolve("unknown" as const) };
    assert.equal((await liveNodes(context)).length, 1);
    scene.at(NOON + MINUTE + 1);
    assert.equal((await liveNodes(context)).length, 0);
    assert.equal((await nodesNow(context))[0]?.state, "alive");
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Proof } from "../engine/reaper.ts";
import { definition, MINUTE, NOON } from "../stores/store.fixture.ts";
import { liveNodes, nodesNow } from "./nodes.ts";
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

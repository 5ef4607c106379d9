import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openLine, PACE } from "../packages/belfry/src/stores/postgres/line.fixture.ts";
import { migrate } from "../packages/belfry/src/stores/postgres/schema.ts";
import {
  asking,
  NO_OWN_SERVER,
  OwnServer,
} from "../packages/belfry/src/stores/postgres/server.fixture.ts";
import { occupancyOf, watchGates } from "./gate-watch.ts";

const runs = (...ids: readonly string[]): string =>
  `insert into belfry.running (id, task, due_at, created_at, definition, trigger_kind, trigger_by,
     attempts, gate, forced, node, claim_id, fence, started_at)
   values ${ids.map((id) => `('${id}', 't', 0, 0, 'd', 'manual', 'x', '', 'g', 0, 'n', 'c', 1, 0)`).join(", ")}`;

describe("the watch over gates", { skip: NO_OWN_SERVER }, () => {
  it("sees a gate that gave more slots than it has, if only for one commit", async () => {
    await using server = await OwnServer.start({ settings: ["track_commit_timestamp = on"] });
    const url = server.url();
    const line = await openLine(url);
    await migrate(line, PACE).finally(() => line.close());
    await watchGates(url);
    await asking(url, "insert into belfry.gate values ('g', 't', 1)");
    await asking(url, runs("a"));
    assert.deepEqual((await occupancyOf(url)).over, []);
    await asking(url, runs("b"));
    await asking(url, "delete from belfry.running where id = 'a'");
    assert.deepEqual((await occupancyOf(url)).over, ["g gave 2 slots of 1"]);
  });

  it("lets those keep their slots who have them when the limit is lowered, and nobody else in", async () => {
    await using server = await OwnServer.start({ settings: ["track_commit_timestamp = on"] });
    const url = server.url();
    const line = await openLine(url);
    await migrate(line, PACE).finally(() => line.close());
    await watchGates(url);
    await asking(url, "insert into belfry.gate values ('g', 't', 2)");
    await asking(url, runs("a", "b"));
    await asking(url, "update belfry.gate set max = 1");
    const replace = (gone: string, come: string): Promise<unknown> =>
      asking(
        url,
        `do $do$ begin delete from belfry.running where id = '${gone}'; ${runs(come)}; end $do$`,
      );
    await replace("a", "a");
    assert.deepEqual((await occupancyOf(url)).over, []);
    await replace("a", "c");
    assert.deepEqual((await occupancyOf(url)).over, ["g gave 2 slots of 1"]);
  });
});

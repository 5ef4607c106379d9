import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock, systemRandom } from "../../clocks/system.ts";
import { BelfryError } from "../../core/errors.ts";
import { claimOne, definition, joinNode, NOON, request, stage } from "../store.fixture.ts";
import { recognised } from "./identity.ts";
import { ask, openLine, until } from "./line.fixture.ts";
import { Lines } from "./lines.ts";
import { asking, emptyDatabase, NO_OWN_SERVER, NO_SERVER, OwnServer } from "./server.fixture.ts";
import { PostgresStore } from "./store.ts";

const sync = definition("sync");

function openStore(url: string): Promise<PostgresStore> {
  return PostgresStore.open({ url, clock: systemClock, random: systemRandom });
}

/** The error's code, or what is known. */
function told(...args: Parameters<typeof recognised>): unknown {
  try {
    return recognised(...args);
  } catch (error) {
    assert.ok(error instanceof BelfryError);
    assert.equal(error.kind, "unavailable");
    return error.code;
  }
}

describe("the server of a store", () => {
  const cases: readonly (readonly [what: string, args: Parameters<typeof recognised>, unknown])[] =
    [
      [
        "is known when it was met first",
        [{ storeId: "s", seen: 0, timeline: 3 }, null, "x"],
        { storeId: "s", timeline: 3 },
      ],
      [
        "may rise",
        [{ storeId: "s", seen: 3, timeline: 4 }, { storeId: "s", timeline: 3 }, "x"],
        { storeId: "s", timeline: 4 },
      ],
      [
        "is refused below what the store has seen",
        [{ storeId: "s", seen: 4, timeline: 3 }, null, "x"],
        "older-server",
      ],
      [
        "is refused below what this process has seen: an old primary knows nothing of the new one",
        [{ storeId: "s", seen: 3, timeline: 3 }, { storeId: "s", timeline: 4 }, "x"],
        "older-server",
      ],
      [
        "is refused where it has another store",
        [{ storeId: "t", seen: 9, timeline: 9 }, { storeId: "s", timeline: 4 }, "x"],
        "other-store",
      ],
      [
        "is refused as a standby",
        [{ storeId: "s", seen: 4, timeline: null }, { storeId: "s", timeline: 4 }, "x"],
        "read-only-store",
      ],
    ];
  for (const [what, args, expected] of cases) {
    it(what, () => assert.deepEqual(told(...args), expected));
  }
});

describe("a store in PostgreSQL", { skip: NO_SERVER }, () => {
  it("says truly which fence was drawn last", async () => {
    const store = await openStore(await emptyDatabase());
    await stage(store, [sync]);
    await store.trigger([request(sync)], NOON);
    const { fence: before } = await store.mark();
    const { fence } = await claimOne(store, NOON);
    assert.ok(fence > before);
    assert.equal((await store.mark()).fence, fence);
    await store.close();
  });

  it("on an older server is worked on again only by word of who restored it, above all fences", async () => {
    const url = await emptyDatabase();
    const store = await openStore(url);
    await stage(store, [sync]);
    await joinNode(store, "n2", []);
    await store.trigger([request(sync), request(sync)], NOON);
    const first = (await store.claim({ node: "n1", claimId: "a", limit: 1, only: null }, NOON))
      .runs[0];
    assert.ok(first);
    // As on a server that has been promoted ten times, from where it was dumped and restored here.
    await asking(url, "update belfry.meta set timeline = timeline + 10, epoch = epoch - 10");
    await store.close();
    await assert.rejects(openStore(url), (error) => {
      assert.ok(error instanceof BelfryError);
      assert.equal(error.code, "older-server");
      assert.match(error.message, /is on timeline 1, but this store has been on 11/);
      assert.match(error.hint ?? "", /select belfry.accept_server\(\)/);
      return true;
    });
    await asking(url, "select belfry.accept_server()");
    const again = await openStore(url);
    const node = { id: "n3", host: "host", pid: 1, version: "0", concurrency: 1, http: null };
    const restored = await again.join(
      { ...node, leaseUntil: NOON + 1_000, releases: [], tags: [] },
      NOON,
    );
    assert.notEqual(restored, null);
    assert.deepEqual(
      (await again.nodes()).map(({ id, state }) => [id, state]),
      [
        ["n1", "dead"],
        ["n2", "dead"],
        ["n3", "alive"],
      ],
    );
    assert.ok((await again.mark()).fence > first.fence + 2 ** 39);
    await again.close();
  });

  it("of which another took the place is not worked on", { skip: NO_OWN_SERVER }, async () => {
    await using server = await OwnServer.start();
    const store = await openStore(server.url());
    await stage(store, [sync]);
    await asking(server.url(), "update belfry.meta set store_id = 'another'");
    await server.stop();
    await server.startAgain();
    await assert.rejects(store.tasks(null), { kind: "unavailable", code: "other-store" });
    await store.close();
  });

  it("is left by the lines to a server from before it was promoted", async () => {
    const url = await emptyDatabase();
    const lines = new Lines(2, () => openLine(url));
    const resting = await lines.use(async (line) => line);
    const lent = await lines.use(async (line) => {
      assert.equal(line, resting);
      lines.turnOver();
      await ask(line, "select 1");
      return line;
    });
    await until(() => lent.ended !== null);
    const next = await lines.use(async (line) => line);
    assert.notEqual(next, lent);
    assert.equal(next.ended, null);
    await lines.close(new Error("The test is over."));
  });
});

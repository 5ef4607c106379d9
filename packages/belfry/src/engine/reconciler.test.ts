import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "../clocks/virtual.ts";
import type { Holding } from "../store.ts";
import { SqliteStore } from "../stores/sqlite/store.ts";
import { claimOne, definition, NOON, stage, triggerRun } from "../stores/store.fixture.ts";
import { Catalogue } from "./catalogue.ts";
import { Events } from "./events.ts";
import { Reconciler } from "./reconciler.ts";
import { settlerOn } from "./settler.fixture.ts";

const sync = definition("sync");

/** What is known here at a look, or the claim whose answer is awaited then. */
type Look = readonly Holding[] | string;

interface Built {
  readonly store: SqliteStore;
  readonly run: Holding;
  readonly claim: string;
  /** Told as given back, after so many steps, of which each finds what it is given to be known. */
  after(...known: readonly Look[]): Promise<readonly string[]>;
}

/** A node that runs one run, as far as the store knows. */
async function build(): Promise<Built> {
  const clock = new VirtualClock(NOON);
  const store = new SqliteStore(":memory:");
  await stage(store, [sync]);
  await triggerRun(store, sync);
  const { id, fence } = await claimOne(store, NOON);
  const [held] = await store.holdings("n1");
  const events = new Events();
  const told: string[] = [];
  events.on((event) => {
    if (event.kind === "forsaken") told.push(event.run);
  });
  const settler = settlerOn(store, clock, events);
  settler.end();
  return {
    store,
    run: { run: id, fence },
    claim: held?.claim ?? "",
    after: async (...known) => {
      const looks = [...known];
      let look: Look = [];
      const catalogue = new Catalogue(store, [], []);
      const reconciler = new Reconciler({
        store,
        clock,
        catalogue,
        node: "n1",
        events,
        settler,
        known: () => {
          look = looks.shift() ?? [];
          return typeof look === "string" ? [] : look;
        },
        awaited: () => (typeof look === "string" ? look : null),
      });
      for (const _ of known) await reconciler.step(NOON);
      while (settler.backlog > 0) await settler.step(NOON);
      return told;
    },
  };
}

describe("what a node runs as far as the store knows", () => {
  it("goes back as lost where nobody there knows of it, look after look", async () => {
    const { store, run, after } = await build();
    assert.deepEqual(await after([], []), [run.run]);
    const row = await store.run(run.run);
    assert.deepEqual(
      [row?.state, row?.attempts.map(({ outcome }) => outcome)],
      ["pending", ["lost"]],
    );
  });

  it("is left alone at first sight: it may have ended just then", async () => {
    const { run, after } = await build();
    assert.deepEqual(await after([], [run], []), []);
  });

  it("is left alone while a claim's answer is awaited, which may hold it", async () => {
    const { claim, after } = await build();
    assert.deepEqual(await after(claim, claim, [], claim), []);
  });

  it("goes back also where the answer of some other claim is always awaited", async () => {
    const { run, after } = await build();
    assert.deepEqual(await after("another", "yet another"), [run.run]);
  });

  it("is another than the one that is known under an older fence", async () => {
    const { run, after } = await build();
    const older = [{ ...run, fence: run.fence - 1 }];
    assert.deepEqual(await after(older, older), [run.run]);
  });
});

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openLine, PACE } from "../../packages/belfry/src/stores/postgres/line.fixture.ts";
import { migrate } from "../../packages/belfry/src/stores/postgres/schema.ts";
import {
  asking,
  emptyDatabase,
  NO_SERVER,
} from "../../packages/belfry/src/stores/postgres/server.fixture.ts";
import { judgeAcknowledged, judgeLedger, keepLedger, startDelays, takeovers } from "./ledger.ts";

const DUE = 1_796_088_000_000;

/** A table's row with what it must have, and what a test says of it. */
function insert(table: string, row: Readonly<Record<string, string | number | null>>): string {
  const run = {
    task: "t",
    due_at: DUE,
    created_at: DUE,
    definition: "d",
    trigger_kind: "schedule",
    trigger_by: "s",
    attempts: "",
  };
  const all = { ...(table === "checkpoint" ? {} : run), ...row };
  const values = Object.values(all).map((value) => (value === null ? "null" : `'${value}'`));
  return `insert into belfry.${table} (${Object.keys(all).join(", ")}) values (${values.join(", ")})`;
}

const running = (id: string, fence: number, claim: string = `c${fence}`): string =>
  insert("running", { id, fence, claim_id: claim, node: "n", forced: 0, started_at: DUE });
const leaves = (id: string): string => `delete from belfry.running where id = '${id}'`;
const ended = (id: string, fence: number): string =>
  insert("history", { id, fence, state: "succeeded", ended_at: DUE });
const saved = (run: string, value: string): string =>
  insert("checkpoint", { run, value, saved_at: DUE });

describe("the ledger of a fleet under chaos", { skip: NO_SERVER }, () => {
  let url = "";

  before(async () => {
    url = await emptyDatabase();
    const line = await openLine(url);
    try {
      await migrate(line, PACE);
    } finally {
      await line.close();
    }
    await keepLedger(url);
  });

  /** Does it behind the store's back, and says what the ledger finds, once. */
  async function found(...deeds: readonly string[]): Promise<readonly string[]> {
    for (const deed of deeds) await asking(url, deed);
    const wrong = await judgeLedger(url);
    await asking(
      url,
      `truncate belfry.running, belfry.history, belfry.checkpoint, ledger.claim,
       ledger.left_node, ledger.outcome, ledger.saved`,
    );
    return wrong;
  }

  after(async () => {
    assert.deepEqual(await judgeLedger(url), []);
  });

  it("finds nothing where a run is lost, taken over, saves and succeeds", async () => {
    const wrong = await found(
      running("r", 5),
      saved("r", "5"),
      leaves("r"),
      running("r", 6),
      "update belfry.checkpoint set value = '6' where run = 'r'",
      `${leaves("r")}; ${ended("r", 6)}`,
    );
    assert.deepEqual(wrong, []);
  });

  it("finds a second outcome, though it was pruned in between", async () => {
    const wrong = await found(
      running("r", 5),
      `${leaves("r")}; ${ended("r", 5)}`,
      "delete from belfry.history",
      ended("r", 5),
    );
    assert.deepEqual(wrong, ["r has 2 outcomes: succeeded recorded, succeeded recorded"]);
  });

  it("finds an outcome that was changed", async () => {
    const wrong = await found(
      running("r", 5),
      `${leaves("r")}; ${ended("r", 5)}`,
      "update belfry.history set state = 'failed'",
    );
    assert.deepEqual(wrong, ["r has 2 outcomes: succeeded recorded, failed changed"]);
  });

  it("finds the outcome of a stale attempt", async () => {
    const wrong = await found(running("r", 5), leaves("r"), running("r", 6), ended("r", 5));
    assert.deepEqual(wrong, ["r has an outcome of fence 5, and its last claim has 6"]);
  });

  it("finds a fence that two claims drew, and one that did not rise", async () => {
    assert.deepEqual(await found(running("r", 5, "a"), running("s", 5, "b")), [
      "fence 5 was drawn by 2 claims",
    ]);
    assert.deepEqual(await found(running("r", 6), leaves("r"), running("r", 5)), [
      "r was claimed under 5 after 6",
    ]);
  });

  it("finds what a stale attempt saved", async () => {
    assert.deepEqual(await found(running("r", 5), leaves("r"), running("r", 6), saved("r", "5")), [
      "r has a checkpoint of fence 5, written under 6",
    ]);
    assert.deepEqual(await found(saved("r", "5")), [
      "r has a checkpoint of fence 5, written under none",
    ]);
  });

  it("finds what started before its due instant", async () => {
    const soon = Date.now() + 60_000;
    const [wrong = ""] = await found(running("r", 5).replaceAll(String(DUE), String(soon)));
    assert.match(wrong, /^r started \d+ ms before its due instant$/);
  });

  it("finds an end that was told of and is not there", async () => {
    await asking(url, ended("r", 5));
    assert.deepEqual(await judgeAcknowledged(url, new Map([["r", "succeeded"]])), []);
    const ends = new Map([
      ["r", "failed"],
      ["s", "succeeded"],
    ]);
    assert.deepEqual(await judgeAcknowledged(url, ends), [
      "r was said to have failed, and is succeeded",
      "s was said to have succeeded, and is gone",
    ]);
    await found();
  });

  it("measures from the due instant to the first claim, and from a node's end to the next", async () => {
    await asking(url, running("r", 5));
    const [delay = 0] = await startDelays(url);
    assert.ok(delay > 0);
    assert.deepEqual(await startDelays(url, { since: DUE + 1 }), []);
    const gone = [{ node: "n", at: Date.now() }];
    assert.deepEqual(await takeovers(url, gone), { ms: [], never: ["r"] });
    await asking(url, `${leaves("r")}; ${running("r", 6)}`);
    const { ms, never } = await takeovers(url, gone);
    assert.deepEqual(never, []);
    assert.equal(ms.length, 1);
    assert.deepEqual(await takeovers(url, [{ node: "m", at: 0 }]), { ms: [], never: [] });
    await found();
  });
});

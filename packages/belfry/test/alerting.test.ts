import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SqliteStore } from "../src/stores/sqlite/store.ts";
import { until, World } from "./world.ts";

const PATIENCE_MS = 25_000;

/** Real processes, a real disk and one channel that can be down or mute. */
class Alerting extends World {
  #node: ChildProcess | null = null;

  get #file(): string {
    return join(this.folder, "ops");
  }

  start(aheadMs = 0): void {
    const file = join(import.meta.dirname, "alerting.fixture.ts");
    const args = JSON.stringify({ store: this.store, aheadMs });
    this.#node = spawn(process.execPath, [file, args], { stdio: ["ignore", "ignore", "inherit"] });
  }

  async die(): Promise<void> {
    const node = this.#node;
    this.#node = null;
    if (node === null) return;
    const exited = once(node, "exit");
    node.kill("SIGKILL");
    await exited;
  }

  make(what: "job-is-broken" | "ops-is-down" | "ops-is-mute"): void {
    writeFileSync(join(this.folder, what), "");
  }

  mend(what: "job-is-broken" | "ops-is-down" | "ops-is-mute"): void {
    rmSync(join(this.folder, what));
  }

  /** What the channel has taken about this task, or of downtimes, as `ID SUBJECT`. */
  taken(about: "job" | "Belfry"): readonly string[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").split("\n");
    return lines.filter((line) => line.split(" ")[1] === about);
  }

  async got(about: "job" | "Belfry", count: number): Promise<void> {
    await until(() => this.taken(about).length >= count, PATIENCE_MS);
    assert.equal(this.taken(about).length, count);
  }

  async started(): Promise<void> {
    await until(async () => {
      if (!existsSync(this.store)) return false;
      return await this.read(async (store) => {
        const [task] = await store.tasks("job");
        return task !== undefined && task.carriers.length > 0;
      });
    }, PATIENCE_MS);
  }

  async read<T>(work: (store: SqliteStore) => Promise<T>): Promise<T> {
    const store = new SqliteStore(this.store);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
    await super[Symbol.asyncDispose]();
  }
}

describe("alerts of a real node", { concurrency: true }, () => {
  it("reach a channel that was down once it is back, through the death of the node, none twice", async () => {
    await using world = new Alerting();
    world.make("ops-is-down");
    world.make("job-is-broken");
    world.start();
    await world.started();
    await world.trigger("job");
    await until(
      () => world.read(async (store) => (await waiting(store)).some(({ error }) => error !== null)),
      PATIENCE_MS,
    );
    world.mend("job-is-broken");
    await world.trigger("job");
    await until(
      () => world.read(async (store) => (await waiting(store)).length === 2),
      PATIENCE_MS,
    );
    await world.die();
    world.mend("ops-is-down");
    world.start();
    await world.got("job", 2);
    const [opened = "", closed = ""] = world.taken("job");
    assert.match(opened, /^\S+\/opened\/ops job failed: it is broken$/);
    assert.match(closed, /^\S+\/closed\/ops job works again$/);
    await until(
      () => world.read(async (store) => (await waiting(store)).length === 0),
      PATIENCE_MS,
    );
  });

  it("go out once more, under the same id, where the node was killed before it could record them", async () => {
    await using world = new Alerting();
    world.make("ops-is-mute");
    world.make("job-is-broken");
    world.start();
    await world.started();
    await world.trigger("job");
    await world.got("job", 1);
    await world.die();
    world.mend("ops-is-mute");
    // A minute later, when what the dead one held is free again.
    world.start(61_000);
    await until(
      () => world.read(async (store) => (await waiting(store)).length === 0),
      PATIENCE_MS,
    );
    const ids = world.taken("job").map((line) => line.split(" ")[0]);
    assert.equal(ids.length, 2);
    assert.equal(new Set(ids).size, 1);
  });

  it("tell a downtime in one message, with the gaps that there are", async () => {
    await using world = new Alerting();
    world.start();
    await world.started();
    await world.die();
    const diedAt = Date.now();
    await until(() => Date.now() > diedAt + 3_500, PATIENCE_MS);
    world.start();
    await world.got("Belfry", 1);
    const missed = await world.read(async (store) => {
      const gaps = await store.gaps("second", 0, Number.MAX_SAFE_INTEGER);
      const down = gaps.filter(({ reason }) => reason === "down");
      return down.reduce((sum, { count }) => sum + count, 0);
    });
    assert.ok(missed >= 1);
    const [line = ""] = world.taken("Belfry");
    assert.match(
      line,
      new RegExp(`Belfry was down for \\d+ s: ${missed} occurrences? missed, \\d+ caught up$`),
    );
  });
});

async function waiting(store: SqliteStore): Promise<readonly { readonly error: string | null }[]> {
  return await store.outbox({ kind: "alert", state: "waiting", limit: 9 });
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { BelfryError } from "../../core/errors.ts";
import type { Logs } from "../../log.ts";
import { logsContract } from "../logs.contract.ts";
import { ALL, batch, DAY_MS, NOON, readThrough, textsOf } from "../logs.fixture.ts";
import { SqliteLogs } from "./logs.ts";
import { SqliteLogsClient } from "./logs-client.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "belfry-logs-"));
  folders.push(folder);
  return folder;
}

const KINDS: readonly (readonly [string, (folder: string) => Logs])[] = [
  ["SqliteLogs", (folder) => new SqliteLogs(folder)],
  ["SqliteLogsClient", (folder) => new SqliteLogsClient(folder)],
];

for (const [name, make] of KINDS) {
  logsContract(name, async () => make(join(newFolder(), "later")));

  describe(`${name} in a folder`, () => {
    it("fails, and works again later, where the folder cannot be used", async () => {
      const folder = join(newFolder(), "data");
      writeFileSync(folder, "a file");
      const logs = make(folder);
      await assert.rejects(logs.append([batch(0, ["a"])]), BelfryError);
      rmSync(folder);
      await logs.append([batch(0, ["a"])]);
      assert.deepEqual(await textsOf(logs), ["a"]);
      await logs.close();
    });
  });
}

describe("SqliteLogs over the days", () => {
  it("reads a run from its due day to its end", async () => {
    const folder = newFolder();
    const logs = new SqliteLogs(folder);
    for (let day = -1; day < 4; day += 1) {
      await logs.append([batch(day + 1, [`day ${day}`], { at: NOON + day * DAY_MS })]);
    }
    assert.equal(readdirSync(folder).filter((file) => file.endsWith(".db")).length, 5);
    assert.deepEqual(await textsOf(logs), ["day 0", "day 1", "day 2", "day 3"]);
    const untilAt = NOON + DAY_MS;
    assert.deepEqual(await textsOf(logs, { untilAt }), ["day 0", "day 1"]);
    await logs.close();
  });

  it("keeps the order where an attempt's last lines were written after the next one's first", async () => {
    const logs = new SqliteLogs(newFolder());
    await logs.append([batch(0, ["b"], { attempt: 2 })]);
    await logs.append([batch(0, ["a"], { attempt: 1, at: NOON + DAY_MS })]);
    assert.deepEqual(await readThrough(logs, 1), ["a", "b"]);
    await logs.close();
  });

  it("forgets in earlier days too", async () => {
    const logs = new SqliteLogs(newFolder());
    await logs.append([batch(0, ["head"]), batch(1, ["old"]), batch(0, ["mine"], { run: "s" })]);
    await logs.append([batch(2, ["older"], { at: NOON + DAY_MS })]);
    const at = NOON + 2 * DAY_MS;
    await logs.append([
      batch(2, ["…"], { at, forget: { from: 1, to: 3 } }),
      batch(3, ["tail"], { at }),
    ]);
    assert.deepEqual(await textsOf(logs), ["head", "…", "tail"]);
    assert.deepEqual(await textsOf(logs, { run: "s" }), ["mine"]);
    await logs.close();
  });

  it("forgets without having anything to write", async () => {
    const logs = new SqliteLogs(newFolder());
    await logs.append([batch(0, ["head"]), batch(1, ["old"])]);
    await logs.append([batch(2, [], { forget: { from: 1, to: 2 } })]);
    assert.deepEqual(await textsOf(logs), ["head"]);
    await logs.close();
  });

  it("unlinks whole days that ended before the instant, also what others left of them", async () => {
    const folder = newFolder();
    const logs = new SqliteLogs(folder);
    await logs.append([batch(0, ["old"]), batch(1, ["new"], { at: NOON + DAY_MS })]);
    writeFileSync(join(folder, "logs-2020-01-01.db-wal"), "");
    writeFileSync(join(folder, "belfry.db"), "");
    await logs.prune(NOON + DAY_MS / 2 - 1);
    assert.deepEqual(await textsOf(logs), ["old", "new"]);
    await logs.prune(NOON + DAY_MS / 2);
    assert.deepEqual(await textsOf(logs), ["new"]);
    await logs.close();
    assert.deepEqual(readdirSync(folder), ["belfry.db", "logs-2026-03-09.db"]);
  });

  it("holds few files open, however many days it reads", async () => {
    const logs = new SqliteLogs(newFolder());
    for (let day = 0; day < 20; day += 1) {
      await logs.append([batch(day, [`${day}`], { at: NOON + day * DAY_MS })]);
    }
    assert.equal((await textsOf(logs)).length, 20);
    await logs.close();
  });
});

describe("SqliteLogs among processes", () => {
  const module = JSON.stringify(new URL("./logs.ts", import.meta.url).href);
  const client = JSON.stringify(new URL("./logs-client.ts", import.meta.url).href);

  function startNode(code: string): Promise<number> {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    return once(child, "exit").then(([exitCode]) => Number(exitCode));
  }

  function writerCode(folder: string, attempt: number): string {
    return `import { SqliteLogs } from ${module};
      const logs = new SqliteLogs(${JSON.stringify(folder)});
      for (let n = 0; n < 300; n += 1) {
        const line = { at: ${NOON}, attempt: ${attempt}, stream: "stdout", level: null, text: String(n), fields: null };
        await logs.append([{ run: "r", attempt: ${attempt}, firstLine: n, lines: [line], forget: null }]);
      }
      await logs.close();`;
  }

  it("writes from two at once and is followed from a third, no line lost or twice", async () => {
    const folder = newFolder();
    const logs = new SqliteLogsClient(folder);
    await logs.append([batch(0, ["the file is there"], { run: "first" })]);
    let running = true;
    const writers = Promise.all([1, 2].map((n) => startNode(writerCode(folder, n)))).finally(() => {
      running = false;
    });
    const followed: string[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      more = running;
      const page = await logs.read({ run: "r", ...ALL, attempt: 1, after });
      followed.push(...page.lines.map(({ text }) => text));
      after = page.cursor;
    }
    assert.deepEqual(await writers, [0, 0]);
    const expected = Array.from({ length: 300 }, (_, n) => String(n));
    assert.deepEqual(followed, expected);
    assert.deepEqual(await textsOf(logs), [...expected, ...expected]);
    await logs.close();
  });

  it("lets a program end by itself, with what it awaited written, though nobody closes", async () => {
    const folder = newFolder();
    const code = `import { SqliteLogsClient } from ${client};
      const logs = new SqliteLogsClient(${JSON.stringify(folder)});
      await logs.append([${JSON.stringify(batch(0, ["written"]))}]);`;
    assert.equal(await startNode(code), 0);
    const logs = new SqliteLogs(folder);
    assert.deepEqual(await textsOf(logs), ["written"]);
    await logs.close();
  });
});

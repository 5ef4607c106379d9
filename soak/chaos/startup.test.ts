import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openLine, PACE } from "../../packages/belfry/src/stores/postgres/line.fixture.ts";
import { migrate } from "../../packages/belfry/src/stores/postgres/schema.ts";
import {
  asking,
  NO_OWN_SERVER,
  OwnServer,
} from "../../packages/belfry/src/stores/postgres/server.fixture.ts";

const BIN = join(import.meta.dirname, "../../packages/belfry/bin/belfry.js");
const CONFIG = join(import.meta.dirname, "fleet.config.ts");
const UNAVAILABLE = 69;
const CONFLICT = 5;

interface Ended {
  readonly code: unknown;
  /** The first line says what is wrong, a second one what to do. */
  readonly said: string;
}

/** A node that starts on that store, until it ends by itself. */
function up(url: string, folder: string): Promise<Ended> {
  const env = {
    ...process.env,
    CHAOS_STORE: url,
    CHAOS_RATE: "1",
    CHAOS_EFFECTS: join(folder, "effects"),
  };
  return new Promise((resolve) => {
    const words = [BIN, "up", "--config", CONFIG];
    execFile(process.execPath, words, { env, timeout: 20_000 }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? error?.signal ?? 0, said: stderr.trim() }),
    );
  });
}

/** One line of what is wrong, one of what to do, and nothing of how the program is made. */
function isClear({ said }: Ended, what: RegExp): void {
  const lines = said.split("\n");
  assert.equal(lines.length, 2, said);
  assert.match(lines[0] ?? "", what);
  assert.match(lines[1] ?? "", /^ {2}\S/);
  assert.doesNotMatch(said, /\n\s+at |password/i);
}

describe("a node that starts on a database it cannot use", {
  skip: NO_OWN_SERVER,
  concurrency: 3,
}, () => {
  let server: OwnServer;
  let standby: OwnServer;
  let folder = "";

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "belfry-startup-"));
    [server, standby] = await Promise.all([OwnServer.start(), OwnServer.start({ standby: true })]);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await standby[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** A database with all tables, to which this was done. */
  async function database(name: string, ...deeds: readonly string[]): Promise<string> {
    await asking(server.url(), `create database ${name}`);
    const line = await openLine(server.url(name));
    await migrate(line, PACE).finally(() => line.close());
    for (const deed of deeds) await asking(server.url(name), deed);
    return server.url(name);
  }

  it("says that it is not there", async () => {
    const ended = await up(`postgres://tester@/x?host=${folder}`, folder);
    assert.equal(ended.code, UNAVAILABLE);
    isClear(ended, /cannot be (reached|used).*ENOENT/);
  });

  it("says that it takes no writes", async () => {
    const url = await database("r", "alter database r set default_transaction_read_only = on");
    const ended = await up(url, folder);
    assert.equal(ended.code, UNAVAILABLE);
    isClear(ended, /takes no writes/);
  });

  it("says that it has no room for another connection", async () => {
    await database("f", "create role crowded login connection limit 0");
    const ended = await up(server.url("f", "crowded"), folder);
    assert.equal(ended.code, UNAVAILABLE);
    isClear(ended, /too many connections/);
  });

  it("says that a later version made it, which left this one behind", async () => {
    const url = await database("v", "update belfry.meta set schema = 99, serves = 99");
    const ended = await up(url, folder);
    assert.equal(ended.code, CONFLICT);
    isClear(ended, /has schema 99/);
  });

  it("says that it has lost what belongs to every store", async () => {
    const [rowless, tableless] = await Promise.all([
      database("m", "delete from belfry.meta").then((url) => up(url, folder)),
      database("t", "drop table belfry.gate").then((url) => up(url, folder)),
    ]);
    assert.deepEqual([rowless.code, tableless.code], [CONFLICT, CONFLICT]);
    isClear(rowless, /is not whole: it has lost its meta row/);
    isClear(tableless, /is not whole: it has lost the table gate/);
  });

  it("says that it is a standby", async () => {
    const ended = await up(standby.url(), folder);
    assert.equal(ended.code, UNAVAILABLE);
    isClear(ended, /is a standby/);
  });
});

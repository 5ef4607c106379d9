import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { asking, emptyDatabase, inDatabase, NO_OWN_SERVER, NO_SERVER } from "./server.fixture.ts";

const STARTS = `
import { OwnServer } from ${JSON.stringify(import.meta.resolve("./server.fixture.ts"))};
const server = await OwnServer.start();
process.stdout.write(server.folder + "\\n");
setInterval(() => {}, 1000);`;

describe("the server of the tests", () => {
  it("gives each who asks a database of its own", { skip: NO_SERVER }, async () => {
    const [one, other] = [await emptyDatabase(), await emptyDatabase()];
    await asking(one, "create table mine (id int)");
    const name = "to_regclass('mine')::text as name";
    assert.deepEqual(await asking(one, `select ${name}`), [{ name: "mine" }]);
    assert.deepEqual(await asking(other, `select ${name}`), [{ name: null }]);
  });

  it("is gone with its folder when whoever tests is killed", { skip: NO_OWN_SERVER }, async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", STARTS], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(child.stdout, "data");
    const folder = String(said).trim();
    assert.ok(existsSync(`${folder}/data/postmaster.pid`));
    child.kill("SIGKILL");
    await once(child, "exit");
    const until = performance.now() + 20_000;
    while (existsSync(folder) && performance.now() < until) await sleep(20);
    assert.ok(!existsSync(folder));
  });

  it("finds the database in any form of URL", () => {
    assert.equal(inDatabase("postgres://u@/a?host=/tmp", "b"), "postgres://u@/b?host=/tmp");
    assert.equal(inDatabase("postgresql://u:p@h:1/a", "b"), "postgresql://u:p@h:1/b");
    assert.equal(inDatabase("postgres://h", "b"), "postgres://h/b");
  });
});

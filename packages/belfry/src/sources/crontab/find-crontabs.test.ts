import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { distrust, findCrontabs, isCronsOwn } from "./find-crontabs.ts";

describe("finding crontabs", () => {
  let folder = "";
  const write = async (path: string): Promise<string> => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "* * * * * a\n", { mode: 0o644 });
    return file;
  };
  const find = async (...paths: string[]): Promise<string[]> => {
    const found = await findCrontabs(
      paths.map((path) => join(folder, path)),
      "refused",
    );
    return found.crontabs.map(({ file, place }) => `${place} ${file.slice(folder.length + 1)}`);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "belfry-crontabs-"));
    for (const path of ["my.crontab", "etc/crontab", "etc/cron.d/app", "etc/cron.d/old.bak"]) {
      await write(path);
    }
    await write("etc/cron.d/.placeholder");
    await write("etc/cron.d/folder/x");
    await write("var/spool/cron/crontabs/ann");
  });
  after(() => rm(folder, { recursive: true }));

  it("tells by its place whether a table has a user column, or is a user's by its name", async () => {
    const paths = ["my.crontab", "etc/crontab", "etc/cron.d", "var/spool/cron/crontabs"];
    assert.deepEqual(await find(...paths), [
      "own my.crontab",
      "system etc/crontab",
      "system etc/cron.d/app",
      "spool var/spool/cron/crontabs/ann",
    ]);
  });

  it("passes over names that cron passes over, and says so of those that somebody may miss", async () => {
    const { problems } = await findCrontabs([join(folder, "etc/cron.d")], "refused");
    assert.deepEqual(
      problems.map(({ file, severity }) => `${severity} ${file}`),
      [`warning ${join(folder, "etc/cron.d/old.bak")}`],
    );
  });

  it("reads a file once, however often it is named", async () => {
    assert.deepEqual(await find("etc/cron.d", "etc/cron.d/app"), ["system etc/cron.d/app"]);
  });

  it("refuses a path that leads nowhere, unless it did before", async () => {
    await assert.rejects(find("nothing"), { code: "no-crontab" });
    const { crontabs } = await findCrontabs([join(folder, "nothing")], "empty");
    assert.deepEqual(crontabs, []);
  });

  it("distrusts a table of the system that others could have written", async () => {
    const uid = process.getuid?.() ?? 0;
    const file = await write("etc/cron.d/loose");
    const table = { file, place: "system" } as const;
    assert.equal(await distrust(table, [uid]), null);
    assert.match((await distrust(table, [uid + 1]))?.hint ?? "", /^chown root /);
    await chmod(file, 0o664);
    assert.match((await distrust(table, [uid]))?.hint ?? "", /^chmod go-w /);
    assert.equal(await distrust({ file, place: "own" }, [uid]), null);
  });

  it("knows what a cron daemon of this host reads", () => {
    assert.ok(isCronsOwn({ file: "/etc/cron.d/app", place: "system" }));
    assert.ok(isCronsOwn({ file: "/var/spool/cron/ann", place: "spool" }));
    assert.ok(!isCronsOwn({ file: "/home/ann/my.crontab", place: "own" }));
    assert.ok(!isCronsOwn({ file: "/tmp/etc/crontab", place: "system" }));
  });
});

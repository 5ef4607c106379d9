import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { OPENED } from "./alert.fixture.ts";
import { alertBody } from "./alert-body.ts";
import { createCommandChannel } from "./command.ts";

const never = new AbortController().signal;
const environment = {
  PATH: process.env["PATH"],
  OWN: "kept",
  BELFRY_DATABASE_URL: "sqlite:secret.db",
  BELFRY_LOG_LEVEL: "warn",
};

describe("a command", () => {
  let cwd = "";
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-command-"));
  });
  after(() => rm(cwd, { recursive: true }));

  const channel = (...argv: string[]) =>
    createCommandChannel({ kind: "command", argv, cwd }, { clock: systemClock, environment });

  it("reads the alert as JSON and finds its facts in the environment, not the node's own", async () => {
    const script = 'cat > in.json; env > env.txt; echo "noted $1"';
    const said = await channel("sh", "-c", script, "sh", "$(id)").send(OPENED, never);
    assert.equal(said, "sh exited 0: noted $(id)");
    assert.equal(await readFile(join(cwd, "in.json"), "utf8"), `${alertBody(OPENED)}\n`);
    const env = (await readFile(join(cwd, "env.txt"), "utf8")).split("\n");
    for (const line of [
      `BELFRY_ALERT_ID=${OPENED.id}`,
      "BELFRY_ALERT_STEP=opened",
      "BELFRY_ALERT_AT=2026-11-24T02:30:05.000Z",
      "BELFRY_ALERT_TASK=backup",
      "BELFRY_ALERT_SUBJECT=backup failed",
      "BELFRY_ALERT_ERROR=Disk full",
      "BELFRY_ALERT_COUNT=1",
      "OWN=kept",
      "BELFRY_LOG_LEVEL=warn",
    ]) {
      assert.ok(env.includes(line), line);
    }
    assert.ok(!env.some((line) => line.startsWith("BELFRY_DATABASE_URL")));
    assert.ok(!env.some((line) => line.startsWith("BELFRY_ALERT_OWNER")), "what is null is absent");
  });

  it("has taken it by exit 0 only, and says its last line else", async () => {
    const failed = channel("sh", "-c", "echo first; echo '\u001b[2Jno such pager' >&2; exit 3");
    await assert.rejects(failed.send(OPENED, never), { message: "sh exited 3: [2Jno such pager" });
    const killed = channel("sh", "-c", "kill -9 $$");
    await assert.rejects(killed.send(OPENED, never), { message: "sh was ended by SIGKILL" });
  });

  it("that is not there is named", async () => {
    await assert.rejects(channel("/no/such/pager").send(OPENED, never), {
      message: /^\/no\/such\/pager could not be started: .*ENOENT/,
    });
  });

  it("need not read, nor wait for what it leaves in the background", async () => {
    const said = await channel("sh", "-c", "sleep 20 & echo left").send(OPENED, never);
    assert.equal(said, "sh exited 0: left");
  });

  it("is killed with its children when the time is over", async () => {
    const abort = new AbortController();
    const script = "sleep 300 & echo $! > child; touch started; wait";
    const sent = channel("sh", "-c", script).send(OPENED, abort.signal);
    const refused = assert.rejects(sent, { message: "sh did not end in time" });
    while (!((await readFile(join(cwd, "started"), "utf8").catch(() => null)) === "")) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    abort.abort();
    await refused;
    const pid = Number(await readFile(join(cwd, "child"), "utf8"));
    const isGone = async (): Promise<boolean> => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
      return stat === null || stat.includes(") Z ");
    };
    while (!(await isGone())) await new Promise((resolve) => setImmediate(resolve));
  });

  it("may write without end: it is read and forgotten", async () => {
    const said = await channel("sh", "-c", "yes | head -c 5000000; echo; echo end").send(
      OPENED,
      never,
    );
    assert.equal(said, "sh exited 0: end");
  });
});

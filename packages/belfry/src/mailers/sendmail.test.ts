import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { BelfryError, RefusedForGood } from "../core/errors.ts";
import { mail } from "./mail.fixture.ts";
import { createSendmailMailer, hostSendmail } from "./sendmail.ts";

const never = new AbortController().signal;

describe("the host's sendmail", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "belfry-sendmail-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function mailer(script: string) {
    const path = join(folder, "sendmail");
    await writeFile(path, `#!/bin/sh\ncd '${folder}'\n${script}\n`, { mode: 0o755 });
    const environment = { PATH: process.env["PATH"] };
    return createSendmailMailer({ path, clock: systemClock, environment, user: "ann" });
  }

  const keep = 'for each in "$@"; do echo "$each"; done > args; cat > message';

  it("is called as cron calls it, with the mail on its input", async () => {
    const text = "one\n.\ntwo\n";
    const said = await (await mailer(keep)).send(mail({ to: ["root", "a@b.c"], text }), never);
    assert.match(said, /sendmail took it$/);
    assert.equal(await readFile(join(folder, "args"), "utf8"), "-i\n-oem\nroot\na@b.c\n");
    const message = await readFile(join(folder, "message"), "utf8");
    assert.match(message, /^To: root,\n a@b\.c\nFrom: Belfry <ann>\n/);
    assert.ok(message.endsWith("\n\none\n.\ntwo\n"), "a single dot does not end it");
  });

  it("is told of another sender, and of text that is not ASCII", async () => {
    const sent = mail({ from: '"(Cron Daemon)" <bob>', text: "é" });
    await (await mailer(keep)).send(sent, never);
    const args = await readFile(join(folder, "args"), "utf8");
    assert.equal(args, "-i\n-oem\n-B8BITMIME\n-f\nbob\nops@example.org\n");
    const message = await readFile(join(folder, "message"), "utf8");
    assert.match(message, /\nContent-Transfer-Encoding: 8bit\n/);
    assert.ok(message.endsWith("\n\né\n"));
  });

  it("has taken it by exit 0 only", async () => {
    const refusing = await mailer("cat > /dev/null; echo 'no route to ops' >&2; exit 75");
    await assert.rejects(refusing.send(mail(), never), { message: /exited 75: no route to ops$/ });
  });

  it("refuses for good where there is no such user", async () => {
    const refusalBy = async (code: number): Promise<unknown> =>
      (await mailer(`cat > /dev/null; exit ${code}`))
        .send(mail(), never)
        .catch((thrown: unknown) => thrown);
    assert.ok((await refusalBy(67)) instanceof RefusedForGood);
    const fullDisk = await refusalBy(74);
    assert.ok(fullDisk instanceof BelfryError && !(fullDisk instanceof RefusedForGood));
  });

  it("is killed when the time is over", async () => {
    const abort = new AbortController();
    const sent = (await mailer("sleep 60")).send(mail(), abort.signal);
    const refused = assert.rejects(sent, { message: /sendmail did not end in time$/ });
    abort.abort();
    await refused;
  });

  it("is where hosts have it, if they have it", () => {
    const path = join(folder, "sendmail");
    assert.equal(hostSendmail(undefined, ["/no/such", path]), path);
    assert.equal(hostSendmail(undefined, ["/no/such", "/etc/passwd"]), null);
    assert.equal(hostSendmail("/opt/sendmail", [path]), "/opt/sendmail");
    assert.equal(hostSendmail("", [path]), null);
  });
});

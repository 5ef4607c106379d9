import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HttpSink } from "../src/channels/http-sink.fixture.ts";
import { SmtpSink } from "../src/mailers/smtp-sink.fixture.ts";
import { Up } from "./up.fixture.ts";
import { until, World } from "./world.ts";

/** `belfry up` on a configuration of the world's store. */
function up(
  world: World,
  yaml: string,
  env: NodeJS.ProcessEnv = {},
  args: readonly string[] = [],
): Up {
  writeFileSync(join(world.folder, "belfry.yaml"), `store: sqlite:${world.store}\n${yaml}`);
  return new Up(world.folder, args, { env });
}

describe("a node", () => {
  it("tells its channels of a task that fails and recovers, but those whose secret it lacks", async () => {
    await using world = new World();
    let answers = 0;
    await using ops = await HttpSink.open((_, response) => {
      answers += 1;
      response.writeHead(answers === 1 ? 503 : 200).end();
    });
    await using smtp = await SmtpSink.open();
    const flag = join(world.folder, "flag");
    await using node = up(
      world,
      `smtp: smtp://127.0.0.1:${smtp.port}
channels:
  ops: { webhook: { url: { secret: OPS_URL }, secret: { secret: OPS_KEY } } }
  mail: { email: { to: ops@example.org } }
  lost: { webhook: { secret: NO_SUCH_SECRET } }
alerts: [ops, mail, lost]
tasks:
  backup:
    schedule: every 1s
    shell: 'test -e "${flag}" || { echo "disk full" >&2; exit 1; }'
`,
      { OPS_URL: ops.url("/T0KEN").href, OPS_KEY: "k" },
    );
    await until(() => smtp.received.length >= 1, 15_000);
    assert.match(
      node.told(),
      /"path":"channels\.lost","message":"secret NO_SUCH_SECRET is not set"/,
    );
    writeFileSync(flag, "");
    await until(() => smtp.received.length >= 2, 15_000);
    const [opened, closed] = smtp.received.map(({ message }) => message);
    const [, first] = /^Message-ID: (<.*>)\r$/m.exec(opened ?? "") ?? [];
    assert.match(opened ?? "", /^Subject: .*backup/m);
    assert.match(closed ?? "", new RegExp(`^In-Reply-To: ${first}\r$`, "m"));
    // Refused once, it comes again under the same id, and before what follows it.
    await until(() => ops.received.length >= 3, 15_000);
    const bodies = ops.received.map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      bodies.map(({ step, channel, incident }) => [step, channel, incident.task]),
      [
        ["opened", "ops", "backup"],
        ["opened", "ops", "backup"],
        ["closed", "ops", "backup"],
      ],
    );
    assert.equal(bodies[0].id, bodies[1].id);
    for (const { headers, body } of ops.received) {
      const [, t, v1] = /^t=(\d+),v1=(\w+)$/.exec(String(headers["belfry-signature"])) ?? [];
      assert.equal(v1, createHmac("sha256", "k").update(`${t}.${body}`).digest("hex"));
    }
    assert.ok(!node.told().includes("T0KEN"), "the address is told nowhere");
  });

  const CRONTAB = [
    "MAILTO=ops@example.org",
    "@reboot exit 3",
    "@reboot echo out; printf '\\303\\251\\n' >&2; exit 1",
    "MAILTO=",
    "@reboot echo nobody",
    "",
  ].join("\n");

  async function ended(world: World): Promise<void> {
    const count = async (): Promise<number> => {
      const runs = await world.runs();
      return runs.filter(({ endedAt }) => endedAt !== null).length;
    };
    await until(async () => (await count()) === 3, 15_000);
  }

  it("mails what a crontab's line prints, as cron does, and nothing of one that prints nothing", async () => {
    await using world = new World();
    await using smtp = await SmtpSink.open();
    writeFileSync(join(world.folder, "my.crontab"), CRONTAB);
    const yaml = `smtp: smtp://127.0.0.1:${smtp.port}\n`;
    await using node = up(world, yaml, { BELFRY_SENDMAIL: "" }, ["--crontab", "my.crontab"]);
    await ended(world);
    await until(() => smtp.received.length >= 1, 15_000);
    const [mail, ...more] = smtp.received;
    assert.deepEqual(more, [], node.told());
    assert.deepEqual(mail?.to, ["ops@example.org"]);
    assert.match(mail?.message ?? "", /^Subject: Cron <.*@.*> echo out; .*\(failed\)\r$/m);
    assert.match(mail?.message ?? "", /^X-Cron-Env: <MAILTO=ops@example\.org>\r$/m);
    assert.ok(mail?.message.endsWith("\r\n\r\nout\r\n=C3=A9\r\n"), mail?.message);
  });

  it("hands that mail to the host's sendmail where there is one", async () => {
    await using world = new World();
    const taken = join(world.folder, "taken");
    const program = join(world.folder, "sendmail");
    const script = `#!/bin/sh\n{ echo "$*"; cat; } > '${taken}.new' && mv '${taken}.new' '${taken}'\n`;
    writeFileSync(program, script, { mode: 0o755 });
    writeFileSync(join(world.folder, "my.crontab"), CRONTAB);
    const environment = { BELFRY_SENDMAIL: program };
    await using node = up(world, "", environment, ["--crontab", "my.crontab"]);
    await until(() => existsSync(taken), 15_000);
    const text = readFileSync(taken, "utf8");
    assert.match(text, /^-i -oem -B8BITMIME ops@example\.org\nTo: ops@example\.org\n/, node.told());
    assert.ok(text.endsWith("\n\nout\né\n"), text);
  });

  it("says once that there is no way to mail what MAILTO asks for, and runs the lines", async () => {
    await using world = new World();
    writeFileSync(join(world.folder, "my.crontab"), CRONTAB);
    const environment = { BELFRY_SENDMAIL: "" };
    await using node = up(world, "", environment, ["--crontab", "my.crontab"]);
    await ended(world);
    const told = node.told().split("MAILTO is set, but there is no way to send mail").length - 1;
    assert.equal(told, 1, node.told());
  });
});

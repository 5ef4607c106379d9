import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../clocks/system.ts";
import { formatProblem } from "../define/problem.ts";
import { Project } from "../define/project.fixture.ts";
import { mail } from "../mailers/mail.fixture.ts";
import { SmtpSink } from "../mailers/smtp-sink.fixture.ts";
import { createChannels, crontabMail, mailerFor, type SendingHost } from "./create-channels.ts";

const BARE: SendingHost = {
  clock: systemClock,
  environment: { OPS_URL: "https://a.example.org/x" },
  hostname: "vm",
  user: "ann",
  sendmail: null,
};

async function created(yaml: string, host: Partial<SendingHost> = {}) {
  await using project = await Project.create({ "belfry.yaml": yaml });
  const { channels, problems } = createChannels(await project.config(), { ...BARE, ...host });
  const said = problems.map(formatProblem).map((text) => text.replace(`${project.folder}/`, ""));
  return { names: [...channels.keys()], said };
}

describe("the channels of a node", () => {
  it("are those that it can use, and each other is a problem with its place", async () => {
    const { names, said } = await created(
      "channels:\n  lost: { webhook: { secret: NONE } }\n  ops: { webhook: { secret: OPS_URL } }\n" +
        "  pager: { command: [x] }\n  mail: { email: { to: ops@example.org } }\n",
    );
    assert.deepEqual(names, ["ops", "pager"]);
    assert.deepEqual(said, [
      "belfry.yaml:2: channels.lost: secret NONE is not set – " +
        "set NONE, or NONE_FILE to a file that holds it",
      "belfry.yaml:5: channels.mail: there is no way to send mail: no smtp is configured, this host " +
        "has no sendmail – set smtp in the configuration, or install a program that is " +
        "/usr/sbin/sendmail",
    ]);
  });

  it("mail by the host's sendmail where no server is configured", async () => {
    const yaml = "channels: { mail: { email: { to: ops@example.org } } }";
    const { names, said } = await created(yaml, { sendmail: "/usr/sbin/sendmail" });
    assert.deepEqual([names, said], [["mail"], []]);
  });

  it("that mail name the server's secret where it is missing", async () => {
    const yaml =
      "smtp: { secret: SMTP_URL }\nchannels: { mail: { email: { to: ops@example.org } } }";
    const { said } = await created(yaml, { sendmail: "/usr/sbin/sendmail" });
    assert.match(
      said[0] ?? "",
      /^belfry\.yaml:2: channels\.mail: smtp: secret SMTP_URL is not set/,
    );
  });

  it("mail by the configured server, though crontabs' mail goes through sendmail first", async () => {
    await using sink = await SmtpSink.open();
    const config = { smtp: `smtp://127.0.0.1:${sink.port}` };
    const host = { ...BARE, sendmail: "/no/such/sendmail" };
    const { signal } = new AbortController();
    await mailerFor("alerts", config, host).send(mail(), signal);
    assert.equal(sink.received.length, 1);
    await assert.rejects(mailerFor("crontabs", config, host).send(mail(), signal), /ENOENT/);
    await mailerFor("crontabs", config, BARE).send(mail(), signal);
    assert.equal(sink.received.length, 2);
  });
});

describe("crontabs' mail", () => {
  it("cannot be sent from a host without any way, and why is told", () => {
    const why = (...of: Parameters<typeof crontabMail>) => crontabMail(...of).unmailable;
    assert.equal(why({ smtp: "smtp://localhost" }, BARE), null);
    assert.equal(why({ smtp: null }, { ...BARE, sendmail: "/usr/sbin/sendmail" }), null);
    assert.match(
      why({ smtp: null }, BARE)?.message ?? "",
      /^MAILTO is set, but there is no way to send mail/,
    );
    const lost = why({ smtp: { secret: "NONE" } }, BARE);
    assert.equal(lost?.message, "MAILTO is set, but smtp: secret NONE is not set");
  });
});

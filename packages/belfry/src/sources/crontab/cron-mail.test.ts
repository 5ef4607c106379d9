import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatProblem, locate } from "../../define/problem.ts";
import type { Mail } from "../../mailer.ts";
import { formatMessage } from "../../mailers/message.ts";
import { cronMail } from "./cron-mail.ts";
import { readCrontab } from "./read-crontab.ts";

const RUN = "01936b2e-1111-8000-8000-000000000002";

/** How the only command of a crontab is mailed, as the user `ops` of `vm.example.org`. */
function read(crontab: string) {
  const form = { kind: "user", user: "ops" } as const;
  const { entries } = readCrontab(`${crontab}\n`, { file: "/t", form, timeZone: "UTC" });
  const [entry] = entries;
  assert.ok(entry !== undefined);
  const environment = { SHELL: "/bin/sh", HOME: "/home/ops", ...entry.environment };
  const place = { user: "ops", hostname: "vm.example.org", environment };
  const { mail, doubts } = cronMail(entry, place);
  const said = doubts.map((doubt) =>
    formatProblem(locate(doubt, () => ({ file: null, line: null }))),
  );
  return { mail, said };
}

function compose(crontab: string, state: "succeeded" | "failed" = "succeeded"): Mail | null {
  const { mail } = read(crontab);
  if (mail === null) return null;
  return mail.compose({ run: RUN, state, text: "out\nerr\n", mail: mail.mailTo });
}

describe("the mail of a crontab's line", () => {
  it("is what cron sends: Debian's 3.0pl1-162 and cronie, headers and all", () => {
    const mail = compose(
      'MAILTO=a@example.org\nGREETING="two  blanks"\n* * * * * echo 1\\%; cat%in',
    );
    assert.ok(mail !== null);
    const options = { sender: "x", carries: "8bit", qualify: (to: string) => to, now: 0 } as const;
    assert.deepEqual(formatMessage(mail, options).split("\n"), [
      "To: a@example.org",
      'From: "(Cron Daemon)" <ops>',
      "Subject: Cron <ops@vm> echo 1%; cat",
      `Message-ID: <${RUN}.cron@vm.example.org>`,
      "MIME-Version: 1.0",
      "Content-Transfer-Encoding: 7bit",
      "Auto-Submitted: auto-generated",
      "Precedence: bulk",
      "X-Cron-Env: <SHELL=/bin/sh>",
      "X-Cron-Env: <HOME=/home/ops>",
      "X-Cron-Env: <MAILTO=a@example.org>",
      "X-Cron-Env: <GREETING=two  blanks>",
      "Date: Thu, 01 Jan 1970 00:00:00 +0000",
      "Content-Type: text/plain; charset=utf-8",
      "",
      "out",
      "err",
      "",
    ]);
  });

  it("goes to the line's user, to those of MAILTO, or to nobody where that is empty", () => {
    assert.deepEqual(compose("* * * * * a")?.to, ["ops"]);
    assert.deepEqual(compose("MAILTO=root,a@b.c\n* * * * * a")?.to, ["root", "a@b.c"]);
    assert.deepEqual(compose('MAILTO="a@b.c, d@e.f"\n* * * * * a')?.to, ["a@b.c", "d@e.f"]);
    assert.equal(compose('MAILTO=""\n* * * * * a'), null);
    assert.equal(compose("MAILTO=\n* * * * * a"), null);
    assert.deepEqual(read('MAILTO=""\n* * * * * a').said, []);
  });

  it("marks a run that failed, and with -n is sent for such only", () => {
    assert.equal(compose("* * * * * a", "failed")?.subject, "Cron <ops@vm> a (failed)");
    assert.equal(compose("* * * * * -n a"), null);
    assert.equal(compose("* * * * * -n a", "failed")?.subject, "Cron <ops@vm> a (failed)");
  });

  it("is from MAILFROM where that is an address", () => {
    assert.equal(compose("MAILFROM=me@b.c\n* * * * * a")?.from, "me@b.c");
    assert.equal(compose("MAILFROM=Me <me@b.c>\n* * * * * a")?.from, "Me <me@b.c>");
    const { mail, said } = read("MAILFROM=a b\n* * * * * a");
    assert.equal(mail?.mailTo.from, '"(Cron Daemon)" <ops>');
    assert.match(said[0] ?? "", /MAILFROM: "a b" is no mail address, so mail is from ops/);
  });

  it("is of CONTENT_TYPE, in the charset of the log", () => {
    const type = (line: string) => compose(`CONTENT_TYPE=${line}\n* * * * * a`)?.contentType;
    assert.equal(type("text/html"), "text/html; charset=utf-8");
    const latin = '"text/html; charset=iso-8859-1; format=flowed"';
    assert.equal(type(latin), "text/html; format=flowed; charset=utf-8");
    assert.equal(type('"multipart/mixed; boundary=b"'), "multipart/mixed; boundary=b");
    assert.equal(type('""'), null);
    const { said } = read('CONTENT_TYPE="text/html\u000bX: y"\n* * * * * a');
    assert.equal(compose('CONTENT_TYPE="text/html\u000bX: y"\n* * * * * a')?.contentType, null);
    assert.match(said[0] ?? "", /CONTENT_TYPE is no content type/);
  });

  it("says that its text is encoded already, where the crontab does", () => {
    const mail = compose("CONTENT_TRANSFER_ENCODING=base64\n* * * * * a");
    assert.deepEqual(mail?.headers[0], ["Content-Transfer-Encoding", "base64"]);
  });

  for (const unsafe of ["-oQ/tmp", "a;b@c.d", "|/bin/sh", "$USER", "Ops <ops@b.c>"]) {
    it(`does not go to ${unsafe}, and why is told`, () => {
      const { mail, said } = read(`MAILTO=${unsafe}\n* * * * * a`);
      assert.equal(mail, null);
      assert.match(
        said[0] ?? "",
        /^MAILTO: ".*" is no mail address, so nothing is mailed to it – /,
      );
    });
  }
});

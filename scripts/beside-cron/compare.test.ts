import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Comparison, compare } from "./compare.ts";
import { crontabText, numberedLines } from "./crontab.ts";
import { DIFFERENCES } from "./differences.ts";
import { type Mail, type Records, readMail, readStart, type Start } from "./records.ts";

// The half of `npm run beside-cron` that needs no root: what it reads, and what it calls the same.

function start(line: number, at: string, facts = "env HOME=/root"): Start {
  return readStart(`line=${line}\nat=${Date.parse(at)}\nGid=0 0 0 0\n${facts}\n`);
}

function mail(line: number, headers: string, body = "said\n", words = "-i\nroot"): Mail {
  return readMail(
    `${words}\n\nTo: root\nSubject: Cron <root@vm> start ${line}; x${headers}\n\n${body}`,
  );
}

function compared(cron: Partial<Records>, belfry: Partial<Records>): Comparison {
  const none = { starts: [], mails: [] };
  return compare([1, 2], { ...none, ...cron }, { ...none, ...belfry }, DIFFERENCES);
}

function found(cron: Partial<Records>, belfry: Partial<Records>): string[] {
  const { discrepancies } = compared(cron, belfry);
  return discrepancies.map(({ line, of, which, fact }) => `${line} ${of} ${which} ${fact}`);
}

describe("cron and Belfry beside each other", () => {
  it("did the same where each line started in the same minutes, whatever the seconds", () => {
    const cron = [start(1, "2026-01-01T00:00:01Z"), start(1, "2026-01-01T00:01:01Z")];
    const belfry = [start(1, "2026-01-01T00:00:00.005Z"), start(1, "2026-01-01T00:01:59Z")];
    assert.deepEqual(found({ starts: cron }, { starts: belfry }), []);
    const [line] = compared({ starts: cron }, { starts: belfry }).lines;
    assert.deepEqual([line?.startsByCron, line?.startsByBelfry, line?.oneSided], [2, 2, 0]);
  });

  it("did not where one of them started in another minute, twice, or a line nobody knows", () => {
    const at = "2026-01-01T00:00:00Z";
    const once = [start(1, at)];
    assert.deepEqual(found({ starts: once }, { starts: [start(1, "2026-01-01T00:01:00Z")] }), [
      "1 start 2026-01-01T00:00Z itself",
      "1 start 2026-01-01T00:01Z itself",
    ]);
    assert.deepEqual(found({ starts: once }, { starts: [...once, ...once] }), [
      "1 start 2026-01-01T00:00Z itself",
    ]);
    assert.deepEqual(found({}, { starts: [start(9, at)] }), [
      "null start 2026-01-01T00:00Z itself",
    ]);
    assert.equal(compared({ starts: once }, {}).lines[0]?.oneSided, 1);
  });

  it("did not where a command found another environment, but for what is documented", () => {
    const at = "2026-01-01T00:00:00Z";
    const of = (facts: string): Partial<Records> => ({ starts: [start(1, at, facts)] });
    assert.deepEqual(found(of("env A=1"), of("env A=1\nenv USER=root\nenv BELFRY_TASK=x")), []);
    assert.deepEqual(found(of("env A= b "), of("env A= b")), ["1 start 2026-01-01T00:00Z env A"]);
    assert.deepEqual(found(of("env A= b"), of("env A= b ")), [], "Debian cuts them off");
    const files = (soft: number, hard: number) => of(`limit open files=${soft} ${hard} files`);
    assert.deepEqual(found(files(1024, 4096), files(4096, 4096)), [], "Node.js raises it");
    assert.equal(found(files(1024, 4096), files(512, 4096)).length, 1);
    assert.deepEqual(found(of("env USER=root"), of("env USER=ops")), [
      "1 start 2026-01-01T00:00Z env USER",
    ]);
  });

  it("mailed the same but for what is documented, which is counted", () => {
    const cron = [mail(1, "\nFrom: root (Cron Daemon)"), mail(2, "\nX-Cron-Env: <A=1>")];
    const belfry = [mail(1, ' (failed)\nFrom: "(Cron Daemon)" <nobody>\nDate: today'), cron[1]];
    const mails = belfry.filter((each) => each !== undefined);
    assert.deepEqual(found({ mails: cron }, { mails }), []);
    const seen = [...compared({ mails: cron }, { mails }).documented.values()];
    assert.equal(
      seen.reduce((sum, each) => sum + each, 0),
      3,
    );
  });

  it("did not mail the same where one is missing, goes elsewhere or says something else", () => {
    const cron = { mails: [mail(1, "\nX-Cron-Env: <A=1>")] };
    assert.deepEqual(found(cron, {}), ["1 mail 1 itself"]);
    const other = mail(1, "\nX-Cron-Env: <A=2>", "other\n", "-i\n-f\nroot\nroot,ops");
    assert.deepEqual(found(cron, { mails: [other] }), [
      "1 mail 1 sent to",
      "1 mail 1 X-Cron-Env A",
      "1 mail 1 body",
    ]);
    assert.deepEqual(found({}, { mails: [readMail("root\n\nSubject: Spam\n\nx\n")] }), [
      "null mail 1 itself",
    ]);
  });

  it("may print error and output in another order, and neither in another of its own", () => {
    const cron = { mails: [mail(1, "", "a\nerror 1\nb\nerror 2\n")] };
    assert.deepEqual(found(cron, { mails: [mail(1, "", "a\nb\nerror 1\nerror 2\n")] }), []);
    const swapped = mail(1, "", "b\na\nerror 1\nerror 2\n");
    assert.deepEqual(found(cron, { mails: [swapped] }), ["1 mail 1 body"]);
  });

  it("find a line by its subject although that is encoded", () => {
    const read = readMail(
      "root\n\nSubject: =?UTF-8?Q?start_2=3B_echo?=\n =?UTF-8?Q?_=C3=A9?=\n\nx\n",
    );
    assert.equal(read.line, 2);
  });

  it("run a crontab of fifteen lines, each of which notes its own number", () => {
    const lines = numberedLines();
    assert.equal(lines.length, 15);
    for (const { command, number } of lines)
      assert.match(command, new RegExp(`\\bstart ${number};`));
    assert.ok(!crontabText("/here").includes("@HERE@"));
  });
});

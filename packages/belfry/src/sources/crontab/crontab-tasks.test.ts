import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Fault, formatProblem, warning } from "../../define/problem.ts";
import type { Account, Accounts } from "./accounts.ts";
import { type CrontabTasks, crontabTasks } from "./crontab-tasks.ts";
import { readCrontab } from "./read-crontab.ts";

const root: Account = { name: "root", uid: 0, gid: 0, home: "/root" };
const ops: Account = { name: "ops", uid: 1000, gid: 1001, home: "/home/ops" };
const known = new Map([root, ops].map((account) => [account.name, account]));

function accounts(current: Account): Accounts {
  return { current, setpriv: "/usr/bin/setpriv", find: (name) => known.get(name) ?? null };
}

function load(
  text: string,
  form: "user" | "system" = "user",
  current = ops,
  unmailable: Fault | null = null,
): CrontabTasks {
  const origin = form === "user" ? { kind: form, user: current.name } : { kind: form };
  const read = readCrontab(text, { file: "/t", form: origin, timeZone: "Europe/Berlin" });
  const place = { source: "crontab:here:/t", file: "/t", timeZone: "Europe/Berlin" };
  const host = { hostname: "vm.example.org", alerts: ["ops"], accounts: accounts(current) };
  return crontabTasks(read, { ...place, ...host, unmailable });
}

function names({ tasks }: CrontabTasks): string[] {
  return tasks.map(({ definition }) => definition.task);
}

function work({ tasks }: CrontabTasks) {
  const work = tasks[0]?.work;
  if (work === undefined || work.kind === "function") throw new Error("it has a command");
  return { argv: work.argv, cwd: work.cwd, env: work.env, base: work.base };
}

describe("the tasks of a crontab", () => {
  it("are all lines of one found in the wild, but for those refused by name", () => {
    const text = readFileSync(join(import.meta.dirname, "fixtures/wild.crontab"), "utf8");
    const { tasks, problems, unread } = load(text);
    const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
    const entries = lines.filter(({ line }) => line !== "" && !/^(#|\w+\s*=)/.test(line));
    const errors = problems.filter(({ severity }) => severity === "error");
    for (const { line, number } of entries) {
      const task = tasks.find((each) => each.line === number);
      const refusals = errors.filter((each) => each.line === number);
      assert.equal(refusals.length, task === undefined ? 1 : 0, `${number}: ${line}`);
      for (const { message, hint } of refusals) assert.ok(message !== "" && hint !== "", line);
    }
    assert.deepEqual([entries.length, tasks.length, errors.length], [29, 19, 11]);
    // One refusal is that of a variable; an entry whose command cannot be told has no name to keep.
    assert.equal(unread.length, 8);
    assert.equal(new Set(tasks.map(({ definition }) => definition.task)).size, tasks.length);
  });

  it("have cron's own policies", () => {
    const [task] = load("5 4 * * * a\n").tasks;
    assert.deepEqual(task?.definition.policies, {
      catchUp: "none",
      startWithin: 60_000,
      concurrency: { limit: null, by: null },
      overlap: "skip",
      retry: { attempts: 1, waitMs: 10_000, maxMs: 900_000 },
      timeoutMs: null,
      deadlineMs: null,
      jitterMs: 0,
      runsOn: [],
      delivery: "at-most-once",
    });
    assert.equal(task?.definition.timeZone, "Europe/Berlin");
    assert.equal(task?.line, 1);
  });

  it("are told of to the channels of every task that names none", () => {
    const [task] = load("5 4 * * * a\n").tasks;
    assert.deepEqual(task?.definition.watch.alerts, ["ops"]);
  });

  it("are spread by RANDOM_DELAY, but for what runs once per boot", () => {
    const { tasks } = load("RANDOM_DELAY=30\n@daily a\n@reboot b\n");
    const spread = tasks.map(({ definition }) => definition.policies.jitterMs);
    assert.deepEqual(spread, [30 * 60_000, 0]);
  });

  it("keep their names when lines move and when their times are edited", () => {
    const before = names(load("5 4 * * * /opt/a x\n6 4 * * * b\n"));
    const after = names(load("# new\nA=b\n7 * * * * b\n@daily /opt/a x\n"));
    assert.match(before[0] ?? "", /^a-[0-9a-f]{8}$/);
    assert.deepEqual(new Set(after), new Set(before));
  });

  it("number what stands there twice, and name what has no program", () => {
    const [first, second] = names(load("1 1 * * * a\n2 2 * * * a\n"));
    assert.equal(second, `${first}-2`);
    assert.match(names(load("1 1 * * * [ 1 ]\n"))[0] ?? "", /^line-/);
    assert.match(names(load("1 1 * * * A=b /x/run.sh -v\n"))[0] ?? "", /^run\.sh-/);
  });

  it("find the environment that cron gives, and nothing of the node's", () => {
    const text = "LOGNAME=x\nUSER=x\nPATH=/opt\nMAILTO=a@b\nHOME=/srv\n* * * * * a\n";
    assert.deepEqual(work(load(text)), {
      argv: ["/bin/sh", "-c", "a"],
      cwd: "/srv",
      base: {},
      env: {
        SHELL: "/bin/sh",
        HOME: "/srv",
        PATH: "/opt",
        MAILTO: "a@b",
        LOGNAME: "ops",
        USER: "ops",
      },
    });
  });

  it("run as the user of their line where the node is root's", () => {
    const { argv, env, cwd } = work(load("SHELL=/bin/bash\n* * * * * ops a\n", "system", root));
    const become = ["/usr/bin/setpriv", "--reuid=1000", "--regid=1001", "--init-groups", "--"];
    assert.deepEqual(argv, [...become, "/bin/bash", "-c", "a"]);
    assert.equal(env["USER"], "ops");
    assert.equal(cwd, "/home/ops");
  });

  it("are refused by name where the node may not become their user", () => {
    const { tasks, problems, unread } = load("* * * * * root a\n* * * * * ops b\n", "system");
    assert.equal(tasks.length, 1);
    assert.equal(unread.length, 1);
    assert.deepEqual(problems.map(formatProblem), [
      "/t:1: runs as root, and this node as ops: only root can change users – " +
        "start the node as root, or give that user a node and a crontab",
    ]);
    const unknown = load("* * * * * nobody-here a\n", "system", root);
    assert.match(unknown.problems[0]?.message ?? "", /no user nobody-here/);
  });

  it("stay in force without code while their line is broken", () => {
    const [name] = names(load("5 4 * * * a\n"));
    assert.deepEqual(load("65 4 * * * a\n").unread, [name]);
  });

  it("have no schedule where they run once per boot", () => {
    const { tasks, boots } = load("@reboot a\n");
    assert.deepEqual(tasks[0]?.definition.schedules, []);
    assert.deepEqual(boots, [tasks[0]?.definition.task]);
  });

  it("mail their output as MAILTO says, and no command line goes into their definition", () => {
    const { tasks } = load('5 4 * * * a -pSECRET\nMAILTO=""\n6 4 * * * b\n');
    assert.deepEqual(
      tasks.map(({ definition }) => definition.watch.mail),
      [{ to: ["ops"], from: '"(Cron Daemon)" <ops>' }, null],
    );
    assert.ok(!JSON.stringify(tasks[0]?.definition).includes("SECRET"));
    const to = { to: ["ops"], from: "ops" };
    const mail = tasks[0]?.mail?.({ run: "r", state: "succeeded", text: "x", mail: to });
    assert.equal(mail?.subject, "Cron <ops@vm> a -pSECRET");
    assert.equal(tasks[1]?.mail, undefined);
  });

  it("mail nothing from a host that cannot, and say so once where somebody asked for it", () => {
    const unmailable = warning([], "there is no way to send mail", "install one");
    const silent = load("5 4 * * * a\n", "user", ops, unmailable);
    assert.deepEqual([silent.tasks[0]?.definition.watch.mail, silent.problems], [null, []]);
    const asked = load("MAILTO=x@y.z\n5 4 * * * a\n6 4 * * * b\n", "user", ops, unmailable);
    assert.deepEqual(asked.problems.map(formatProblem), [
      "/t:2: there is no way to send mail – install one",
    ]);
  });

  it("tell what is wrong with a variable once, at the first line that it is for", () => {
    const { problems } = load("MAILTO=a b\n5 4 * * * a\n6 4 * * * b\nMAILTO=c d\n7 4 * * * c\n");
    assert.deepEqual(
      problems.map(({ line, severity }) => [line, severity]),
      [
        [2, "warning"],
        [5, "warning"],
      ],
    );
  });
});

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Answer, belfry, type Captured, captureIo } from "./captured-io.fixture.ts";
import { main } from "./main.ts";

const YAML = `
timeZone: Europe/London
tasks:
  tick:
    description: Comes due all the time
    schedule: every 1s
    shell: echo tock
  nightly:
    schedules:
      late: "30 2 * * *"
      noon: "0 12 * * *"
    owner: ann
    heartbeat: { url: { secret: HC_URL }, kind: healthchecks }
    retry: 3
    shell: "true"
  talk:
    shell: 'echo out; echo err >&2; printf "\\033[2Jsteer\\n"; echo "$BELFRY_PAYLOAD"'
  fails:
    shell: 'echo broken >&2; exit 3'
  slow:
    timeout: 500ms
    shell: sleep 20
  long:
    shell: sleep 20
  bad:
    schedule: "61 * * * *"
    shell: "true"
`;

/** Everything here is one node's life, in order: it is up, it is asked, it is down, it is asked. */
describe("the verbs, with a node at work", () => {
  let cwd = "";
  let node: Captured;
  let ended: Promise<number>;
  const ask = (...argv: string[]): Promise<Answer> => belfry(argv, { cwd });
  const json = async (...argv: string[]) => JSON.parse((await ask(...argv, "--json")).stdout);

  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), "belfry-verbs-"));
    await writeFile(join(cwd, "belfry.yaml"), YAML);
    node = captureIo({ cwd, env: { PATH: process.env["PATH"] ?? "" } });
    ended = main(["up"], node.io);
    await node.wrote('"event":"ended"');
  });

  after(async () => {
    node.signal("SIGTERM");
    node.signal("SIGTERM");
    await ended;
    await rm(cwd, { recursive: true });
  });

  it("tasks: lists each with its next and its last run", async () => {
    const { code, stdout } = await ask("tasks");
    assert.equal(code, 0);
    assert.match(stdout, /^TASK +WHEN +NEXT +LAST RUN\n/);
    assert.match(stdout, /\nnightly +.*02:30.* [a-z]+ \d\d\d\d-|\nnightly/);
    assert.match(stdout, /\ntalk +by hand +never\n/);
    const [first] = await json("tasks");
    assert.deepEqual(Object.keys(first), [
      "name",
      "description",
      "executor",
      "schedules",
      "pause",
      "nextDueAt",
      "lastRun",
      "source",
      "owner",
      "tags",
    ]);
  });

  it("show TASK: tells its schedules, policies and place", async () => {
    const { stdout } = await ask("show", "nightly");
    assert.match(stdout, /\nlate +.*02:30/);
    assert.match(stdout, /\nsource +belfry\.yaml:\d+\n/);
    assert.match(stdout, /• Up to 3 attempts/);
    assert.match(stdout, /\nheartbeat +healthchecks at a URL that is a secret\n/);
    const view = await json("show", "nightly");
    assert.equal(view.policies.retry.attempts, 3);
    assert.deepEqual(view.heartbeat, { kind: "healthchecks", host: null });
    assert.equal(view.policyWords.length > 4, true);
    assert.deepEqual(
      view.schedules.map(({ key }: { key: string }) => key),
      ["late", "noon"],
    );
  });

  it("run: prints the id of what it made", async () => {
    const { code, stdout } = await ask("run", "talk", "--payload", '{"a": 1}');
    assert.equal(code, 0);
    assert.match(stdout, /^[0-9a-f-]{36}\n$/);
  });

  it("run --wait: follows the log, stderr to stderr, and exits as the run ended", async () => {
    const talk = await ask("run", "talk", "--wait", "--payload", '{"a": 1}');
    assert.equal(talk.code, 0);
    assert.equal(talk.stdout, 'out\n\\x1b[2Jsteer\n{"a": 1}\n');
    assert.match(talk.stderr, /^err\n/m);
    assert.match(talk.stderr, /✓ talk succeeded in/);

    const fails = await ask("run", "fails", "--wait", "--json");
    assert.equal(fails.code, 1);
    assert.match(fails.stderr, /^broken\n/m);
    const run = JSON.parse(fails.stdout);
    assert.equal(run.state, "failed");
    assert.equal(run.trigger.kind, "manual");

    assert.equal((await ask("run", "slow", "--wait")).code, 124);
  });

  it("run: the same idempotency key answers the same run, and another payload is a conflict", async () => {
    const first = await ask("run", "talk", "--idempotency-key", "k", "--payload", "1");
    const again = await ask("run", "talk", "--idempotency-key", "k", "--payload", "1");
    assert.equal(again.stdout, first.stdout);
    assert.match(again.stderr, /has made this run before/);
    const other = await ask("run", "talk", "--idempotency-key", "k", "--payload", "2");
    assert.equal(other.code, 5);
    assert.equal((await ask("run", "talk", "--payload", "{")).code, 2);
  });

  it("logs: prints the output; at a terminal nothing in it steers", async () => {
    await ask("run", "talk", "--wait");
    const plain = await ask("logs", "talk@latest");
    assert.match(plain.stdout, /\\x1b\[2Jsteer/);
    assert.match(plain.stderr, /^err\n/);
    const shown = await belfry(["logs", "talk@latest"], { cwd, terminal: 80 });
    assert.match(shown.stdout, /\\x1b\[2Jsteer/);
    const lines = await json("logs", "talk@latest");
    assert.deepEqual(Object.keys(lines[0]), ["at", "attempt", "stream", "level", "text", "fields"]);
    const followed = await ask("logs", "talk@latest", "--follow", "--json");
    const each = followed.stdout.trimEnd().split("\n");
    assert.deepEqual(
      each.map((line) => JSON.parse(line)),
      lines,
    );
  });

  it("runs: lists newest first, narrowed as asked", async () => {
    const { stdout } = await ask("runs", "--state", "failed");
    assert.match(stdout, /^TASK +RUN +STATE +DUE +AGE +TOOK +WHY\n/);
    assert.match(stdout, /fails +[0-9a-f-]{23} +failed .*exhausted/);
    const ticks = await json("runs", "--task", "tick", "--from", "1h", "--limit", "2");
    assert.equal(ticks.length, 2);
    assert.equal(ticks[0].dueAt > ticks[1].dueAt, true);
    assert.match((await ask("runs", "--task", "nightly")).stderr, /has not run yet/);
    assert.equal((await ask("runs", "--state", "faild")).code, 2);
  });

  it("show RUN: takes an occurrence, the beginning of an id, or @latest", async () => {
    const [tick] = await json("runs", "--task", "tick", "--state", "succeeded", "--limit", "1");
    for (const name of [`tick@${tick.dueAt}`, tick.id, tick.id.slice(0, 23)]) {
      assert.equal((await json("show", name)).id, tick.id);
    }
    const failed = await json("show", "fails@latest");
    assert.equal(failed.attempts[0].exitCode, 3);
    const { stdout } = await ask("show", "fails@latest");
    assert.match(stdout, /ATTEMPT +OUTCOME +STARTED +TOOK +EXIT/);
  });

  it("a task that could not be loaded is not there, and doctor is said to know why", async () => {
    for (const verb of ["run", "show", "why"]) {
      const { code, stderr } = await ask(verb, "bad");
      assert.equal(code, 3, verb);
      assert.match(
        stderr,
        /There is no task bad\..*`belfry doctor` names what could not be loaded/s,
      );
    }
  });

  it("what is not there is 3, and says what there is", async () => {
    const task = await ask("show", "tik");
    assert.equal(task.code, 3);
    assert.match(task.stderr, /Did you mean tick\?/);
    const run = await ask("show", "tick@2001-01-01T00:00Z", "--json");
    assert.equal(run.code, 3);
    assert.equal(JSON.parse(run.stderr).error.code, "unknown-run");
  });

  it("alerts: lists what is wrong, why, and who was told", async () => {
    const { code, stdout } = await ask("alerts", "--task", "fails");
    assert.equal(code, 0);
    assert.match(stdout, /^TASK +STATE +SINCE +LASTED +COUNT +WHY +TOLD\n/);
    assert.match(stdout, /\nfails +open +.* 1 +exhausted: .* nobody\n/);
    const [incident] = await json("alerts", "--task", "fails", "--open");
    const { kind, task, state, failed, reason, alerts } = incident;
    assert.deepEqual(
      { kind, task, state, failed, reason, alerts },
      { kind: "task", task: "fails", state: "open", failed: 1, reason: "exhausted", alerts: [] },
    );
    const none = await ask("alerts", "--task", "talk");
    assert.equal(none.stdout, "");
    assert.match(none.stderr, /Nothing has gone wrong.*declare channels/s);
    assert.match((await ask("show", "fails")).stdout, /\nincident +open since .*: 1 run failed\n/);
  });

  it("why: one cause, its evidence, the command that lifts it", async () => {
    const { code, stdout } = await ask("why", "fails@latest");
    assert.equal(code, 0);
    assert.match(stdout, /→ belfry replay /);
    assert.doesNotMatch(stdout, /[{}]/);
    assert.match(stdout, /\nendedAt +\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? (GMT|BST)\n/);
    assert.match((await ask("why", "nightly")).stdout, /next at \S+ (12:00|02:30) (GMT|BST)\.\n/);
    const [remedy] = (await json("why", "fails")).remedy;
    assert.match(remedy, /^belfry why [0-9a-f-]{36}$/);
    const view = await json("why", "nightly");
    assert.deepEqual(Object.keys(view), ["subject", "cause", "sentence", "evidence", "remedy"]);
    assert.equal(view.cause, "not-due");
  });

  it("replay: makes a new run that points at the old", async () => {
    const { stdout } = await ask("replay", "fails@latest");
    const replay = await json("show", stdout.trim());
    assert.equal(replay.trigger.kind, "replay");
    assert.match(replay.replayOf, /^[0-9a-f-]{36}$/);
  });

  it("cancel: asks a running run to end, and an ended one is a conflict", async () => {
    const run = (await ask("run", "long")).stdout.trim();
    await poll(async () => (await json("show", run)).state === "running");
    const { code, stdout } = await ask("cancel", run);
    assert.equal(code, 0);
    assert.match(stdout, /was asked to end by .+@.+/);
    await poll(async () => (await json("show", run)).state === "cancelled");
    assert.equal((await ask("cancel", run)).code, 5);
  });

  it("pause and resume: hold a task, say why and until when, and what is set free", async () => {
    const paused = await ask("pause", "talk", "--until", "2h", "--reason", "maintenance");
    assert.match(paused.stdout, /talk is paused by .*, until .*\(in 2 h\)/);
    assert.equal((await json("show", "talk")).pause.reason, "maintenance");
    assert.match((await ask("tasks")).stdout, /talk +by hand +paused/);
    assert.equal((await ask("run", "talk")).code, 5);
    assert.equal((await ask("pause", "talk", "--until", "2001-01-01")).code, 2);
    const resumed = await ask("resume", "talk");
    assert.match(resumed.stdout, /talk is no longer paused/);
    assert.equal((await ask("resume", "talk")).code, 5);
  });

  it("did: occurrence by occurrence, 0 where all succeeded", async () => {
    const good = await ask("did", "nightly", "--on", "2001-01-01");
    assert.equal(good.code, 0);
    assert.match(good.stdout, /nothing was due/);
    const view = await json("did", "tick", "--from", "1m");
    assert.equal(view.due >= view.succeeded, true);
    const [first] = view.occurrences;
    assert.deepEqual([first.state, first.schedule, first.replayOf], ["succeeded", "default", null]);
    const { stdout } = await ask("did", "tick", "--from", "1m");
    const [, name = ""] = / (tick@\S+Z)/.exec(stdout) ?? [];
    assert.equal((await json("show", name)).task, "tick");
    assert.equal((await ask("did")).code, 2);
    assert.equal((await ask("did", "tick", "--all")).code, 2);
    assert.equal((await json("did", "--all")).length, 6);
  });

  it("nodes: who is alive", async () => {
    const [alive] = await json("nodes");
    assert.equal(alive.state, "alive");
    assert.match((await ask("nodes")).stdout, /alive +in \d+ s +\d+ of 50/);
  });

  it("doctor: names the task file's mistake, with how to mend it, and exits 1", async () => {
    const { code, stdout } = await ask("doctor");
    assert.equal(code, 1);
    assert.match(stdout, /✗ task files +belfry\.yaml:\d+: bad\.schedule: minute "61"/);
    assert.match(stdout, /✓ nodes +1 node alive/);
    assert.match(stdout, /! watched by +Nobody outside watches this node/);
    assert.match(stdout, /nightly\.heartbeat: cannot be sent: secret HC_URL is not set/);
  });

  it("doctor, runs: count failed runs that nobody replayed, and list them", async () => {
    await ask("run", "fails", "--wait", "--quiet");
    const findings: { check: string; message: string }[] = await json("doctor");
    const dead = findings.find(({ check }) => check === "dead letters");
    const [newest, ...others]: { id: string; task: string }[] = await json("runs", "--unresolved");
    assert.equal(newest?.task, "fails");
    assert.match(
      dead?.message ?? "",
      new RegExp(`^${others.length + 1} failed run.* of fails, due`),
    );
    await ask("replay", newest?.id ?? "");
    const left: { id: string }[] = await json("runs", "--unresolved");
    assert.ok(left.every(({ id }) => id !== newest?.id));
    const other = await ask("runs", "--unresolved", "--state", "succeeded");
    assert.deepEqual([other.code, other.stdout], [2, ""]);
    assert.match(other.stderr, /--unresolved is about failed runs\.\s+Leave out --state/);
  });

  it("doctor: shows where a name is refused, since another source had it first", async () => {
    const other = await mkdtemp(join(tmpdir(), "belfry-other-"));
    await writeFile(
      join(other, "belfry.yaml"),
      "name: office\ntasks: { talk: { shell: 'true' } }\n",
    );
    const store = ["--store", `sqlite:${cwd}/.belfry/belfry.db`];
    const { code, stdout } = await belfry(["doctor", ...store], { cwd: other });
    await rm(other, { recursive: true });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /talk of office is refused: the source \S+ has a task of this name \(its belfry\.yaml:\d+\)/,
    );
  });

  it("up: what happened was told as JSON lines", () => {
    const lines = node.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const { at, level, event } of lines) {
      assert.match(at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assert.match(level, /^(info|warn|error)$/);
      assert.equal(typeof event, "string");
    }
    assert.deepEqual(lines.find(({ event }) => event === "up").tasks, [
      "fails",
      "long",
      "nightly",
      "slow",
      "talk",
      "tick",
    ]);
    const problem = lines.find(({ path }) => path === "bad.schedule");
    assert.equal(problem.level, "error");
    assert.equal(typeof problem.line, "number");
  });

  it("up: stops in order when asked, and exits 0", async () => {
    node.signal("SIGTERM");
    assert.equal(await ended, 0);
    assert.match(node.stdout, /"event":"down"/);
  });

  it("with nobody alive, what should run says so, and --wait runs it here", async () => {
    assert.match((await ask("nodes")).stderr, /No node is alive.*belfry up/);
    assert.match(
      (await ask("tasks")).stderr,
      /^No node is alive, so nothing runs: `belfry up`\.\n$/,
    );
    const left = await ask("run", "fails");
    assert.equal(left.code, 0);
    assert.match(left.stderr, /No live node has the code of fails/);
    const here = await belfry(["run", "talk", "--wait"], { cwd });
    assert.equal(here.code, 0);
    assert.match(here.stdout, /^out\n/);
    assert.match(here.stderr, /it is run here/);
    const other = await mkdtemp(join(tmpdir(), "belfry-other-"));
    const away = await belfry(
      ["run", "talk", "--wait", "--store", `sqlite:${cwd}/.belfry/belfry.db`],
      {
        cwd: other,
      },
    );
    await rm(other, { recursive: true });
    assert.equal(away.code, 5);
    assert.match(away.stderr, /code of talk cannot be loaded here either/);
    await poll(async () => (await ask("did", "tick", "--from", "1m")).code === 1);
  });
});

describe("a folder without a store", () => {
  it("is told of, and is not given one by a question", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "belfry-none-"));
    try {
      for (const verb of [["tasks"], ["runs"], ["nodes"], ["show", "x"], ["did", "--all"]]) {
        const { code, stderr } = await belfry(verb, { cwd });
        assert.equal(code, 69);
        assert.match(stderr, /There is no store at .*belfry up/s);
      }
      const up = await belfry(["up"], { cwd });
      assert.equal(up.code, 2);
      assert.match(up.stderr, /belfry init/);
      const doctor = await belfry(["doctor"], { cwd });
      assert.match(doctor.stdout, /! configuration/);
    } finally {
      await rm(cwd, { recursive: true });
    }
  });
});

async function poll(done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await done())) {
    assert.ok(Date.now() < deadline, "it did not happen within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

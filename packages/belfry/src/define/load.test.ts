import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadTasks } from "./load.ts";
import { loaded, NOW, Project } from "./project.fixture.ts";
import { task } from "./task.ts";

/** The one task of a file in YAML, indented as it stands under `tasks`. */
async function problemsOf(yaml: string): Promise<string[]> {
  const lines = yaml.split("\n").map((line) => `    ${line}`);
  const { problems } = await loaded({ "tasks/a.yaml": `tasks:\n  a:\n${lines.join("\n")}` });
  return problems;
}

describe("loading tasks", () => {
  it("finds every exported task, with the line it is declared on", async () => {
    const { tasks } = await loaded({
      "tasks/a.ts":
        'export const a = task("a", { run() {} });\n\nexport default task("b", { run() {} });',
      "tasks/deep/er/c.yaml": "tasks:\n  c:\n    command: [ls]",
      "tasks/a.test.ts": 'throw new Error("tests are passed over")',
      "tasks/node_modules/x.js": 'throw new Error("so are packages")',
    });
    assert.deepEqual(
      tasks.map(({ definition, file, line }) => [definition.task, file, line]),
      [
        ["a", "tasks/a.ts", 2],
        ["b", "tasks/a.ts", 4],
        ["c", "tasks/deep/er/c.yaml", 2],
      ],
    );
  });

  it("a task exported twice, by two names or two files, is one task", async () => {
    const { names, problems } = await loaded({
      "tasks/a.ts": 'export const a = task("a", { run() {} });\nexport { a as default };',
      "tasks/b.ts": 'export { a } from "./a.ts";',
    });
    assert.deepEqual([names, problems], [["a"], []]);
  });

  it("a factory's task stands where it was asked for", async () => {
    const { tasks } = await loaded({
      "tasks/a.ts": 'import { made } from "./made.ts";\n\nexport const a = made("a");',
      "tasks/made.ts": "export const made = (name: string) => task(name, { run() {} });",
    });
    assert.deepEqual([tasks[0]?.file, tasks[0]?.line], ["tasks/a.ts", 4]);
  });

  it("takes tasks from the configuration itself", async () => {
    await using project = await Project.create({
      "belfry.yaml": "tasks:\n  a:\n    schedule: every 6h\n    shell: ls\n  b: {}",
    });
    const { tasks, problems } = await project.load();
    assert.deepEqual(
      [tasks[0]?.definition.task, tasks[0]?.file, tasks[0]?.line],
      ["a", "belfry.yaml", 2],
    );
    assert.deepEqual(
      problems.map(({ file, line, path }) => [file, line, path]),
      [["belfry.yaml", 5, "b"]],
    );
  });

  it("takes tasks as they are from a program", async () => {
    await using project = await Project.create({});
    const config = await project.config();
    const given = task("a", { run: () => undefined });
    const sources = { ...config.tasks, tasks: [given, given] };
    const { tasks, problems } = await loadTasks({ ...config, tasks: sources }, { now: NOW });
    assert.deepEqual([tasks.length, problems], [1, []]);
    assert.equal(tasks[0]?.file, import.meta.filename);
  });

  it("commands run in the project's folder unless told, with the names of their secrets", async () => {
    const { tasks } = await loaded({
      "tasks/sub/a.yaml": `tasks:
  a: { command: [ls, -l], cwd: data, stdin: hello, env: { WORD: one, PASSWORD: { secret: PW } } }
  b: { shell: ls | wc }
  c: { shell: { line: ls, program: /bin/bash } }`,
    });
    const [a, b, c] = tasks.map(({ work }) => work);
    assert.ok(a?.kind === "command" && b?.kind === "shell" && c?.kind === "shell");
    assert.deepEqual([a.argv, a.stdin], [["ls", "-l"], "hello"]);
    assert.equal(a.cwd, `${b.cwd}/data`);
    assert.deepEqual(a.env, { WORD: "one", PASSWORD: { secret: "PW" } });
    assert.deepEqual([b.argv, b.stdin], [["/bin/sh", "-c", "ls | wc"], null]);
    assert.deepEqual(c.argv, ["/bin/bash", "-c", "ls"]);
  });
});

describe("a mistake", () => {
  it("in one file or task stops no other", async () => {
    const { names, problems } = await loaded({
      "tasks/a.ts": "export const a = task(;",
      "tasks/b.ts": 'throw new Error("no database");',
      "tasks/c.yaml": "tasks: [",
      "tasks/d.ts":
        'export const bad = task("bad", { run: 1 } as never);\nexport const good = task("good", { run() {} });',
      "tasks/e.yaml": "tasks:\n  bad2: 5\n  good2: { shell: ls }",
    });
    assert.deepEqual(names, ["good", "good2"]);
    assert.equal(problems.length, 5);
  });

  it("of syntax names file and line, in TypeScript, JavaScript and YAML", async () => {
    const { problems } = await loaded({
      "tasks/a.ts": "\nexport const a = ;",
      "tasks/b.js": "\nexport const a = ;",
      "tasks/c.yaml": "tasks:\n  a:\n    command: [a\n  b: c",
      "tasks/d.ts": 'import { nothing } from "node:fs";\nexport { nothing };',
      "tasks/e.yaml": "tasks:\n  a: { shell: ls }\n  a: { shell: ls }",
    });
    assert.deepEqual(problems, [
      "error tasks/a.ts:3: syntax error: Expression expected",
      "error tasks/b.js:2: syntax error: Unexpected token ';'",
      "error tasks/c.yaml:4: Flow sequence in block collection must be sufficiently indented and end with a ] – mend the YAML here",
      "error tasks/d.ts:2: syntax error: The requested module 'node:fs' does not provide an export named 'nothing'",
      "error tasks/e.yaml:3: Map keys must be unique – mend the YAML here",
    ]);
  });

  it("made while a file is loaded names the line that threw", async () => {
    const { problems } = await loaded({
      "tasks/a.ts": '\nthrow new Error("no database");',
      "tasks/b.ts": 'import "./missing.ts";',
      "tasks/c.ts": "\nthrow undefined;",
    });
    assert.match(
      problems[0] ?? "",
      /^error tasks\/a\.ts:3: no database – loading a task file decl/,
    );
    assert.match(problems[1] ?? "", /^error tasks\/b\.ts:2: Cannot find module '.*missing\.ts'/);
    assert.equal(problems[2], "error tasks/c.ts: threw undefined while loading");
  });

  it("two tasks of one name are both refused, and both files named", async () => {
    const { names, problems } = await loaded({
      "tasks/a.ts": 'export const a = task("backup", { run() {} });',
      "tasks/b.yaml": "tasks:\n  backup: { shell: ls }\n  other: { shell: ls }",
    });
    assert.deepEqual(names, ["other"]);
    assert.deepEqual(problems, [
      "error tasks/b.yaml:2: backup: 2 tasks have this name: tasks/a.ts:2 and tasks/b.yaml:2 – rename all but one: until then none of them is loaded",
    ]);
  });

  it("of an unknown option says which was meant", async () => {
    assert.deepEqual(await problemsOf("shell: ls\nretries: 3\nretry:\n  atempts: 3"), [
      'error tasks/a.yaml:6: a.retry.atempts: unknown option "atempts" – did you mean "attempts"?',
      'error tasks/a.yaml:4: a.retries: unknown option "retries" – did you mean "retry"?',
    ]);
  });

  for (const option of ["http", "kubernetes"]) {
    it(`${option} is an unknown option`, async () => {
      const [problem] = await problemsOf(`shell: ls\n${option}: x`);
      assert.match(problem ?? "", new RegExp(`^error tasks/a.yaml:4: a.${option}: unknown option`));
    });
  }

  it("names file and path of a channel that there is not, and the channels there are", async () => {
    const config =
      'tasks: ["tasks/*"]\nchannels: { ops: { command: [x] }, mail: { command: [x] } }';
    const { names, problems } = await loaded({
      "belfry.yaml": config,
      "tasks/a.yaml":
        "tasks:\n  a: { shell: ls, alerts: [ops, opps] }\n  b: { shell: ls, alerts: [pager] }",
      "tasks/c.ts": 'export const c = task("c", { alerts: ["mail"], run: command(["ls"]) });',
    });
    assert.deepEqual(names, ["c"]);
    assert.deepEqual(problems, [
      'error tasks/a.yaml:2: a.alerts.1: there is no channel "opps" – did you mean "ops"?',
      'error tasks/a.yaml:3: b.alerts.0: there is no channel "pager" – there are: ops, mail',
    ]);
    const none = await problemsOf("shell: ls\nalerts: [ops]");
    assert.deepEqual(none, [
      'error tasks/a.yaml:4: a.alerts.0: there is no channel "ops" – declare it under channels in the configuration',
    ]);
  });

  it("of a zone says which was meant", async () => {
    const written = 'schedule: { cron: "0 3 * * *", timeZone: Europe/Londn }\nshell: ls';
    assert.deepEqual(await problemsOf(written), [
      'error tasks/a.yaml:3: a.schedule.timeZone: unknown time zone "Europe/Londn" – did you mean Europe/London?',
    ]);
    const { problems } = await loaded({ "tasks/a.yaml": "timeZone: Mars\ntasks: {}" });
    assert.deepEqual(problems, [
      'error tasks/a.yaml:1: timeZone: unknown time zone "Mars" – use an IANA name such as Europe/London',
    ]);
  });

  it("in an expression is pointed at", async () => {
    const written = 'shell: ls\nschedule:\n  - "0 3 * * *"\n  - "0 25 * * *"';
    assert.deepEqual(await problemsOf(written), [
      'error tasks/a.yaml:6: a.schedule.1: hour "25" is out of range – write 0 to 23\n  0 25 * * *\n    ^^',
    ]);
  });

  it("in the form of a schedule says which forms there are", async () => {
    assert.deepEqual(await problemsOf("shell: ls\nschedule: 5"), [
      'error tasks/a.yaml:4: a.schedule: must be a schedule – write "0 3 * * *", "every 6h", { cron, timeZone, dialect }, { every, anchor } or { at }',
    ]);
    assert.deepEqual(await problemsOf('shell: ls\nschedules:\n  "a/b": every 6h'), [
      "error tasks/a.yaml:5: a.schedules.a/b: is not a name – a name has at most 128 letters, digits and - _ . :, and begins with a letter or a digit",
    ]);
  });

  it("of a number for a duration says what is missing", async () => {
    assert.deepEqual(
      await problemsOf("shell: ls\ntimeout: 900\ndeadline: 0s\nretry: { wait: soon }"),
      [
        'error tasks/a.yaml:6: a.retry.wait: "soon" is not a duration – write it with its unit, such as "90s", "15m", "2h" or "1d"',
        'error tasks/a.yaml:4: a.timeout: 900 is a bare number, not a duration – write it with its unit, such as "90s", "15m", "2h" or "1d"',
        'error tasks/a.yaml:5: a.deadline: must be longer than nothing – write it with its unit, such as "90s", "15m", "2h" or "1d"',
      ],
    );
  });

  it("of at-most-once with a retry is refused", async () => {
    assert.deepEqual(await problemsOf("shell: ls\ndelivery: at-most-once\nretry: 3"), [
      'error tasks/a.yaml:5: a.retry: 3 attempts contradict delivery "at-most-once" – leave retry out, or deliver "at-least-once"',
    ]);
    assert.deepEqual(await problemsOf("shell: ls\ndelivery: at-most-once\nretry: 1"), []);
  });

  it("of nothing to run, or two things, is refused", async () => {
    assert.deepEqual(await problemsOf("schedule: every 6h"), [
      "error tasks/a.yaml:2: a: says nothing to run – give it run, or in YAML command or shell",
    ]);
    assert.deepEqual(await problemsOf("shell: ls\ncommand: [ls]"), [
      "error tasks/a.yaml:2: a: says more than one thing to run – keep one of run, command and shell",
    ]);
  });

  it("in a name says the rule", async () => {
    const { problems } = await loaded({ "tasks/a.yaml": "tasks:\n  a b: { shell: ls }" });
    assert.deepEqual(problems, [
      "error tasks/a.yaml:2: a b: is not a name – a name has at most 128 letters, digits and - _ . :, and begins with a letter or a digit",
    ]);
  });

  it("in a payload says what does not fit", async () => {
    const { problems } = await loaded({
      "tasks/a.ts": `const payload = z.object({ customer: z.number() });
export const a = task("a", { payload, schedule: "0 3 * * *", run() {} } as never);
export const b = task("b", { payload, schedules: {
  one: { schedule: "0 3 * * *", payload: { customer: "7" } },
  two: { schedule: "0 4 * * *", payload: { customer: new Date(0) } } }, run() {} } as never);`,
    });
    assert.deepEqual(problems, [
      "error tasks/a.ts:3: a.schedule: brings no payload, and the task requires one – write schedules: { name: { schedule, payload } }",
      "error tasks/a.ts:4: b.schedules.one.payload.customer: does not fit the task's schema: Invalid input: expected number, received string",
      "error tasks/a.ts:4: b.schedules.two.payload: does not survive JSON – use text, numbers, true, false, null, lists and maps of them",
    ]);
  });

  it("that only may be one is a warning", async () => {
    const { names, problems } = await loaded({
      "belfry.yaml": 'tasks: ["tasks/*", "jobs/*.ts"]',
      "tasks/a.yaml": "tasks:\n  a: { shell: ls, schedule: at 2020-01-01T09:00 }",
      "tasks/b.mjs": "globalThis.forgotten = true;",
    });
    assert.deepEqual(names, ["a"]);
    assert.deepEqual(
      problems.map((problem) => problem.replace(/\/tmp\S*\//, "")),
      [
        'warning belfry.yaml: tasks: no file matches "jobs/*.ts"',
        "warning tasks/b.mjs: exports nothing – export the tasks that it declares",
        'warning tasks/a.yaml:2: a.schedule: "2020-01-01T09:00" has passed: it will not run – remove the schedule',
      ],
    );
  });
});

describe("what is secret", () => {
  it("is in no definition and no problem", async () => {
    const { tasks, problems } = await loaded({
      "tasks/a.ts": `export const a = task("a", {
  run: command(["login", "hunter2-argv"], { env: { A: "hunter2", B: secret("B") }, stdin: "hunter2" }) });
export const b = task("b", { env: { A: ["hunter2"], B: { secret: { hunter2: 1 } } }, command: "hunter2", stdin: ["hunter2"],
  cwd: { x: "hunter2" } } as never);`,
      "tasks/b.yaml": "tasks:\n  c:\n    shell: ls\n    env: { A: hunter2: b }",
      "tasks/c.ts": "const hunter2 = ;",
    });
    const stored = JSON.stringify(tasks.map(({ definition }) => definition));
    assert.doesNotMatch(stored, /hunter2/);
    assert.ok(problems.length >= 5);
    for (const problem of problems) assert.doesNotMatch(problem, /hunter2/);
  });
});

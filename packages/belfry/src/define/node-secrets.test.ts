import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Redactor } from "../core/redactor.ts";
import { configSecrets, exposedSecrets, NodeSecrets, taskSecrets } from "./node-secrets.ts";
import { Project } from "./project.fixture.ts";

const YAML = `tasks:
  a:
    command: [tool, --key=hunter2]
    env: { WORD: one, PASSWORD: { secret: PW } }
    stdin: { secret: IN }
  b: { shell: echo }`;

function secretsOf(environment: Record<string, string>): {
  secrets: NodeSecrets;
  redactor: Redactor;
  short: string[];
} {
  const redactor = new Redactor();
  const short: string[] = [];
  const secrets = new NodeSecrets(environment, redactor, ({ message }) => short.push(message));
  return { secrets, redactor, short };
}

describe("a node's secrets", () => {
  it("are hidden from the moment they are read, the old one still when a file is replaced", async () => {
    await using project = await Project.create({ pw: "first\n" });
    const file = join(project.folder, "pw");
    const { secrets, redactor } = secretsOf({ PW_FILE: file });
    assert.equal(secrets.read("PW"), "first");
    writeFileSync(file, "second\n");
    assert.equal(secrets.read("PW"), "second");
    assert.equal(redactor.text("first second"), "[secret PW] [secret PW]");
  });

  it("that tasks name are known before anything runs, and missing ones stop nothing", async () => {
    await using project = await Project.create({ "belfry.yaml": YAML });
    const { tasks } = await project.load();
    const names = taskSecrets(tasks);
    assert.deepEqual(names, ["PW", "IN"]);
    const { secrets, redactor } = secretsOf({ PW: "hunter2" });
    secrets.learn(names);
    assert.equal(redactor.text("hunter2"), "[secret PW]");
    assert.throws(() => secrets.read("IN"), { code: "missing-secret" });
  });

  it("that are too short to be hidden are told, once each", () => {
    const { secrets, short } = secretsOf({ PIN: "123" });
    secrets.learn(["PIN", "PIN"]);
    assert.deepEqual(short, [
      "The secret PIN has fewer than 4 characters, so it is not taken out of what tasks say.",
    ]);
  });

  it("are those of channels, mail servers and heartbeats too", async () => {
    await using project = await Project.create({
      "belfry.yaml": `channels: { ops: { webhook: { url: { secret: URL }, secret: { secret: KEY } } } }
smtp: { host: mail, user: me, password: { secret: MAIL } }
node: { heartbeat: { secret: ALIVE } }
secrets: [OWN]
tasks: { a: { command: [tool], heartbeat: { secret: PING } } }`,
    });
    const names = configSecrets(await project.config());
    assert.deepEqual(names, ["OWN", "URL", "KEY", "MAIL", "ALIVE"]);
    assert.deepEqual(taskSecrets((await project.load()).tasks), ["PING"]);
  });

  it("that stand in a command's arguments are told, without their values", async () => {
    await using project = await Project.create({ "belfry.yaml": YAML });
    const { tasks } = await project.load();
    const { secrets, redactor } = secretsOf({ PW: "hunter2" });
    assert.deepEqual(exposedSecrets(tasks, redactor), []);
    secrets.learn(["PW"]);
    const [problem, ...more] = exposedSecrets(tasks, redactor);
    assert.deepEqual([problem?.path, problem?.severity, more], ["a.command", "warning", []]);
    assert.doesNotMatch(JSON.stringify(problem), /hunter2/);
  });

  it("are refused as arguments, with the place where they may stand", async () => {
    await using project = await Project.create({
      "belfry.yaml": "tasks: { a: { command: [tool, { secret: PW }] } }",
    });
    const [problem] = (await project.load()).problems;
    assert.equal(problem?.path, "a.command.1");
    assert.match(problem?.message ?? "", /is a secret, and arguments are seen by all users/);
    assert.match(problem?.hint ?? "", /env or by stdin/);
  });
});

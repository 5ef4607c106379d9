import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { BelfryError } from "../core/errors.ts";
import { loaded, Project } from "./project.fixture.ts";

const UUID = "0b8f5e8a-7d6c-4f0a-9a55-1f1f1f1f1f1f";
const URL_OF_CHECK = `https://hc-ping.com/${UUID}`;

async function problemOf(heartbeat: string): Promise<string> {
  const { problems } = await loaded({
    "tasks/a.yaml": `tasks:\n  a:\n    shell: ls\n    heartbeat: ${heartbeat}`,
  });
  return problems.join("\n");
}

describe("a heartbeat", () => {
  it("is a URL, a secret, or one of them with its kind, the same in code and YAML", async () => {
    const { tasks, problems } = await loaded({
      "tasks/a.ts": `const run = () => {};
export const a1 = task("a1", { heartbeat: "${URL_OF_CHECK}", run });
export const a2 = task("a2", { heartbeat: secret("HC_URL"), run });
export const a3 = task("a3", { heartbeat: { url: secret("HC_URL"), kind: "cronitor" }, run });
export const a4 = task("a4", { heartbeat: { url: "https://example.org/x", kind: "healthchecks" }, run });`,
      "tasks/b.yaml": `tasks:
  b1: { shell: ls, heartbeat: "${URL_OF_CHECK}" }
  b2: { shell: ls, heartbeat: { secret: HC_URL } }
  b3: { shell: ls, heartbeat: { url: { secret: HC_URL }, kind: cronitor } }
  b4: { shell: ls, heartbeat: { url: https://example.org/x, kind: healthchecks } }
  b5: { shell: ls }`,
    });
    assert.deepEqual(problems, []);
    const said = [
      { kind: "healthchecks", host: "hc-ping.com" },
      { kind: null, host: null },
      { kind: "cronitor", host: null },
      { kind: "healthchecks", host: "example.org" },
    ];
    assert.deepEqual(
      tasks.map(({ definition }) => definition.watch.heartbeat),
      [...said, ...said, null],
    );
    const environment = { HC_URL: `${URL_OF_CHECK}\n` };
    assert.deepEqual(
      tasks.map(({ heartbeat }) => {
        const address = heartbeat?.resolve(environment);
        return address === undefined ? null : [address.kind, address.url.href];
      }),
      [
        ["healthchecks", URL_OF_CHECK],
        ["healthchecks", URL_OF_CHECK],
        ["cronitor", URL_OF_CHECK],
        ["healthchecks", "https://example.org/x"],
        ["healthchecks", URL_OF_CHECK],
        ["healthchecks", URL_OF_CHECK],
        ["cronitor", URL_OF_CHECK],
        ["healthchecks", "https://example.org/x"],
        null,
      ],
    );
  });

  it("keeps its URL out of all that prints, stores or hashes a task", async () => {
    const { tasks } = await loaded({
      "tasks/a.yaml": `tasks:\n  a: { shell: ls, heartbeat: "${URL_OF_CHECK}" }`,
    });
    const printed = inspect(tasks, { depth: null, showHidden: true }) + JSON.stringify(tasks);
    assert.equal(printed.includes(UUID), false);
    assert.match(printed, /hc-ping\.com/);
  });

  it("is named by its place where it is wrong, without being repeated", async () => {
    for (const [written, said] of [
      [`"hc-ping.com/${UUID}"`, "is not a URL"],
      [`"ftp://hc-ping.com/${UUID}"`, "must begin with https:// or http://"],
      [`"https://me:pw@hc-ping.com/${UUID}"`, "has a user or a password in it"],
      [`{ url: "hc-ping.com/${UUID}", kind: plain }`, "is not a URL"],
      [`{ url: "${URL_OF_CHECK}" }`, "kind: "],
      [`{ url: "${URL_OF_CHECK}", kind: healthcheck }`, 'did you mean "healthchecks"?'],
      ["7", "must be a URL, the name of a secret, or { url, kind }"],
      ["{ secret: '' }", "must be the name of an environment variable"],
    ] as const) {
      const problem = await problemOf(written);
      assert.match(problem, /^error tasks\/a\.yaml:4: a\.heartbeat/);
      assert.ok(problem.includes(said), problem);
      assert.equal(problem.includes(UUID), false, problem);
    }
  });

  it("whose secret is not set, or is no URL, says which secret and not what it holds", async () => {
    const { tasks } = await loaded({
      "tasks/a.yaml": "tasks:\n  a: { shell: ls, heartbeat: { secret: HC_URL } }",
    });
    const resolve = (environment: Record<string, string>) => () =>
      tasks[0]?.heartbeat?.resolve(environment);
    assert.throws(resolve({}), /secret HC_URL is not set/);
    const thrown = (error: unknown): boolean =>
      error instanceof BelfryError &&
      error.message === "secret HC_URL is not a URL" &&
      !inspect(error).includes(UUID);
    assert.throws(resolve({ HC_URL: `hc-ping.com/${UUID}` }), thrown);
  });

  it("of the node stands in the configuration, in the same forms", async () => {
    await using project = await Project.create({
      "belfry.yaml": `node: { heartbeat: { secret: NODE_URL } }`,
    });
    const { heartbeat } = (await project.config()).node;
    assert.deepEqual([heartbeat?.kind, heartbeat?.host], [null, null]);
    const address = heartbeat?.resolve({ NODE_URL: "https://cronitor.link/p/k/node" });
    assert.equal(address?.kind, "cronitor");
    await project.write("belfry.yaml", `node: { heartbeat: "x/${UUID}" }`);
    await assert.rejects(project.config(), (error) => {
      assert.ok(error instanceof BelfryError);
      assert.match(error.message, /node\.heartbeat: is not a URL/);
      return !inspect(error).includes(UUID);
    });
  });
});

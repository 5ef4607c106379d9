import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { BelfryError } from "../core/errors.ts";
import { Project } from "./project.fixture.ts";
import { sqliteAddress } from "./store-address.ts";

const module = JSON.stringify(`${import.meta.dirname}/config.ts`);

/** What a refusal says, with its place and its hint. */
async function refusal(promise: Promise<unknown>, project: Project): Promise<string> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BelfryError, `not refused: ${String(thrown)}`);
  assert.equal(thrown.kind, "usage");
  const place = thrown.file === null ? "" : `${thrown.file}:${thrown.line ?? "-"}: `;
  const said = `${place}${thrown.message}${thrown.hint === null ? "" : ` – ${thrown.hint}`}`;
  return said.replaceAll(`${project.folder}/`, "").replaceAll(project.folder, "PROJECT");
}

describe("a configuration", () => {
  it("need not be there", async () => {
    await using project = await Project.create({});
    const { tasks, ...config } = await project.config();
    assert.deepEqual(tasks.globs, []);
    assert.deepEqual(config, {
      folder: project.folder,
      file: null,
      name: basename(project.folder),
      store: sqliteAddress(`${project.folder}/.belfry/belfry.db`),
      timeZone: "UTC",
      defaults: {},
      calendars: {},
      channels: new Map(),
      smtp: null,
      alerts: [],
      retention: { historyMs: 90 * 86_400_000, logsMs: 14 * 86_400_000 },
      node: {
        concurrency: 50,
        tags: [],
        graceMs: 25_000,
        leaseMs: 30_000,
        heartbeat: null,
        http: { host: "127.0.0.1", port: 7411 },
      },
      log: { level: "info", format: null, output: "no" },
      secrets: [],
    });
  });

  it("is looked for upward, and paths are relative to it", async () => {
    await using project = await Project.create({
      "belfry.config.ts": `import { defineConfig } from ${module};
export default defineConfig({ store: "sqlite:data/x.db", node: { concurrency: 2, tags: ["gpu", "eu", "gpu"], grace: "5s" } });`,
      "deep/er/file": "",
    });
    const config = await project.config({ in: "deep/er" });
    assert.equal(config.file, `${project.folder}/belfry.config.ts`);
    assert.equal(config.store.shown, `${project.folder}/data/x.db`);
    assert.deepEqual(config.node, {
      concurrency: 2,
      tags: ["eu", "gpu"],
      graceMs: 5_000,
      leaseMs: 30_000,
      heartbeat: null,
      http: { host: "127.0.0.1", port: 7411 },
    });
  });

  it("is the one that BELFRY_CONFIG or, before it, --config names", async () => {
    await using project = await Project.create({
      "belfry.yaml": "name: found",
      "a/one.yaml": "name: variable",
      "two.yaml": "name: flag",
    });
    const environment = { BELFRY_CONFIG: "one.yaml" };
    assert.equal((await project.config({ in: "a" })).name, "found");
    assert.equal((await project.config({ in: "a", environment })).name, "variable");
    const flags = { config: "../two.yaml" };
    assert.equal((await project.config({ in: "a", environment, flags })).name, "flag");
  });

  it("has the name of package.json, of the nearest one that has a name", async () => {
    await using project = await Project.create({
      "package.json": '{ "name": "@acme/app" }',
      "a/package.json": "{}",
      "a/belfry.yaml": "",
    });
    assert.equal((await project.config({ in: "a" })).name, "@acme/app");
  });

  it("gives way to the environment, and that to flags", async () => {
    await using project = await Project.create({
      "belfry.yaml": "timeZone: Europe/London\nstore: sqlite:file.db",
      "a/url": "sqlite:secret.db\n",
    });
    const from = { in: "a", environment: {} };
    const file = await project.config(from);
    assert.deepEqual(
      [file.timeZone, file.store.shown],
      ["Europe/London", `${project.folder}/file.db`],
    );
    const environment = {
      BELFRY_TIME_ZONE: "europe/paris",
      BELFRY_DATABASE_URL_FILE: `${project.folder}/a/url`,
      BELFRY_LOG_LEVEL: "warn",
      BELFRY_LOG_FORMAT: "json",
      BELFRY_LOG_OUTPUT: "yes",
      BELFRY_HTTP: "[::1]:8000",
      BELFRY_TAGS: "gpu, eu gpu",
    };
    const variables = await project.config({ ...from, environment });
    assert.equal(variables.timeZone, "Europe/Paris");
    assert.equal(variables.store.shown, `${project.folder}/secret.db`);
    assert.deepEqual(variables.log, { level: "warn", format: "json", output: "yes" });
    assert.deepEqual(variables.node.http, { host: "::1", port: 8000 });
    assert.deepEqual(variables.node.tags, ["eu", "gpu"]);
    await assert.rejects(project.config({ ...from, environment: { BELFRY_TAGS: "eu,-x" } }), {
      code: "bad-setting",
      message: /^BELFRY_TAGS: .*is no tag of a node/,
    });
    const flags = {
      timeZone: "Asia/Tokyo",
      store: "sqlite:flag.db",
      logLevel: "debug",
      logFormat: "pretty",
    };
    const flagged = await project.config({ ...from, environment, flags });
    assert.equal(flagged.timeZone, "Asia/Tokyo");
    assert.equal(flagged.store.shown, `${project.folder}/a/flag.db`);
    assert.deepEqual(flagged.log, { level: "debug", format: "pretty", output: "yes" });
  });

  it("refuses alerts to a channel that it does not declare", async () => {
    const yaml = "channels: { ops: { command: [x] } }\nalerts: [ops, op]";
    await using project = await Project.create({ "belfry.yaml": yaml });
    await assert.rejects(project.config(), (thrown) => {
      assert.ok(thrown instanceof BelfryError);
      assert.deepEqual([thrown.code, thrown.line], ["bad-config", 2]);
      assert.equal(thrown.message, 'alerts.1: there is no channel "op"');
      assert.equal(thrown.hint, "there are: ops");
      return true;
    });
  });

  it("takes an empty variable for none", async () => {
    await using project = await Project.create({ "belfry.yaml": "timeZone: Europe/London" });
    const environment = { BELFRY_TIME_ZONE: "", BELFRY_DATABASE_URL: "", BELFRY_LOG_LEVEL: "" };
    const config = await project.config({ environment });
    assert.deepEqual([config.timeZone, config.log.level], ["Europe/London", "info"]);
  });

  it("may take the store from a secret", async () => {
    await using project = await Project.create({
      "belfry.yaml": "store: { secret: DATABASE_URL }",
    });
    const environment = { DATABASE_URL: "sqlite:/data/x.db" };
    assert.equal((await project.config({ environment })).store.shown, "/data/x.db");
    assert.equal(
      await refusal(project.config(), project),
      "secret DATABASE_URL is not set – set DATABASE_URL, or DATABASE_URL_FILE to a file that holds it",
    );
  });
});

describe("a mistake in the configuration", () => {
  const refused = async (content: string, file = "belfry.yaml"): Promise<string> => {
    await using project = await Project.create({ [file]: content });
    return refusal(project.config(), project);
  };

  it("is named with its line and what was meant", async () => {
    assert.equal(
      await refused("name: x\ntimezone: UTC"),
      'belfry.yaml:2: timezone: unknown option "timezone" – did you mean "timeZone"?',
    );
    assert.equal(
      await refused("node: { concurency: 5 }"),
      'belfry.yaml:1: node.concurency: unknown option "concurency" – did you mean "concurrency"?',
    );
    assert.match(
      await refused("name: x\naudit: y"),
      /^belfry.yaml:2: audit: unknown option "audit"/,
    );
    assert.match(
      await refused("node: { http: y }"),
      /^belfry.yaml:1: node.http: is no address – write HOST:PORT/,
    );
    assert.match(
      await refused("retention:\n  logs: 14"),
      /^belfry.yaml:2: retention.logs: 14 is a /,
    );
    assert.match(
      await refused("defaults:\n  retry: 0"),
      /^belfry.yaml:2: defaults.retry: must be a/,
    );
    assert.match(await refused("tasks: 5"), /tasks: must be a list of globs, or a map of tasks$/);
    assert.match(await refused("tasks: [5]"), /tasks.0: must be a glob or a task/);
  });

  it("is told with all the others", async () => {
    assert.equal(
      await refused("a: 1\ntimeZone: Mars"),
      `belfry.yaml:2: the configuration has 2 mistakes
line 2: timeZone: unknown time zone "Mars" – use an IANA name such as Europe/London
line 1: a: unknown option "a" – there are: timeZone, defaults, tasks, store, calendars, channels, smtp, alerts, retention, secrets, node, name`,
    );
  });

  it("of syntax is named with its line", async () => {
    assert.match(await refused("name: x\nname: y"), /^belfry.yaml:2: Map keys must be unique/);
    const file = "belfry.config.ts";
    assert.match(await refused("\nexport default {;", file), /^belfry.config.ts:2: syntax error: /);
    assert.equal(
      await refused("export const config = {};", file),
      "belfry.config.ts:-: has no default export – write export default defineConfig({ … })",
    );
  });

  it("of having two of them is refused", async () => {
    await using project = await Project.create({ "belfry.yaml": "", "belfry.config.js": "" });
    assert.equal(
      await refusal(project.config(), project),
      "PROJECT has both belfry.config.js and belfry.yaml – keep one, or say --config FILE",
    );
  });

  it("of naming one that is not there is refused", async () => {
    await using project = await Project.create({});
    assert.equal(
      await refusal(project.config({ flags: { config: "x.yaml" } }), project),
      "x.yaml:-: there is no x.yaml – name another with --config, or run belfry init",
    );
  });

  it("of a store never shows the URL, which may hold a password", async () => {
    await using project = await Project.create({});
    const hint =
      " – write sqlite: and the path of a file, such as sqlite:.belfry/belfry.db, " +
      "or postgres://USER:PASSWORD@HOST/DATABASE";
    const of = (store: string) => refusal(project.config({ flags: { store } }), project);
    assert.equal(await of("mysql://u:pw@h/d"), `there is no store of the kind "mysql"${hint}`);
    assert.equal(await of("belfry.db"), `the store is not a URL${hint}`);
    assert.equal(await of("sqlite:"), `the store's URL names no file${hint}`);
  });

  it("of a flag or a variable names it", async () => {
    await using project = await Project.create({});
    assert.equal(
      await refusal(project.config({ flags: { logLevel: "loud" } }), project),
      '--log-level: must be "debug", "info", "warn" or "error"',
    );
    const environment = { BELFRY_TIME_ZONE: "Europe/Londn" };
    assert.equal(
      await refusal(project.config({ environment }), project),
      'BELFRY_TIME_ZONE: unknown time zone "Europe/Londn" – did you mean Europe/London?',
    );
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BelfryError } from "../core/errors.ts";
import { resolveChannel } from "./channels.ts";
import { Project } from "./project.fixture.ts";
import { resolveSmtp } from "./smtp.ts";

const HERE = JSON.stringify(`${import.meta.dirname}/config.ts`);
const SECRET = JSON.stringify(`${import.meta.dirname}/secret.ts`);

const environment = {
  OPS_URL: "https://hooks.example.org/T0KEN",
  OPS_KEY: "signing",
  SMTP_URL: "smtps://bot%40x.org:p%2Fss@mail.example.org",
  SMTP_PASSWORD: "word",
  BAD: "not a URL T0KEN",
};

/** What each channel comes to, or why it does not. */
async function channelsOf(files: Record<string, string>): Promise<Record<string, unknown>> {
  await using project = await Project.create(files);
  const { channels } = await project.config();
  const all = [...channels].map(([name, written]) => {
    try {
      const settings = resolveChannel(written, environment, "/project");
      return [name, JSON.parse(JSON.stringify(settings))];
    } catch (thrown) {
      assert.ok(thrown instanceof BelfryError);
      return [name, `${thrown.message} – ${thrown.hint}`];
    }
  });
  return Object.fromEntries(all);
}

async function refusal(yaml: string): Promise<string> {
  await using project = await Project.create({ "belfry.yaml": yaml });
  const thrown: unknown = await project.config().then(
    () => assert.fail("it was taken"),
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BelfryError);
  return thrown.hint === null ? thrown.message : `${thrown.message} – ${thrown.hint}`;
}

const SETTINGS = {
  ops: { kind: "webhook", url: environment.OPS_URL, secret: null },
  plain: { kind: "webhook", url: "http://10.0.0.1:8080/x", secret: null },
  signed: { kind: "webhook", url: environment.OPS_URL, secret: "signing" },
  mail: { kind: "email", to: ["ops@example.org"], from: null },
  both: { kind: "email", to: ["a@b.c", "root"], from: "Belfry <b@b.c>" },
  pager: { kind: "command", argv: ["notify", "--now"], cwd: "/project" },
};

describe("channels", () => {
  it("say the same in TypeScript and in YAML", async () => {
    const code = await channelsOf({
      "belfry.config.ts": `import { defineConfig } from ${HERE}; import { secret } from ${SECRET};
export default defineConfig({ channels: {
  ops: { webhook: secret("OPS_URL") },
  plain: { webhook: "http://10.0.0.1:8080/x" },
  signed: { webhook: { url: secret("OPS_URL"), secret: secret("OPS_KEY") } },
  mail: { email: { to: "ops@example.org" } },
  both: { email: { to: ["a@b.c", "root"], from: "Belfry <b@b.c>" } },
  pager: { command: ["notify", "--now"] },
} });`,
    });
    assert.deepEqual(code, SETTINGS);
    const yaml = await channelsOf({
      "belfry.yaml": `channels:
  ops: { webhook: { secret: OPS_URL } }
  plain: { webhook: "http://10.0.0.1:8080/x" }
  signed: { webhook: { url: { secret: OPS_URL }, secret: { secret: OPS_KEY } } }
  mail: { email: { to: ops@example.org } }
  both: { email: { to: [a@b.c, root], from: Belfry <b@b.c> } }
  pager: { command: [notify, --now] }
`,
    });
    assert.deepEqual(yaml, SETTINGS);
  });

  it("whose secret is not here, or is no URL, say so without it", async () => {
    const said = await channelsOf({
      "belfry.yaml":
        "channels: { a: { webhook: { secret: NONE } }, b: { webhook: { secret: BAD } }, " +
        "c: { webhook: { secret: OPS_URL } } }",
    });
    assert.equal(
      said["a"],
      "secret NONE is not set – set NONE, or NONE_FILE to a file that holds it",
    );
    assert.equal(
      said["b"],
      "its secret is no http or https URL – it must begin with https:// or http://",
    );
    assert.deepEqual(said["c"], SETTINGS.ops);
  });

  const mistakes: Readonly<Record<string, RegExp>> = {
    "channels: { ops: {} }": /^channels\.ops: says no way to tell – give it one of webhook/,
    "channels: { ops: { webhook: 'https://a.b', command: [x] } }": /says more than one way to tell/,
    "channels: { ops: { webhook: 'ftp://a.b' } }":
      /channels\.ops\.webhook: is no http or https URL/,
    "channels: { ops: { webhok: 'https://a.b' } }":
      /unknown option "webhok" – did you mean "webhook"/,
    "channels: { ops: { webhook: { url: 'https://a.b', secret: OPS_KEY } } }":
      /channels\.ops\.webhook\.secret: must be secret\(NAME\) – in YAML { secret: NAME }/,
    "channels: { ops: { email: { to: a b } } }": /channels\.ops\.email\.to: is no mail address/,
    "channels: { ops: { email: { to: [a@b.c, '-x'] } } }": /email\.to\.1: is no mail address/,
    "channels: { ops: { email: { to: a@b.c, from: 'x y' } } }": /email\.from: is no mail address/,
    "channels: { ops: { email: {} } }": /email\.to: is missing/,
    "channels: { ops: { command: notify } }": /command: must be a list: the program/,
    "channels: { ops: { command: [] } }": /command: is empty/,
    "channels: { a/b: { command: [x] } }": /is not a name/,
    "smtp: http://a.b": /^smtp: is no URL of a mail server – for example smtp:\/\//,
    "smtp: { host: a.b, prot: 1 }": /unknown option "prot" – did you mean "port"/,
    "smtp: { host: 'a b' }": /smtp\.host: is no host/,
    "smtp: { host: a.b, port: 70000 }": /smtp\.port: is no port/,
  };
  for (const [yaml, expected] of Object.entries(mistakes)) {
    it(`refuses ${yaml}`, async () => assert.match(await refusal(yaml), expected));
  }
});

describe("the server for mail", () => {
  async function server(yaml: string): Promise<unknown> {
    await using project = await Project.create({ "belfry.yaml": yaml });
    const { smtp } = await project.config();
    assert.ok(smtp !== null);
    return resolveSmtp(smtp, environment);
  }

  it("is a URL, a secret that is one, or its parts", async () => {
    const nobody = { user: null, password: null };
    assert.deepEqual(await server("smtp: smtp://ann:p%40ss@mail.example.org:2525"), {
      host: "mail.example.org",
      port: 2525,
      security: "starttls",
      user: "ann",
      password: "p@ss",
    });
    assert.deepEqual(await server("smtp: { secret: SMTP_URL }"), {
      host: "mail.example.org",
      port: 465,
      security: "tls",
      user: "bot@x.org",
      password: "p/ss",
    });
    assert.deepEqual(await server("smtp: smtp://localhost"), {
      host: "localhost",
      port: 587,
      security: "starttls",
      ...nobody,
    });
    assert.deepEqual(await server("smtp: smtp://[::1]:25"), {
      host: "::1",
      port: 25,
      security: "starttls",
      ...nobody,
    });
    const parts = "host: a.b, secure: true, user: ann, password: { secret: SMTP_PASSWORD }";
    assert.deepEqual(await server(`smtp: { ${parts} }`), {
      host: "a.b",
      port: 465,
      security: "tls",
      user: "ann",
      password: "word",
    });
  });

  it("whose secret is missing, or no URL, says so without it", async () => {
    await assert.rejects(server("smtp: { secret: NONE }"), { message: "secret NONE is not set" });
    await assert.rejects(server("smtp: { secret: BAD }"), {
      message: "it is no URL of a mail server",
    });
  });
});

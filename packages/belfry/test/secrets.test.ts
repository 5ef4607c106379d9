import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { captureIo } from "../src/cli/captured-io.fixture.ts";
import { main } from "../src/cli/main.ts";
import { systemEntropy } from "../src/clocks/system.ts";
import { Up } from "./up.fixture.ts";
import { until, World } from "./world.ts";

const LIBRARY = JSON.stringify(join(import.meta.dirname, "../src/index.ts"));

/** By task, a shell line that gives its secret `S` away. */
const LINES: Readonly<Record<string, string>> = {
  plain: 'echo "it is $S"',
  pieces: 'printf %s "$S" | { dd bs=9 count=1 2>/dev/null; sleep 0.3; cat; }',
  bytes:
    'printf %s "$S" | while c=$(dd bs=1 count=1 2>/dev/null) && [ -n "$c" ]; do printf %s "$c"; done',
  error: 'echo "cannot log in with $S" >&2; exit 1',
  // The message of a failure ends within it, the tail of stderr begins within it, and a line of the
  // log is cut there.
  cut: 'printf "%0490d%s%0100d" 0 "$S" 0 >&2; exit 1',
  tail: 'printf "%s%04060d" "$S" 0 >&2; exit 1',
  line: 'printf "%016380d%s%s\\n" 0 "$S" "$S"',
  base64: 'printf "user:%s" "$S" | base64 -w 0',
  report: 'echo "::belfry report key=$S"',
  progress: 'echo "::belfry progress 1/2 $S"',
  directive: 'echo "::belfry nonsense $S"',
  // What a node has in its environment, all its commands inherit.
  inherited: 'env; echo "$S" >&2; exit 1',
  listed: 'echo "$S"; sleep 1; exit 0',
};

/** By task, a function that gives its secret `s` away. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  result: "return { deep: [s] };",
  key: "return { [s]: 1 };",
  number: "return { pin: Number(s) };",
  thrown: "throw new PermanentError('no ' + s);",
  cause: "throw new Error('failed', { cause: new Error(s) });",
  odd: "throw { token: s };",
  logged: "ctx.log.info('it is ' + s); ctx.log.error('x', { [s]: [s], error: new Error(s) });",
  figure: "ctx.report({ token: s }); throw new Error('after it');",
  unit: "ctx.progress(1, 2, s);",
  url: "ctx.log.info('http://host/?q=' + encodeURIComponent(s));",
};

/** Code that reads a variable by itself, which the configuration names as a secret. */
const OWN = "throw new Error(process.env['OWN']);";

const TASKS = [...Object.keys(LINES), ...Object.keys(FUNCTIONS), "own", "input", "pem", "quiet"];
const PEM = ["-----BEGIN KEY-----", ...Array.from({ length: 4 }, canary), "-----END KEY-----"].join(
  "\n",
);

function canary(): string {
  return systemEntropy() + systemEntropy();
}

/** With what JSON, URLs and shells each write in another way. */
function secretOf(task: string): string {
  if (task === "number") return String(1e14 + Number.parseInt(systemEntropy().slice(0, 11), 16));
  return `${canary()}+"/ä${canary()}`;
}

function nameOf(task: string): string {
  return task.toUpperCase();
}

function tasksFile(): string {
  const commands = Object.entries(LINES).map(([task, line]) => {
    const run = `shell(${JSON.stringify(line)}, { env: { S: secret("${nameOf(task)}") } })`;
    return `export const ${task}Command = task("${task}", { retry: 1, run: ${run} });`;
  });
  const functions = Object.entries({ ...FUNCTIONS, own: OWN }).map(([task, body]) => {
    const read = task === "own" ? "" : `const s = ctx.secret("${nameOf(task)}");`;
    const run = `async (ctx) => { ${read} ${body} }`;
    return `export const ${task}Function = task("${task}", { retry: 1, run: ${run} });`;
  });
  return `import { PermanentError, secret, shell, task } from ${LIBRARY};
${[...commands, ...functions].join("\n")}
export const input = task("input", { run: shell("cat", { stdin: secret("INPUT") }) });
export const pem = task("pem", { run: shell("cat; sed 's/^/  /' $PEM_FILE", { stdin: secret("PEM") }) });
export const quiet = task("quiet", { run: shell("true", { env: { PLAIN: "a-plain-value" } }) });
`;
}

/** What every user of the host may read of its processes, as `ps` does. */
function processList(): Buffer {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`);
    } catch {
      return Buffer.alloc(0);
    }
  });
  return Buffer.concat(lines);
}

/** Everything that somebody may look at, by where it is. */
class Seen {
  readonly places: { readonly place: string; readonly bytes: Buffer }[] = [];

  add(place: string, content: string | Buffer): void {
    this.places.push({ place, bytes: Buffer.from(content) });
  }

  addFiles(folder: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) this.add(path, readFileSync(path));
    }
  }

  async addAnswer(folder: string, ...argv: string[]): Promise<void> {
    const captured = captureIo({ cwd: folder });
    await main(argv, captured.io);
    this.add(`belfry ${argv.join(" ")}`, captured.stdout + captured.stderr);
  }

  where(text: string): string[] {
    return this.places.filter(({ bytes }) => bytes.includes(text)).map(({ place }) => place);
  }
}

/** What gives a value away; half of one is too much. */
function tracesOf(value: string): string[] {
  const bytes = Buffer.from(`user:${value}`);
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
  return [...forms, bytes.toString("base64"), value.slice(0, 30), value.slice(-30)];
}

describe("secrets", () => {
  it("are found nowhere, in whatever way tasks give them away", async () => {
    await using world = new World();
    await using mounted = new World();
    const { folder } = world;
    const variables = Object.fromEntries(
      TASKS.filter((task) => !["pem", "thrown", "quiet"].includes(task)).map((task) => [
        nameOf(task),
        secretOf(task),
      ]),
    );
    const files = { PEM, THROWN: secretOf("thrown") };
    for (const [name, value] of Object.entries(files)) {
      writeFileSync(join(mounted.folder, name), `${value}\n`);
      variables[`${name}_FILE`] = join(mounted.folder, name);
    }
    writeFileSync(join(folder, "tasks.ts"), tasksFile());
    const config = { tasks: ["tasks.ts"], store: "sqlite:belfry.db", node: { http: "0" } };
    // What functions read is known when they have read it, unless it is named before.
    const secrets = [...Object.keys(FUNCTIONS), "own"]
      .map(nameOf)
      .filter((name) => name !== "THROWN");
    const text = JSON.stringify({ ...config, secrets });
    writeFileSync(join(folder, "belfry.config.ts"), `export default ${text};`);

    const seen = new Seen();
    await using up = new Up(folder, ["--output"], {
      env: { ...variables, BELFRY_HTTP: "127.0.0.1:0" },
    });
    await up.said(({ event }) => event === "up");
    for (const task of TASKS) await world.trigger(task);
    await until(() => {
      seen.add("ps", processList());
      return up.lines.filter(({ event }) => event === "ended").length === TASKS.length;
    }, 20_000);
    for (const path of ["/metrics", "/readyz"]) seen.add(path, (await up.get(path)).body);
    seen.addFiles(folder);
    assert.equal(await up.stop(), 0);
    seen.addFiles(folder);
    seen.add("stdout", up.stdout);
    seen.add("stderr", up.stderr);
    await seen.addAnswer(folder, "runs", "--json");
    for (const verb of ["show", "logs", "why"]) {
      for (const task of TASKS) await seen.addAnswer(folder, verb, `${task}@latest`, "--json");
    }

    const given = Object.entries(variables).filter(([name]) => !name.endsWith("_FILE"));
    const values = [
      ...given.map(([, value]) => value),
      ...Object.values(files),
      ...PEM.split("\n"),
    ];
    for (const value of values) {
      for (const trace of tracesOf(value)) {
        const places = seen.where(trace).filter((place) => !place.endsWith("/tasks.ts"));
        assert.deepEqual(places, [], `${trace} of ${value}`);
      }
    }
    assert.deepEqual(
      seen.where("a-plain-value").filter((place) => !place.endsWith("/tasks.ts")),
      [],
      "values of variables given to commands",
    );
    // Each has come as far as it could.
    const said = (place: string): string =>
      seen.places.find((each) => each.place === place)?.bytes.toString() ?? "";
    for (const task of TASKS.filter((each) => each !== "quiet")) {
      const told = ["show", "logs"].map((verb) => said(`belfry ${verb} ${task}@latest --json`));
      assert.ok(told.join("").includes(`[secret ${nameOf(task)}]`), `${task}: ${told}`);
    }
  });
});

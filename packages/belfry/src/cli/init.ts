import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CONFIG_FILES } from "../define/config-names.ts";
import { type Command, defineCommand } from "./command.ts";
import type { Session } from "./session.ts";

interface NewFile {
  readonly path: string;
  readonly text: string;
}

export const initCommand: Command = defineCommand({
  name: "init",
  summary: "Writes a configuration and a first task, and tells what to type next",
  details: ["It asks nothing and overwrites nothing."],
  options: { yaml: { help: "one belfry.yaml for both, in place of TypeScript" } },
  async run(session, call) {
    const { cwd } = session.io;
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const present = CONFIG_FILES.find((name) => existsSync(join(cwd, name)));
    const yaml = call.has("yaml");
    const files = yaml ? [yamlFile(timeZone, schemaPath(cwd))] : [configFile(timeZone), HELLO];
    const written: string[] = [];
    const kept: string[] = [];
    for (const file of files) {
      const isConfig = file !== HELLO;
      const there = isConfig ? present : existsSync(join(cwd, file.path)) ? file.path : undefined;
      if (there === undefined) await write(cwd, file);
      if (there === undefined) written.push(file.path);
      else kept.push(there);
    }
    if (session.json) session.document({ folder: cwd, written, kept });
    else tell(session, written, kept);
    if (!yaml) await warnOfPackage(session);
    tellNext(session);
    return 0;
  },
});

async function write(folder: string, { path, text }: NewFile): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  // `wx`: whatever came there since it was looked for stays.
  await writeFile(file, text, { flag: "wx" });
}

function tell(session: Session, written: readonly string[], kept: readonly string[]): void {
  const { out } = session;
  for (const path of written) session.print(`${out.good("+")} ${path}`);
  for (const path of kept) session.print(`${out.dim("=")} ${path} is there already: left as it is`);
}

function tellNext(session: Session): void {
  session.say(
    "",
    "Next:",
    "  belfry up             run what is due, until Ctrl-C",
    "  belfry run hello      run it now, from another terminal",
    "  belfry tasks          what there is, and when it is due",
  );
}

async function warnOfPackage(session: Session): Promise<void> {
  if (await hasPackage(session.io.cwd)) return;
  session.say(
    "",
    `${session.err.doubtful("!")} package.json does not have belfry, which the task imports: npm install belfry`,
  );
}

async function hasPackage(folder: string): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    return ["dependencies", "devDependencies"].some((kind) => names(content, kind, "belfry"));
  } catch {
    return false;
  }
}

function names(content: unknown, kind: string, name: string): boolean {
  if (typeof content !== "object" || content === null) return false;
  const list: unknown = Reflect.get(content, kind);
  return typeof list === "object" && list !== null && name in list;
}

function configFile(timeZone: string): NewFile {
  return {
    path: "belfry.config.ts",
    text: `import { defineConfig } from "belfry";

export default defineConfig({
  // Every exported task of these files counts.
  tasks: ["tasks/**/*.ts"],
  // The zone of every schedule that names none.
  timeZone: ${JSON.stringify(timeZone)},
});
`,
  };
}

const HELLO: NewFile = {
  path: "tasks/hello.ts",
  text: `import { every, task } from "belfry";

export const hello = task("hello", {
  description: "Says hello every minute",
  schedule: every("1m"),
  async run(ctx) {
    ctx.log.info("Hello! This run was due at " + ctx.dueAt.toISOString());
  },
});
`,
};

const SCHEMA = "node_modules/belfry/belfry.schema.json";

/** Where an editor finds what may be written: in the nearest folder above that has it installed. */
function schemaPath(cwd: string): string {
  for (let up = "."; ; up = join(up, "..")) {
    const path = join(up, SCHEMA);
    if (existsSync(join(cwd, path))) return path;
    if (dirname(join(cwd, up)) === join(cwd, up)) return SCHEMA;
  }
}

function yamlFile(timeZone: string, schema: string): NewFile {
  return {
    path: "belfry.yaml",
    text: `# yaml-language-server: $schema=${schema}
# The zone of every schedule that names none.
timeZone: ${timeZone}

tasks:
  hello:
    description: Says hello every minute
    schedule: every 1m
    shell: echo "Hello! This run was due at $BELFRY_DUE_AT"
`,
  };
}

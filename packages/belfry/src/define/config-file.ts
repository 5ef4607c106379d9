import { access, readFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { BelfryError } from "../core/errors.ts";
import { CONFIG_FILES } from "./config-names.ts";
import { configSchema, type WrittenConfig } from "./config-schema.ts";
import { faultsOf } from "./issues.ts";
import { importFile } from "./module-file.ts";
import { error, type Fault, formatProblem, type Locate, locate } from "./problem.ts";

/** A configuration that was read and is sound. */
export interface ConfigFile {
  readonly written: WrittenConfig;
  readonly locate: Locate;
}

/**
 * The configuration of a folder or of the nearest one above it, or null.
 *
 * @throws BelfryError `ambiguous-config` where one folder has several.
 */
export async function findConfigFile(cwd: string): Promise<string | null> {
  for (const folder of upward(cwd)) {
    const there = await Promise.all(CONFIG_FILES.map((name) => exists(join(folder, name))));
    const [first, second] = CONFIG_FILES.filter((_, index) => there[index]);
    if (first === undefined) continue;
    if (second === undefined) return join(folder, first);
    const message = `${folder} has both ${first} and ${second}`;
    throw new BelfryError("usage", "ambiguous-config", message, "keep one, or say --config FILE");
  }
  return null;
}

/**
 * @throws BelfryError `no-config` where there is no such file, `bad-config` with all that is wrong
 * in it.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  if (!(await exists(path))) {
    const hint = "name another with --config, or run belfry init";
    throw new BelfryError("usage", "no-config", `there is no ${path}`, hint, { file: path });
  }
  const isYaml = [".yaml", ".yml"].includes(extname(path));
  const { value, locate } = isYaml ? await readYaml(path) : await readModule(path);
  const checked = configSchema.safeParse(value);
  if (!checked.success) throw badConfig(faultsOf(checked.error.issues), locate);
  return { written: checked.data, locate };
}

/** `name` of the nearest package.json that has one, else the folder's. */
export async function projectName(folder: string): Promise<string> {
  for (const above of upward(folder)) {
    const name = await packageName(join(above, "package.json"));
    if (name !== null) return name;
  }
  return basename(folder) || "belfry";
}

async function packageName(file: string): Promise<string | null> {
  try {
    const content: unknown = JSON.parse(await readFile(file, "utf8"));
    if (typeof content !== "object" || content === null || !("name" in content)) return null;
    return typeof content.name === "string" && content.name !== "" ? content.name : null;
  } catch {
    return null;
  }
}

interface ReadFile {
  readonly value: unknown;
  readonly locate: Locate;
}

async function readYaml(file: string): Promise<ReadFile> {
  // Most projects have none, and its parser is the largest thing that would be loaded for nothing.
  const { parseYaml } = await import("./yaml.ts");
  const { value, lineOf, errors } = parseYaml(await readFile(file, "utf8"));
  const [first] = errors;
  if (first !== undefined) throw badConfig(errors, () => ({ file, line: first.line }));
  return { value, locate: (path) => ({ file, line: lineOf(path) }) };
}

async function readModule(file: string): Promise<ReadFile> {
  const imported = await importFile(file);
  if (!imported.ok) throw badConfig([imported.fault], () => imported);
  const at: Locate = () => ({ file, line: null });
  const { default: value } = imported.exports;
  if (value !== undefined) return { value, locate: at };
  const fault = error([], "has no default export", "write export default defineConfig({ … })");
  throw badConfig([fault], at);
}

/** One error for all that is wrong: it stands where the first mistake does. */
export function badConfig(faults: readonly Fault[], at: Locate): BelfryError {
  const problems = faults.map((fault) => locate(fault, at));
  const [first, second] = problems;
  const place = { file: first?.file ?? undefined, line: first?.line ?? undefined };
  if (first !== undefined && second === undefined) {
    const message = formatProblem({ ...first, file: null, hint: null });
    return new BelfryError("usage", "bad-config", message, first.hint, place);
  }
  const list = problems.map((problem) => {
    const said = formatProblem({ ...problem, file: null });
    return problem.line === null ? said : `line ${problem.line}: ${said}`;
  });
  const message = [`the configuration has ${problems.length} mistakes`, ...list].join("\n");
  return new BelfryError("usage", "bad-config", message, null, place);
}

function* upward(from: string): Generator<string> {
  let folder = resolve(from);
  for (;;) {
    yield folder;
    const above = dirname(folder);
    if (above === folder) return;
    folder = above;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

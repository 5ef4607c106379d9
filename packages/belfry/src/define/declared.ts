import { readFile } from "node:fs/promises";
import { extname, isAbsolute, relative, resolve } from "node:path";
import type { Config } from "./config.ts";
import { taskFileSchema } from "./config-schema.ts";
import { faultsOf } from "./issues.ts";
import { importFile, placeIn } from "./module-file.ts";
import type { WrittenPolicies } from "./policy-schema.ts";
import { type Fault, type Locate, locate, type Problem, warning } from "./problem.ts";
import { declarationOf, isTask, type Task } from "./task.ts";

/** A task as it was found: named and placed, not yet checked. */
export interface DeclaredTask {
  readonly name: string;
  readonly options: unknown;
  /** Where the task, or the option of it under a path, was written. */
  readonly locate: Locate;
  readonly timeZone: string;
  readonly defaults: WrittenPolicies;
}

export interface Declared {
  readonly tasks: readonly DeclaredTask[];
  readonly problems: readonly Problem[];
}

/** The tasks that the configuration itself holds: as they are, or by name. */
export function declaredIn(config: Config): Declared {
  const { tasks, map, locate: at } = config.tasks;
  const given = new Set(tasks);
  const named = Object.entries(map).map(([name, options]) => ({
    name,
    options,
    locate: shownFrom(config.folder, (path) => at(["tasks", name, ...path])),
    ...around(config),
  }));
  return {
    tasks: [...[...given].map((task) => declaredTask(task, config.file, config)), ...named],
    problems: [],
  };
}

/** The tasks that one file declares, and what is wrong with the file as a whole. */
export async function declaredInFile(
  file: string,
  config: Config,
  seen: Set<Task>,
): Promise<Declared> {
  if ([".yaml", ".yml"].includes(extname(file))) return declaredInYaml(file, config);
  const imported = await importFile(file);
  if (!imported.ok) {
    const place = { file: shown(imported.file, config.folder), line: imported.line };
    return { tasks: [], problems: [locate(imported.fault, () => place)] };
  }
  const exported = Object.values(imported.exports);
  const tasks = exported.filter(isTask).filter((task) => !seen.has(task));
  for (const task of tasks) seen.add(task);
  const silent = warning([], "exports nothing", "export the tasks that it declares");
  const place = { file: shown(file, config.folder), line: null };
  return {
    tasks: [...new Set(tasks)].map((task) => declaredTask(task, file, config)),
    problems: exported.length === 0 ? [locate(silent, () => place)] : [],
  };
}

async function declaredInYaml(file: string, config: Config): Promise<Declared> {
  const { parseYaml } = await import("./yaml.ts");
  const { value, lineOf, errors } = parseYaml(await readFile(file, "utf8"));
  const name = shown(file, config.folder);
  const at: Locate = (path) => ({ file: name, line: lineOf(path) });
  if (errors.length > 0) {
    const placed = (fault: Fault & { line: number }) =>
      locate(fault, () => ({ file: name, line: fault.line }));
    return { tasks: [], problems: errors.map(placed) };
  }
  const checked = taskFileSchema.safeParse(value);
  if (!checked.success) {
    const problems = faultsOf(checked.error.issues).map((fault) => locate(fault, at));
    return { tasks: [], problems };
  }
  const { timeZone = config.timeZone, defaults = {}, tasks = {} } = checked.data;
  const declared = Object.entries(tasks).map(([task, options]) => ({
    name: task,
    options,
    locate: (path: readonly PropertyKey[]) => at(["tasks", task, ...path]),
    timeZone,
    defaults: { ...config.defaults, ...defaults },
  }));
  return { tasks: declared, problems: [] };
}

function declaredTask(task: Task, file: string | null, config: Config): DeclaredTask {
  const { name, options, stack } = declarationOf(task);
  const place = placeIn(stack, file);
  const at = {
    file: shown(place?.file ?? file, config.folder),
    line: place?.line ?? null,
  };
  return { name, options: flat(options), locate: () => at, ...around(config) };
}

function around({ timeZone, defaults }: Config): Pick<DeclaredTask, "timeZone" | "defaults"> {
  return { timeZone, defaults };
}

/** `run: command([…], { cwd })` says the same as `command` and `cwd` beside it, as YAML has them. */
export function flat(options: unknown): unknown {
  if (typeof options !== "object" || options === null || !("run" in options)) return options;
  const { run, ...rest } = options;
  const isCommand = typeof run === "object" && run !== null && ("command" in run || "shell" in run);
  return isCommand ? { ...rest, ...run } : options;
}

function shownFrom(folder: string, at: Locate): Locate {
  return (path) => {
    const { file, line } = at(path);
    return { file: shown(file, folder), line };
  };
}

/** A path as people are shown it: relative to the project where it is in it. */
export function shown(file: string, folder: string): string;
export function shown(file: string | null, folder: string): string | null;
export function shown(file: string | null, folder: string): string | null {
  if (file === null) return null;
  const path = relative(folder, resolve(folder, file));
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}

import { glob } from "node:fs/promises";
import { extname, resolve } from "node:path";
import type { Definition, SourcePlace } from "../core/definition.ts";
import type { CommandWork } from "../executors/command.ts";
import type { FunctionWork } from "../executors/function.ts";
import type { StandardSchemaV1 } from "../executors/standard-schema.ts";
import type { HeartbeatTarget } from "../heartbeat.ts";
import type { ComposeMail } from "../mailer.ts";
import { type Calendars, readCalendars } from "./calendars.ts";
import { compareText } from "./compare-text.ts";
import type { Config } from "./config.ts";
import {
  type Declared,
  type DeclaredTask,
  declaredIn,
  declaredInFile,
  flat,
  shown,
} from "./declared.ts";
import { heartbeatTarget } from "./heartbeat.ts";
import { faultsOf } from "./issues.ts";
import { definitionHash, normalize } from "./normalize.ts";
import { error, type Fault, locate, type Problem, warning } from "./problem.ts";
import type { Task } from "./task.ts";
import { nameSchema, taskSchema } from "./task-schema.ts";
import { workOf } from "./work.ts";

/** A task that was declared, checked and given the form in which it is stored and run. */
export interface LoadedTask extends SourcePlace {
  readonly definition: Definition;
  /** Hash of the definition. */
  readonly hash: string;
  readonly work: FunctionWork | CommandWork;
  /** What a trigger's payload has to fit, if anything. */
  readonly payloadSchema: StandardSchemaV1 | null;
  /** What its output is mailed as; absent: it is not. */
  readonly mail?: ComposeMail;
  /** Who hears of its runs; absent: nobody. */
  readonly heartbeat?: HeartbeatTarget;
}

export interface LoadedTasks {
  /** By name, in order. */
  readonly tasks: readonly LoadedTask[];
  /** An error refuses one task or one file, never the others. */
  readonly problems: readonly Problem[];
  /** Names of tasks, and files, that errors kept from being loaded; in order. */
  readonly unread: readonly string[];
}

export interface LoadOptions {
  readonly now: number;
}

const EXTENSIONS = new Set([".ts", ".mts", ".tsx", ".js", ".mjs", ".yaml", ".yml"]);
const NOT_TASKS = /(?:\.d\.m?ts|\.(?:test|spec)\.m?[jt]sx?)$/;

/**
 * Loads every task of a configuration: finds and imports the files, checks each task by the one
 * schema, fills in the defaults. Never throws for a mistake in them: that is a problem in the
 * answer. Files under `node_modules`, type declarations and tests are passed over.
 *
 * Paths in the answer are relative to the configuration's folder.
 */
export async function loadTasks(config: Config, options: LoadOptions): Promise<LoadedTasks> {
  const { files, problems } = await findTaskFiles(config);
  const seen = new Set<Task>(config.tasks.tasks);
  const found: Declared[] = [declaredIn(config)];
  const unread = new Set<string>();
  for (const file of files) {
    const declared = await declaredInFile(file, config, seen);
    if (declared.problems.some(isError)) unread.add(shown(file, config.folder));
    found.push(declared);
  }
  const { unique, clashing, clashes } = byName(found.flatMap(({ tasks }) => tasks));
  const calendars = await readCalendars(config.calendars, config.folder);
  const around = { config, calendars, now: options.now };
  const checked = await Promise.all(unique.map((task) => check(task, around)));
  for (const name of clashing) unread.add(name);
  for (const [index, { task }] of checked.entries()) {
    if (task === null) unread.add(unique[index]?.name ?? "");
  }
  return {
    tasks: checked.flatMap(({ task }) => (task === null ? [] : [task])),
    unread: [...unread].sort(compareText),
    problems: [
      ...problems,
      ...found.flatMap((declared) => declared.problems),
      ...clashes,
      ...checked.flatMap((each) => each.problems),
    ],
  };
}

/** The task files that the globs of a configuration find, in order. */
export async function findTaskFiles(
  config: Config,
): Promise<{ readonly files: readonly string[]; readonly problems: readonly Problem[] }> {
  const files = new Set<string>();
  const problems: Problem[] = [];
  const at = () => ({ file: config.file, line: null });
  for (const pattern of config.tasks.globs) {
    const matches = await filesOf(pattern, config);
    for (const file of matches) files.add(file);
    if (matches.length > 0) continue;
    problems.push(locate(warning(["tasks"], `no file matches "${pattern}"`), at));
  }
  return { files: [...files].sort(compareText), problems };
}

async function filesOf(pattern: string, config: Config): Promise<string[]> {
  const matches: string[] = [];
  const exclude = (path: string) => path.split(/[\\/]/).includes("node_modules");
  for await (const match of glob(pattern, { cwd: config.folder, exclude })) {
    const file = resolve(config.folder, match);
    if (file === config.file || NOT_TASKS.test(file)) continue;
    if (EXTENSIONS.has(extname(file))) matches.push(file);
  }
  return matches;
}

/** Tasks by name; of a name that several bear, none can be meant. */
function byName(tasks: readonly DeclaredTask[]): {
  readonly unique: readonly DeclaredTask[];
  readonly clashing: readonly string[];
  readonly clashes: readonly Problem[];
} {
  const groups = Map.groupBy(tasks, ({ name }) => name);
  const unique: DeclaredTask[] = [];
  const clashing: string[] = [];
  const clashes: Problem[] = [];
  for (const name of [...groups.keys()].sort(compareText)) {
    const group = groups.get(name) ?? [];
    const last = group.at(-1);
    if (last === undefined) continue;
    if (group.length === 1) {
      unique.push(last);
      continue;
    }
    clashing.push(name);
    clashes.push(locate(clash(group), last.locate, [name]));
  }
  return { unique, clashing, clashes };
}

function clash(group: readonly DeclaredTask[]): Fault {
  const places = group.map(({ locate: at }) => {
    const { file, line } = at([]);
    return line === null ? (file ?? "the program") : `${file}:${line}`;
  });
  const message = `${group.length} tasks have this name: ${places.join(" and ")}`;
  return error([], message, "rename all but one: until then none of them is loaded");
}

async function check(
  declared: DeclaredTask,
  { config, calendars, now }: { config: Config; calendars: Calendars; now: number },
): Promise<{ readonly task: LoadedTask | null; readonly problems: readonly Problem[] }> {
  const { name, timeZone, defaults } = declared;
  const refuse = (faults: readonly Fault[]) => ({
    task: null,
    problems: faults.map((fault) => locate(fault, declared.locate, [name])),
  });
  const named = nameSchema.safeParse(name);
  if (!named.success) return refuse(faultsOf(named.error.issues));
  const written = taskSchema.safeParse(flat(declared.options));
  if (!written.success) return refuse(faultsOf(written.error.issues));
  const channels = [...config.channels.keys()];
  const around = { timeZone, defaults, alerts: config.alerts, channels, calendars, now };
  const { definition, faults } = await normalize(name, written.data, around);
  const { problems } = refuse(faults);
  if (definition === null) return { task: null, problems };
  const { heartbeat } = written.data;
  const task: LoadedTask = {
    definition,
    hash: definitionHash(definition),
    work: workOf(written.data, config.folder),
    ...declared.locate([]),
    payloadSchema: written.data.payload ?? null,
    ...(heartbeat === undefined ? {} : { heartbeat: heartbeatTarget(heartbeat) }),
  };
  return { task, problems };
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

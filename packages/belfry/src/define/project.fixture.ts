import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Config, type ConfigFlags, resolveConfig } from "./config.ts";
import { type LoadedTask, type LoadedTasks, loadTasks } from "./load.ts";
import { formatProblem } from "./problem.ts";
import type { Environment } from "./secret.ts";

const here = import.meta.dirname;
const zod = import.meta.resolve("zod");

/** What every task file of a test begins with, on its first line. */
const IMPORTS =
  `import { z } from "${zod}"; import { task } from "${here}/task.ts"; ` +
  `import { at, cron, every } from "${here}/schedules.ts"; ` +
  `import { command, shell } from "${here}/commands.ts"; ` +
  `import { secret } from "${here}/secret.ts"; export const imported = [z, task, at, cron, every, ` +
  "command, shell, secret];";

export const NOW: number = Date.UTC(2026, 10, 24, 12);

/** A folder of somebody's project, for the length of a test. */
export class Project implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** @param files contents by path; task files may use the whole library without importing it. */
  static async create(files: Readonly<Record<string, string>>): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), "belfry-define-")));
    for (const [path, content] of Object.entries(files)) await project.write(path, content);
    return project;
  }

  async write(path: string, content: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    const isTaskFile = path.startsWith("tasks/") && path.endsWith(".ts");
    await writeFile(file, isTaskFile ? `${IMPORTS}\n${content}` : content);
  }

  config(
    input: { flags?: ConfigFlags; environment?: Environment; in?: string } = {},
  ): Promise<Config> {
    const { flags, environment = {} } = input;
    return resolveConfig({ cwd: join(this.folder, input.in ?? "."), flags, environment });
  }

  async load(): Promise<LoadedTasks> {
    return loadTasks(await this.config(), { now: NOW });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The tasks of a project, and its problems as people read them. */
export async function loaded(files: Readonly<Record<string, string>>): Promise<{
  tasks: readonly LoadedTask[];
  names: string[];
  unread: readonly string[];
  problems: string[];
}> {
  const config = 'tasks: ["tasks/**/*"]';
  await using project = await Project.create({ "belfry.yaml": config, ...files });
  const { tasks, unread, problems } = await project.load();
  return {
    tasks,
    unread,
    names: tasks.map(({ definition }) => definition.task),
    problems: problems.map((problem) => `${problem.severity} ${formatProblem(problem)}`),
  };
}

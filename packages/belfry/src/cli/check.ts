import { extname, relative, resolve } from "node:path";
import { BelfryError } from "../core/errors.ts";
import type { Config } from "../define/config.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { Crontabs } from "../main/crontabs.ts";
import {
  type Card,
  type CheckedTask,
  missingCounts,
  type Setting,
  scorecard,
} from "../verbs/scorecard.ts";
import { placementProblems } from "./check-placement.ts";
import { tellCards, tellProblems } from "./check-words.ts";
import { type Command, defineCommand } from "./command.ts";
import { type Annotation, annotation } from "./github.ts";
import type { Session } from "./session.ts";
import { plainLines } from "./terminal/escape.ts";

export const checkCommand: Command = defineCommand({
  name: "check",
  summary: "A scorecard: what each task has of what production asks, and what to write",
  details: [
    "Schedule in code, harmless when repeated, one run at a time, a heartbeat, an alert, logs that " +
      "are kept. It loads the configuration and the task files, as `belfry up` would, runs nothing " +
      "and needs no store; where nodes work, it says which tasks none of them has the tags for. It tells what was declared and guesses nothing. Exits 1 where something " +
      "is missing, or a task could not be loaded.",
  ],
  options: {
    crontab: { value: "PATH", presence: "several", help: "check this crontab, or all of a folder" },
    format: { value: "github", help: "annotations for a workflow of GitHub Actions" },
  },
  examples: [["belfry check --format github", "in a workflow: marks the lines of a pull request"]],
  async run(session, call) {
    const format = readFormat(call.value("format"));
    const paths = call.all("crontab").map((path) => resolve(session.io.cwd, path));
    const config = await session.config();
    const { cards, problems } = await check(session, config, paths);
    const ok = cards.length > 0 && cards.every((card) => card.ok) && !problems.some(isError);
    if (session.json) document(session, ok, cards, problems);
    else if (format === "github") annotate(session, config, cards, problems);
    else {
      tellCards(session, cards);
      tellProblems(session, problems);
    }
    if (cards.length === 0) tellNone(session, problems);
    return ok ? 0 : 1;
  },
});

function readFormat(text: string | null): "github" | "people" {
  if (text === null) return "people";
  if (text === "github") return "github";
  const message = `There is no format ${JSON.stringify(text)}.`;
  const hint = "--format github writes annotations; --json a document.";
  throw new BelfryError("usage", "bad-usage", message, hint);
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}

interface Checked {
  readonly cards: readonly Card[];
  readonly problems: readonly Problem[];
}

async function check(session: Session, config: Config, paths: readonly string[]): Promise<Checked> {
  const { hasTasks, readCrontabs } = await import("../main.ts");
  const { loadTasks } = await import("../define/load.ts");
  const setting: Setting = {
    logsMs: config.retention.logsMs,
    channels: [...config.channels.keys()],
    language: languageOf(config.file),
  };
  const own = hasTasks(config)
    ? await loadTasks(config, { now: session.io.clock.now() })
    : { tasks: [], problems: [] };
  const crontabs = paths.length === 0 ? null : await readCrontabs(paths, config);
  const tasks = [
    ...own.tasks.map((task) => checked(task, config.name, languageOf(task.file))),
    ...(crontabs === null ? [] : crontabTasks(crontabs)),
  ];
  return {
    cards: tasks.map((task) => scorecard(task, setting)),
    problems: [
      ...own.problems,
      ...(crontabs?.loaded.problems ?? []),
      ...(await placementProblems(session, config, own.tasks)),
    ],
  };
}

/** What stands in no file was declared by a program. */
function languageOf(file: string | null): "typescript" | "yaml" {
  return file !== null && [".yaml", ".yml"].includes(extname(file)) ? "yaml" : "typescript";
}

function crontabTasks({ loaded }: Crontabs): readonly CheckedTask[] {
  const own = new Set(
    loaded.crontabs.filter(({ place }) => place === "own").map(({ file }) => file),
  );
  return loaded.tasks.map((task) => {
    const file = task.file ?? "";
    return checked(task, `crontab ${file}`, own.has(file) ? "crontab" : "host-crontab");
  });
}

function checked(
  { definition, file, line, work }: LoadedTask,
  source: string,
  written: CheckedTask["written"],
): CheckedTask {
  const shell = work.kind === "shell" ? (work.argv.at(-1) ?? null) : null;
  return { definition, source, file, line, written, shell };
}

function document(
  session: Session,
  ok: boolean,
  tasks: readonly Card[],
  problems: readonly Problem[],
): void {
  const complete = tasks.filter((card) => card.ok).length;
  const summary = { tasks: tasks.length, complete, missing: missingCounts(tasks) };
  session.document({ ok, summary, tasks, problems });
}

/** One for each task: GitHub shows a few of them only. Paths are from the root of the checkout. */
function annotate(
  session: Session,
  config: Config,
  cards: readonly Card[],
  problems: readonly Problem[],
): void {
  const root = session.io.env["GITHUB_WORKSPACE"] ?? session.io.cwd;
  const fromRoot = (file: string | null): string | null =>
    file === null ? null : relative(root, resolve(config.folder, file));
  const print = (said: Annotation): void => session.print(plainLines(annotation(said)));
  for (const { task, file, line, ticks } of cards) {
    const lacks = ticks.filter(({ state }) => state === "missing");
    if (lacks.length === 0) continue;
    const message = lacks.map(({ name, words, remedy }) => `${name}: ${words}. Write ${remedy}`);
    const place = { file: fromRoot(file), line };
    const title = `belfry check: ${task}`;
    print({ level: "warning", ...place, title, message: message.join("\n") });
  }
  for (const { severity, file, line, path, message, hint } of problems) {
    const text = [message, ...(hint === null ? [] : [hint])].join("\n");
    const title = `belfry check: ${path ?? "not loaded"}`;
    const place = { file: fromRoot(file), line };
    print({ level: severity, ...place, title, message: text });
  }
}

function tellNone(session: Session, problems: readonly Problem[]): void {
  if (problems.length > 0) return;
  session.say(
    "There is no task to check: `belfry init` writes a first one; --crontab FILE checks a crontab.",
  );
}

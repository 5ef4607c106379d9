import type { Definition, SourcePlace } from "../core/definition.ts";
import { tagWords } from "../core/placement.ts";
import type { LoadedTask } from "../define/load.ts";
import type { Problem } from "../define/problem.ts";
import type { NodeRow, Refusal, TaskRow } from "../records.ts";
import { codeOf } from "../verbs/nodes.ts";
import { nodeState } from "../views/node.ts";
import { type Diagnosis, doubtful, ok, wrong } from "./diagnosis.ts";
import { counted } from "./words.ts";

/** What loading the task files had to say. */
export function diagnoseTasks(tasks: number, problems: readonly Problem[]): Diagnosis[] {
  const findings = problems.map(({ severity, file, line, path, message, hint }) => {
    const place = placeOf({ file, line });
    const text = [place, path ?? "", message].filter((part) => part !== "").join(": ");
    return severity === "error"
      ? wrong("task files", text, hint)
      : doubtful("task files", text, hint ?? "See whether it is meant.");
  });
  if (tasks > 0) return [ok("task files", `${counted(tasks, "task")} can be loaded.`), ...findings];
  const none = "No task was found.";
  return [...findings, doubtful("task files", none, "belfry init writes a first one.")];
}

/** Tasks that nobody alive has the code of. Where nobody is alive at all, that is said already. */
export function diagnoseCarriers(
  tasks: readonly TaskRow[],
  nodes: readonly NodeRow[],
  now: number,
): Diagnosis[] {
  const alive = nodes.filter((node) => nodeState(node, now) === "alive");
  if (alive.length === 0) return [];
  const enabled = tasks.filter((task) => task.enabled);
  const unread = enabled.filter((task) => codeOf(task, alive) === "unread");
  const absent = enabled.filter((task) => codeOf(task, alive) === "absent");
  const unplaced = enabled.filter((task) => codeOf(task, alive) === "unplaced");
  const mend = "Mend what is said of the task files, then start the node anew.";
  return [
    ...(unread.length === 0
      ? []
      : [wrong("tasks", `No live node could load ${namesOf(unread)}.`, mend)]),
    ...(absent.length === 0
      ? []
      : [
          wrong(
            "tasks",
            `No live node has the code of ${namesOf(absent)}.`,
            "Start a node where that code is: belfry up.",
          ),
        ]),
    ...diagnoseUnplaced(unplaced),
  ];
}

/** Tasks whose code is there, on nodes that lack a tag: one finding for each set of tags. */
function diagnoseUnplaced(tasks: readonly TaskRow[]): Diagnosis[] {
  const byTags = Map.groupBy(tasks, ({ body }) => tagWords(body.policies.runsOn));
  return [...byTags].map(([tags, asking]) =>
    wrong(
      "tasks",
      `No living node has ${tags}, which ${namesOf(asking)} ${asking.length === 1 ? "runs" : "run"} on.`,
      "Start a node that has them (node.tags in its configuration), or change runsOn.",
    ),
  );
}

/**
 * Tasks whose name another source had first: they are not taken. What live nodes bring is known to
 * the store; what stands in this code base may not have been brought by anybody yet.
 */
export function diagnoseRefusals(
  source: string,
  loaded: readonly Pick<LoadedTask, "definition" | "file" | "line">[],
  rows: readonly TaskRow[],
  refusals: readonly Refusal[],
): Diagnosis[] {
  const owners = new Map(rows.filter(({ enabled }) => enabled).map((row) => [row.name, row]));
  const ours = loaded.flatMap(({ definition: { task }, file, line }): Refusal[] => {
    const owner = owners.get(task);
    if (owner === undefined || owner.source === source) return [];
    return [{ task, source, file, line, owner }];
  });
  const known = new Set(ours.map(({ task }) => `${source} ${task}`));
  const theirs = refusals.filter((refusal) => !known.has(`${refusal.source} ${refusal.task}`));
  return [...ours, ...theirs].map((refusal) => {
    const place = placeOf(refusal);
    const there = placeOf(refusal.owner);
    const message =
      `${place === "" ? "" : `${place}: `}${refusal.task} of ${refusal.source} is refused: the ` +
      `source ${refusal.owner.source} has a task of this name${there === "" ? "" : ` (its ${there})`}.`;
    const remedy =
      "Rename one of them; or, where both are one code base, give both one `name` in the " +
      "configuration.";
    return wrong("tasks", message, remedy);
  });
}

/** Tasks of which nobody would learn that they fail, or that they do not run. */
export function diagnoseWatched(definitions: readonly Definition[]): Diagnosis[] {
  if (definitions.length === 0) return [];
  const unalerted = definitions.filter(({ watch }) => watch.alerts.length === 0);
  const scheduled = definitions.filter(({ schedules }) => schedules.length > 0);
  const unheard = scheduled.filter(({ watch }) => watch.heartbeat === null);
  const named = (lacking: readonly Definition[]): string =>
    namesOf(lacking.map(({ task }) => ({ name: task })));
  const findings = [
    ...(unalerted.length === 0
      ? []
      : [
          `Nobody is told when ${counted(unalerted.length, "task fails", "tasks fail")}: ${named(unalerted)}.`,
        ]),
    ...(unheard.length === 0
      ? []
      : [
          `Nobody outside notices when ${counted(unheard.length, "task does", "tasks do")} not run: ${named(unheard)}.`,
        ]),
  ].map((message) => doubtful("watched", message, "`belfry check` says what to write."));
  if (findings.length > 0) return findings;
  return [ok("watched", "Every task has an alert, and a heartbeat where it has a schedule.")];
}

/** The first few of many. */
function namesOf(tasks: readonly { readonly name: string }[]): string {
  const names = tasks.slice(0, 5).map(({ name }) => name);
  const more = tasks.length > names.length ? ` and ${tasks.length - names.length} more` : "";
  return `${names.join(", ")}${more}`;
}

function placeOf({ file, line }: SourcePlace): string {
  return [file ?? "", line ?? ""].filter((part) => part !== "").join(":");
}

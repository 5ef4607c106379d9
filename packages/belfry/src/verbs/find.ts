import { localDate } from "@belfry/schedule";
import { BelfryError } from "../core/errors.ts";
import { occurrenceId, scheduleId } from "../core/identity.ts";
import { writtenInstant } from "../core/written-instant.ts";
import { closest } from "../define/closest.ts";
import type { RunRow, TaskRow } from "../records.ts";
import type { VerbContext } from "./context.ts";

/** The beginning of an id; shorter ones would be words. */
const PREFIX = /^[0-9a-f][0-9a-f-]{3,35}$/i;

/** @throws BelfryError `unknown-task`, with the name that was probably meant. */
export async function findTask({ store }: VerbContext, name: string): Promise<TaskRow> {
  const [task] = await store.tasks(name);
  if (task !== undefined) return task;
  const names = (await store.tasks(null)).filter(({ enabled }) => enabled).map((row) => row.name);
  const meant = closest(name, names);
  const guess = meant === null ? "" : `Did you mean ${meant}? `;
  const hint =
    names.length === 0
      ? "No task was ever loaded here. Start a node with `belfry up`, or see `belfry doctor`."
      : `${guess}\`belfry tasks\` lists what there is; \`belfry doctor\` names what could not be loaded.`;
  throw new BelfryError("not-found", "unknown-task", `There is no task ${name}.`, hint);
}

/**
 * Finds what a name means: a task's name wins over the beginning of a run's id, and what cannot be
 * a run must be a task.
 *
 * @throws BelfryError as `findTask` and `findRun`.
 */
export async function findTaskOrRun(
  context: VerbContext,
  subject: string,
): Promise<{ task: TaskRow; run: null } | { task: null; run: RunRow }> {
  const [task] = await context.store.tasks(subject);
  if (task !== undefined) return { task, run: null };
  if (subject.includes("@") || PREFIX.test(subject)) {
    return { task: null, run: await findRun(context, subject) };
  }
  return { task: await findTask(context, subject), run: null };
}

/**
 * Finds a run by what people write: the beginning of its id, `TASK@latest`, or `TASK@INSTANT` and
 * `TASK/KEY@INSTANT` for the run of that occurrence. An instant without `Z` or an offset is in the
 * task's zone.
 *
 * @throws BelfryError `unknown-run`, `ambiguous-run`, or `bad-run` where it cannot be read.
 */
export async function findRun(context: VerbContext, reference: string): Promise<RunRow> {
  const at = reference.lastIndexOf("@");
  return at < 0
    ? await findByPrefix(context, reference)
    : await findByOccurrence(context, reference.slice(0, at), reference.slice(at + 1));
}

async function findByPrefix({ store }: VerbContext, prefix: string): Promise<RunRow> {
  if (!PREFIX.test(prefix)) {
    const hint = "Write the beginning of a run's id, TASK@latest or TASK@2026-11-24T02:30Z.";
    throw new BelfryError("usage", "bad-run", `${prefix} does not name a run.`, hint);
  }
  const [run, second] = await store.runsByPrefix(prefix.toLowerCase(), 2);
  if (run === undefined) throw unknownRun(prefix, "`belfry runs` lists the newest.");
  if (second === undefined) return run;
  const message = `${prefix} begins the ids of several runs, among them ${run.id} and ${second.id}.`;
  throw new BelfryError("usage", "ambiguous-run", message, "Write more of the id.");
}

async function findByOccurrence(
  context: VerbContext,
  subject: string,
  instant: string,
): Promise<RunRow> {
  const slash = subject.indexOf("/");
  const task = await findTask(context, slash < 0 ? subject : subject.slice(0, slash));
  const { store } = context;
  if (instant === "latest") {
    const [latest] = await store.runs({ task: task.name, limit: 1 });
    if (latest !== undefined) return latest;
    throw unknownRun(`${subject}@latest`, `${task.name} has not run yet.`);
  }
  const { timeZone } = task.body;
  const dueAt = writtenInstant(instant, timeZone);
  if (dueAt === null) {
    const hint = `Write 2026-11-24T02:30Z, or 2026-11-24T02:30 for that time in ${timeZone}.`;
    throw new BelfryError("usage", "bad-instant", `${instant} is not an instant.`, hint);
  }
  const keys = slash < 0 ? task.schedules.map(({ key }) => key) : [subject.slice(slash + 1)];
  for (const key of keys) {
    const run = await store.run(occurrenceId(scheduleId(task.name, key), dueAt));
    if (run !== null) return run;
  }
  const [byHand] = await store.runs({ task: task.name, from: dueAt, until: dueAt + 1, limit: 1 });
  if (byHand !== undefined) return byHand;
  const day = localDate(dueAt, timeZone);
  throw unknownRun(
    `${subject}@${instant}`,
    `\`belfry did ${task.name} --on ${day}\` shows what became of that day's occurrences.`,
  );
}

function unknownRun(reference: string, hint: string): BelfryError {
  return new BelfryError("not-found", "unknown-run", `There is no run ${reference}.`, hint);
}

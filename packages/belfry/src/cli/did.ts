import { startOfDay } from "@belfry/schedule";
import type { Did, DidOccurrence } from "../core/did.ts";
import { BelfryError } from "../core/errors.ts";
import { occurrenceReference, shortId } from "../core/run-reference.ts";
import type { TaskRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { did } from "../verbs/did.ts";
import { findTask } from "../verbs/find.ts";
import { didView } from "../views/did.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { readDay, readInstant } from "./instants.ts";
import type { Session } from "./session.ts";
import { zoneOf } from "./task-zones.ts";
import type { Row } from "./terminal/table.ts";
import { instantWords, rangeWords } from "./terminal/time-words.ts";
import { counted, dressState, markOf, reasonWords } from "./words.ts";

const OPTIONS = {
  all: { help: "every task" },
  on: { value: "DAY", help: "a local day: yesterday, today or a date" },
  from: { value: "TIME", help: "from this instant; else from the beginning of yesterday" },
  until: { value: "TIME", help: "before this instant; else up to now" },
  tz: { value: "ZONE", help: "whose days are meant; else the task's zone" },
  strict: { help: "count what was skipped on purpose (overlap, pause, edit) against it too" },
} as const;

/** More rows than this are folded: an unbroken series of successes is one line. */
const UNFOLDED_MAX = 40;

export const didCommand: Command = defineCommand({
  name: "did",
  summary: "Tells whether a task did what it was due to do, occurrence by occurrence",
  details: [
    "Exits 1 where something failed, was cancelled, is still under way, or did not run because " +
      "no node was up and working or it was too late. Nothing due is fine.",
  ],
  arguments: [{ name: "TASK", presence: "optional" }],
  options: OPTIONS,
  examples: [
    ["belfry did backup --on yesterday", "did the backup run yesterday?"],
    ["belfry did --all --on yesterday --json", "for a report"],
  ],
  async run(session, call) {
    const context = await session.context();
    const tasks = await tasksAsked(context, call);
    const answers: Did[] = [];
    for (const task of tasks) {
      const period = periodOf(call, task, context.clock.now());
      answers.push(await did(context, task.name, period));
    }
    if (session.json) tellJson(session, call, answers);
    else {
      for (const [index, answer] of answers.entries()) {
        if (index > 0) session.print("");
        tellDid(session, answer, !call.has("all"));
      }
    }
    if (tasks.length === 0) session.say("There are no tasks: `belfry up` loads them.");
    return answers.every(({ ok }) => ok) ? 0 : 1;
  },
});

async function tasksAsked(
  context: VerbContext,
  call: Call<typeof OPTIONS>,
): Promise<readonly TaskRow[]> {
  const [name] = call.positionals;
  if ((name === undefined) !== call.has("all")) {
    const message = "Name one task, or say --all.";
    throw new BelfryError("usage", "bad-usage", message, "belfry did backup --on yesterday");
  }
  if (name !== undefined) return [await findTask(context, name)];
  return (await context.store.tasks(null)).filter(({ enabled }) => enabled);
}

function periodOf(
  call: Call<typeof OPTIONS>,
  task: TaskRow,
  now: number,
): Parameters<typeof did>[2] {
  const tz = call.value("tz");
  const timeZone = tz ?? zoneOf(task);
  const standpoint = { timeZone, now, bare: "ago" } as const;
  const on = call.value("on");
  const from = call.value("from");
  const until = call.value("until");
  if (on !== null && (from !== null || until !== null)) {
    throw new BelfryError(
      "usage",
      "bad-usage",
      "--on is a whole day: leave out --from and --until.",
    );
  }
  const yesterday = startOfDay(startOfDay(now, timeZone) - 1, timeZone);
  const period =
    on !== null
      ? readDay(on, standpoint)
      : {
          from: from === null ? yesterday : readInstant(from, standpoint),
          until: until === null ? now : readInstant(until, standpoint),
        };
  if (period.until > period.from) {
    return { ...period, timeZone: tz, strict: call.has("strict") };
  }
  throw new BelfryError("usage", "bad-period", "The period ends before it begins.");
}

function tellJson(session: Session, call: Call<typeof OPTIONS>, answers: readonly Did[]): void {
  const views = answers.map(didView);
  session.document(call.has("all") ? views : views[0]);
}

function tellDid(session: Session, answer: Did, whole: boolean): void {
  const { out } = session;
  const { task, timeZone, from, until, due, succeeded, ok } = answer;
  const period = `${instantWords(from, timeZone)} to ${instantWords(until, timeZone)}`;
  const mark = ok ? out.good(markOf("succeeded")) : out.bad(markOf("failed"));
  const sum =
    due === 0 ? "nothing was due" : `${succeeded} of ${counted(due, "due occurrence")} succeeded`;
  session.print(`${mark} ${out.bold(task)}  ${sum}  ${out.dim(`${period}, ${timeZone}`)}`);
  const bad = answer.occurrences.filter(({ state }) => state !== "succeeded");
  const rows = whole
    ? foldedRows(session, answer, answer.occurrences)
    : foldedRows(session, answer, bad);
  if (rows.length === 0) return;
  session.table(
    [{ title: "DUE" }, { title: "STATE" }, { title: "RUN" }, { title: "WHY", shrinks: true }],
    rows,
  );
}

/** Long lists are folded: neighbours that ended alike are one row. */
function foldedRows(session: Session, answer: Did, occurrences: readonly DidOccurrence[]): Row[] {
  const fold = occurrences.length > UNFOLDED_MAX;
  const groups: DidOccurrence[][] = [];
  for (const occurrence of occurrences) {
    const group = groups.at(-1);
    const [first] = group ?? [];
    const alike = first?.state === occurrence.state && first.reason === occurrence.reason;
    if (fold && alike && group !== undefined) group.push(occurrence);
    else groups.push([occurrence]);
  }
  return groups.flatMap((group) => rowOf(session, answer, group));
}

function rowOf(session: Session, answer: Did, group: readonly DidOccurrence[]): Row[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  const { dueAt, state, reason } = first;
  return [
    [
      rangeWords(dueAt, last.dueAt, answer.timeZone),
      { text: `${markOf(state)} ${state}`, dress: (text) => dressState(state, text, session.out) },
      group.length === 1 ? runWords(answer.task, first) : counted(group.length, "occurrence"),
      first.replayOf === null ? reasonWords(reason, state) : "made good by a replay",
    ],
  ];
}

/** The run that decides: its own by its occurrence, a replay by the beginning of its id. */
function runWords(task: string, { dueAt, schedule, run, replayOf }: DidOccurrence): string {
  if (run === null) return "";
  return replayOf === null ? occurrenceReference(task, schedule, dueAt) : shortId(run);
}

import { BelfryError } from "../core/errors.ts";
import { MOVES, type RunState } from "../core/run.ts";
import { runReference, shortId } from "../core/run-reference.ts";
import { closest } from "../define/closest.ts";
import type { RunFilter, RunRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { findTask } from "../verbs/find.ts";
import { runView } from "../views/run.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { readInstant, type Standpoint } from "./instants.ts";
import { readCount } from "./read-count.ts";
import type { Session } from "./session.ts";
import { taskZones, zoneOf } from "./task-zones.ts";
import type { Row } from "./terminal/table.ts";
import { durationWords, instantWords, relativeWords } from "./terminal/time-words.ts";
import { dressState, stateCell } from "./words.ts";

const OPTIONS = {
  task: { value: "TASK", help: "runs of this task" },
  state: { value: "STATE", help: "pending, running, succeeded, failed or cancelled" },
  unresolved: { help: "failed runs that nobody has replayed" },
  from: { value: "TIME", help: "due at this instant or after it: a date, yesterday, 2h (ago)" },
  until: { value: "TIME", help: "due before this instant" },
  limit: { value: "N", help: "at most so many; else 20" },
} as const;

const LIMIT_MAX = 10_000;

export const runsCommand: Command = defineCommand({
  name: "runs",
  summary: "Lists runs, newest first",
  details: ["Instants without an offset are in the task's zone, else in the configured one."],
  options: OPTIONS,
  examples: [
    ["belfry runs --state failed --from 1d", "what failed since this time yesterday"],
    ["belfry runs --unresolved", "what failed for good, and was not replayed"],
    ["belfry runs --task backup --limit 5", "the newest five of one task"],
  ],
  async run(session, call) {
    const context = await session.context();
    const filter = await readFilter(session, context, call);
    const runs = await context.store.runs(filter);
    if (session.json) {
      session.document(runs.map(runView));
      return 0;
    }
    if (runs.length === 0) tellNone(session, filter);
    else await tellRuns(session, context, runs);
    if (runs.length === filter.limit) {
      session.say(session.err.dim(`The newest ${filter.limit}; --limit shows more.`));
    }
    return 0;
  },
});

async function readFilter(
  session: Session,
  context: VerbContext,
  call: Call<typeof OPTIONS>,
): Promise<RunFilter> {
  const name = call.value("task");
  const task = name === null ? null : await findTask(context, name);
  const timeZone = task === null ? (await session.config()).timeZone : zoneOf(task);
  const standpoint: Standpoint = { timeZone, now: context.clock.now(), bare: "ago" };
  const unresolved = call.has("unresolved") ? true : undefined;
  const named = call.value("state");
  const state = named === null ? undefined : readState(named);
  if (unresolved && state !== undefined && state !== "failed") {
    const message = "--unresolved is about failed runs.";
    throw new BelfryError("usage", "bad-usage", message, "Leave out --state.");
  }
  const from = call.value("from");
  const until = call.value("until");
  return {
    task: task?.name,
    state,
    unresolved,
    from: from === null ? undefined : readInstant(from, standpoint),
    until: until === null ? undefined : readInstant(until, standpoint),
    limit: readCount(call.value("limit"), "--limit", 20, LIMIT_MAX),
  };
}

function readState(text: string): RunState {
  if (isState(text)) return text;
  const states = Object.keys(MOVES);
  const meant = closest(text, states);
  const hint = meant === null ? `There are ${states.join(", ")}.` : `Did you mean ${meant}?`;
  throw new BelfryError("usage", "bad-state", `There is no state ${JSON.stringify(text)}.`, hint);
}

function isState(text: string): text is RunState {
  return Object.hasOwn(MOVES, text);
}

function tellNone(session: Session, filter: RunFilter): void {
  const narrow = filter.state ?? filter.from ?? filter.until;
  if (filter.unresolved) session.say("No failed run waits for somebody to replay it.");
  else if (narrow !== undefined) session.say("No run is like that.");
  else if (filter.task !== undefined) {
    session.say(`${filter.task} has not run yet: \`belfry run ${filter.task}\` runs it now.`);
  } else {
    session.say("Nothing has run yet: `belfry tasks` tells when what is due.");
  }
}

/** Prints runs as a table, each under a name by which it can be asked for. */
export async function tellRuns(
  session: Session,
  context: VerbContext,
  runs: readonly RunRow[],
): Promise<void> {
  const zone = await taskZones(
    context,
    runs.map(({ task }) => task),
  );
  const now = context.clock.now();
  const names = new Map(runs.map((run) => [run.id, runReference(run)]));
  const nameOf = (id: string): string => names.get(id) ?? shortId(id);
  const { out } = session;
  session.table(
    [
      { title: "TASK" },
      { title: "RUN" },
      { title: "STATE" },
      { title: "DUE", spare: true },
      { title: "AGE", align: "right" },
      { title: "TOOK", align: "right", spare: true },
      { title: "WHY", shrinks: true },
    ],
    runs.map(
      (run): Row => [
        run.task,
        { text: runReference(run), dress: (text) => out.bold(text) },
        stateCell(run.state, out),
        instantWords(run.dueAt, zone(run.task)),
        relativeWords(run.dueAt, now),
        run.startedAt === null ? "" : durationWords((run.endedAt ?? now) - run.startedAt),
        { text: whyWords(run, now, nameOf), dress: (text) => dressState(run.state, text, out) },
      ],
    ),
  );
}

/** What a list has room for: the reason and what the error said, or what a waiting run waits for. */
function whyWords(run: RunRow, now: number, nameOf: (id: string) => string): string {
  const { state, reason, error, asked } = run;
  if (state === "pending") return waitWords(run, now);
  if (asked !== null && (state === "running" || state === "cancelled")) {
    const words = asked.asked === "replaced" ? `replaced by ${nameOf(asked.by)}` : `by ${asked.by}`;
    return state === "running" ? `asked to end: ${words}` : words;
  }
  const said = error === null ? [] : [error.message.split("\n", 1)[0] ?? ""];
  const why = reason === null || reason === run.state ? [] : [reason];
  return [...why, ...said].join(": ");
}

function waitWords(run: RunRow, now: number): string {
  if (run.parked === "paused") return "paused";
  if (run.parked === "code") return "no live node has its code";
  if (run.parked === "gate") return "waits for its limit";
  if (run.readyAt === null || run.readyAt <= now) return "";
  const again = run.attempts.length > 0 ? "again " : "";
  return `${again}${relativeWords(run.readyAt, now)}`;
}

import { troubleWords } from "../core/alert-text.ts";
import { tagWords } from "../core/placement.ts";
import type { Attempt } from "../core/run.ts";
import { runReference, shortId } from "../core/run-reference.ts";
import { nextAfter } from "../core/schedule.ts";
import type { NodeRow, RunRow, TaskRow } from "../records.ts";
import type { VerbContext } from "../verbs/context.ts";
import { findTaskOrRun } from "../verbs/find.ts";
import { codeOf, liveNodes } from "../verbs/nodes.ts";
import { policyWords } from "../views/policy-words.ts";
import { attemptNumber, runDetailView } from "../views/run.ts";
import { scheduleWords } from "../views/schedule.ts";
import { enabledSchedules, taskDetailView } from "../views/task.ts";
import { type Command, defineCommand } from "./command.ts";
import { heartbeatWords } from "./heartbeat-words.ts";
import { tellRuns } from "./runs.ts";
import type { Session } from "./session.ts";
import { zoneOf } from "./task-zones.ts";
import { plain, plainLines } from "./terminal/escape.ts";
import { durationWords, instantWords, relativeWords } from "./terminal/time-words.ts";
import { dressState, progressWords, stateCell, stateWords } from "./words.ts";

const RUNS_SHOWN = 5;

export const showCommand: Command = defineCommand({
  name: "show",
  summary: "Tells all of one task, or of one run with its attempts",
  arguments: [{ name: "TASK|RUN", presence: "required" }],
  options: {},
  examples: [
    ["belfry show backup", "its schedules, its policies in sentences, where it is declared"],
    ["belfry show backup@latest", "its newest run"],
  ],
  async run(session, call) {
    const context = await session.context();
    const { task, run } = await findTaskOrRun(context, call.argument(0));
    if (run === null) await showTask(session, context, task);
    else await showRun(session, context, run);
    return 0;
  },
});

async function showTask(session: Session, context: VerbContext, task: TaskRow): Promise<void> {
  const now = context.clock.now();
  if (session.json) {
    session.document(taskDetailView(task, now));
    return;
  }
  const { body, pause } = task;
  const { heartbeat } = body.watch;
  const place = task.line === null ? task.file : `${task.file}:${task.line}`;
  const last = task.lastSuccess;
  session.print(session.out.bold(plain(task.name)));
  if (body.description !== null) session.print(plain(body.description));
  session.print("");
  session.fields([
    ["pause", pause === null ? null : pauseWords(task, now)],
    ["incident", await incidentWords(context, task, now)],
    ["removed", task.enabled ? null : "the release in force no longer has it"],
    ...scheduleFields(task, now),
    ["zone", zoneOf(task)],
    ["last success", last === null ? "never" : whenWords(last.dueAt, task, now)],
    ["executor", body.executor],
    ["source", place ?? task.source],
    ["owner", body.owner],
    ["severity", body.severity],
    ["tags", body.tags.join(", ") || null],
    ["runbook", body.runbook],
    ["heartbeat", heartbeat === null ? null : heartbeatWords(heartbeat)],
    ["idempotent", body.idempotent === true ? "yes, it says" : body.idempotent],
    ["nodes", nodesWords(task, await liveNodes(context))],
  ]);
  session.print("", ...policyWords(body.policies).map((sentence) => `• ${sentence}`));
  const runs = await context.store.runs({ task: task.name, limit: RUNS_SHOWN });
  if (runs.length === 0) return;
  session.print("");
  await tellRuns(session, context, runs);
}

async function incidentWords(
  { store }: VerbContext,
  task: TaskRow,
  now: number,
): Promise<string | null> {
  const [open] = await store.incidents({ task: task.name, open: true, limit: 1 });
  if (open?.kind !== "task") return null;
  return `open since ${whenWords(open.openedAt, task, now)}: ${troubleWords(open)}`;
}

function scheduleFields(task: TaskRow, now: number): [string, string][] {
  const schedules = enabledSchedules(task);
  if (schedules.length === 0) return [["schedule", "none: it runs by hand, by API or from code"]];
  return schedules.flatMap((schedule): [string, string][] => {
    const { id, key, parts } = schedule;
    const next = nextAfter(schedule, now);
    return [
      [key === "default" ? "schedule" : key, scheduleWords(id, parts, now)],
      ["", next === null ? "never due again" : `next ${whenWords(next, task, now)}`],
    ];
  });
}

function pauseWords({ pause, body }: TaskRow, now: number): string {
  if (pause === null) return "";
  const { by, reason, fromAt, untilAt } = pause;
  const until =
    untilAt === null
      ? "until somebody resumes it"
      : `until ${instantWords(untilAt, body.timeZone)}`;
  const because = reason === null ? "" : `: ${reason}`;
  return `by ${by} ${relativeWords(fromAt, now)}, ${until}${because}`;
}

function nodesWords(task: TaskRow, live: readonly NodeRow[]): string | null {
  if (!task.enabled) return null;
  const code = codeOf(task, live);
  const { runsOn } = task.body.policies;
  if (code === "unplaced") return `no living node has ${tagWords(runsOn)}: \`belfry nodes\``;
  if (code === "unread") return "no live node could load it: `belfry doctor`";
  if (code === "absent") return "no live node has its code: `belfry up`";
  const names = live.map(({ id }) => id).filter((id) => task.carriers.includes(id));
  return names.join(", ");
}

function whenWords(at: number, task: TaskRow, now: number): string {
  return `${instantWords(at, zoneOf(task))} (${relativeWords(at, now)})`;
}

async function showRun(session: Session, context: VerbContext, run: RunRow): Promise<void> {
  if (session.json) {
    session.document(runDetailView(run));
    return;
  }
  const [task] = await context.store.tasks(run.task);
  const timeZone = task === undefined ? "UTC" : zoneOf(task);
  const now = context.clock.now();
  const instant = (at: number | null): string | null =>
    at === null ? null : `${instantWords(at, timeZone)} (${relativeWords(at, now)})`;
  const { out } = session;
  const state = dressState(run.state, stateWords(run), out);
  session.print(`${out.bold(plain(runReference(run)))}  ${state}`);
  session.print("");
  session.fields([
    ["id", run.id],
    ["task", run.task],
    ["made by", `${run.trigger.kind}, ${run.trigger.by}`],
    ["replay of", run.replayOf],
    ["due", instant(run.dueAt)],
    ["ready", run.state === "pending" ? instant(run.readyAt) : null],
    ["started", instant(run.startedAt)],
    ["ended", instant(run.endedAt)],
    ["took", tookWords(run, now)],
    ["attempt", attemptNumber(run) === 0 ? null : String(attemptNumber(run))],
    ["node", run.node],
    ...(await replacementFields(context, run)),
    ["payload", run.payload],
    ["result", run.result],
    ["report", run.report],
    ["progress", progressWords(run.progress)],
    ["error", run.error === null ? null : run.error.message],
  ]);
  if (run.error?.stack) session.print("", out.dim(plainLines(run.error.stack)));
  if (run.attempts.length > 0) tellAttempts(session, run.attempts, timeZone);
  if (run.state === "failed") session.say("", ...nextSteps(run));
}

/** How many runs of the task are looked through for the one that this run replaced. */
const LOOKED_THROUGH = 50;

/** Who asked it to end, and which run it has asked to end in turn. */
async function replacementFields(
  { store }: VerbContext,
  { id, task, state, asked, dueAt }: RunRow,
): Promise<(readonly [string, string])[]> {
  const fields: (readonly [string, string])[] = [];
  if (asked?.asked === "cancelled") fields.push(["asked", `to end, by ${asked.by}`]);
  if (asked?.asked === "replaced") {
    const by = await store.run(asked.by);
    const name = by === null ? shortId(asked.by) : runReference(by);
    fields.push([state === "cancelled" ? "replaced by" : "asked to end for", name]);
  }
  const others = await store.runs({ task, until: dueAt, limit: LOOKED_THROUGH });
  for (const other of others) {
    const isEnding = other.state === "running" || other.state === "cancelled";
    const forThis = other.asked?.asked === "replaced" && other.asked.by === id;
    if (isEnding && forThis) fields.push(["replaces", runReference(other)]);
  }
  return fields;
}

function tookWords({ startedAt, endedAt }: RunRow, now: number): string | null {
  return startedAt === null ? null : durationWords((endedAt ?? now) - startedAt);
}

function nextSteps(run: RunRow): string[] {
  const name = runReference(run);
  return [`belfry logs ${name}`, `belfry why ${name}`, `belfry replay ${name}`];
}

function tellAttempts(session: Session, attempts: readonly Attempt[], timeZone: string): void {
  session.print("");
  session.table(
    [
      { title: "ATTEMPT", align: "right" },
      { title: "OUTCOME" },
      { title: "STARTED" },
      { title: "TOOK", align: "right" },
      { title: "EXIT", align: "right" },
      { title: "NODE", spare: true },
      { title: "LOG", align: "right", spare: true },
      { title: "ERROR", shrinks: true },
    ],
    attempts.map((attempt) => [
      String(attempt.number),
      stateCell(attempt.outcome, session.out),
      instantWords(attempt.startedAt, timeZone),
      durationWords(attempt.endedAt - attempt.startedAt),
      attempt.signal ?? (attempt.exitCode === null ? "" : String(attempt.exitCode)),
      attempt.node,
      logWords(attempt),
      attempt.error?.message.split("\n", 1)[0] ?? "",
    ]),
  );
}

function logWords({ logBytes, logBytesDropped }: Attempt): string {
  const dropped = logBytesDropped > 0 ? ` (${bytesWords(logBytesDropped)} dropped)` : "";
  return `${bytesWords(logBytes)}${dropped}`;
}

function bytesWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / 1024 ** 2, "MiB"];
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${unit}`;
}

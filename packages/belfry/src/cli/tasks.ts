import type { NodeRow, TaskRow } from "../records.ts";
import { codeOf, liveNodes } from "../verbs/nodes.ts";
import { scheduleWords } from "../views/schedule.ts";
import { enabledSchedules, nextDueAt, taskView } from "../views/task.ts";
import { type Command, defineCommand } from "./command.ts";
import type { Session } from "./session.ts";
import type { Row } from "./terminal/table.ts";
import { instantWords, relativeWords } from "./terminal/time-words.ts";
import { stateCell } from "./words.ts";

export const tasksCommand: Command = defineCommand({
  name: "tasks",
  summary: "Lists the tasks: when each runs, its next and its last run",
  options: {},
  async run(session) {
    const context = await session.context();
    const { store, clock } = context;
    const now = clock.now();
    const tasks = (await store.tasks(null)).filter(({ enabled }) => enabled);
    if (session.json) {
      session.document(tasks.map((task) => taskView(task, now)));
      return 0;
    }
    if (tasks.length === 0) {
      session.say(
        "There are no tasks: nothing was loaded into this store yet.",
        "Write a first one with `belfry init`, then start a node with `belfry up`.",
      );
      return 0;
    }
    const live = await liveNodes(context);
    session.table(
      [
        { title: "TASK" },
        { title: "WHEN", shrinks: true },
        { title: "NEXT", shrinks: true },
        { title: "LAST RUN", shrinks: true },
      ],
      tasks.map((task) => rowOf(session, task, live, now)),
    );
    if (live.length === 0) session.say("No node is alive, so nothing runs: `belfry up`.");
    return 0;
  },
});

function rowOf(session: Session, task: TaskRow, live: readonly NodeRow[], now: number): Row {
  const words = enabledSchedules(task).map(({ id, parts }) => scheduleWords(id, parts));
  const { lastRun } = task;
  return [
    { text: task.name, dress: (text) => session.out.bold(text) },
    words.length === 0 ? "by hand" : words.join("; "),
    nextCell(session, task, live, now),
    lastRun === null
      ? "never"
      : stateCell(lastRun.state, session.out, ` ${relativeWords(lastRun.endedAt, now)}`),
  ];
}

function nextCell(
  session: Session,
  task: TaskRow,
  live: readonly NodeRow[],
  now: number,
): Row[number] {
  if (task.pause !== null) return stateCell("paused", session.out);
  // Where nobody is alive that is said once, beneath.
  if (live.length > 0 && codeOf(task, live) !== "carried") {
    return { text: "no live node has its code", dress: (text) => session.out.bad(text) };
  }
  const at = nextDueAt(task, now);
  if (at === null) return "";
  return `${instantWords(at, task.body.timeZone)} (${relativeWords(at, now)})`;
}

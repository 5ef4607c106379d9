import { findTask } from "../verbs/find.ts";
import { pause } from "../verbs/pause.ts";
import { taskView } from "../views/task.ts";
import { type Command, defineCommand } from "./command.ts";
import { readInstant } from "./instants.ts";
import { zoneOf } from "./task-zones.ts";
import { instantWords, relativeWords } from "./terminal/time-words.ts";

export const pauseCommand: Command = defineCommand({
  name: "pause",
  summary: "Holds a task: nothing of it starts, and no deploy undoes it",
  details: [
    "What runs now ends. What falls due meanwhile is recorded as not run and is not made up for; " +
      "retries and runs by hand are held until `belfry resume`.",
  ],
  arguments: [{ name: "TASK", presence: "required" }],
  options: {
    until: { value: "TIME", help: "when it ends by itself: 2h, tomorrow, 2026-12-01T09:00" },
    reason: { value: "TEXT", help: "why, for the others" },
  },
  examples: [['belfry pause backup --until 2h --reason "disk is being replaced"', "for two hours"]],
  async run(session, call) {
    const context = await session.context();
    const task = await findTask(context, call.argument(0));
    const until = call.value("until");
    const now = context.clock.now();
    const timeZone = zoneOf(task);
    const untilAt = until === null ? null : readInstant(until, { timeZone, now, bare: "ahead" });
    const reason = call.value("reason");
    const paused = await pause(context, task.name, { untilAt, reason }, now);
    if (session.json) {
      session.document(taskView(paused, now));
      return 0;
    }
    const end =
      untilAt === null
        ? `until \`belfry resume ${task.name}\``
        : `until ${instantWords(untilAt, timeZone)} (${relativeWords(untilAt, now)})`;
    session.print(`${task.name} is paused by ${context.by}, ${end}.`);
    return 0;
  },
});

import { runReference } from "../core/run-reference.ts";
import { resume } from "../verbs/pause.ts";
import { runView } from "../views/run.ts";
import { nextDueAt, taskView } from "../views/task.ts";
import { type Command, defineCommand } from "./command.ts";
import { zoneOf } from "./task-zones.ts";
import { plain } from "./terminal/escape.ts";
import { instantWords, relativeWords } from "./terminal/time-words.ts";
import { counted } from "./words.ts";

export const resumeCommand: Command = defineCommand({
  name: "resume",
  summary: "Lifts a pause, and tells what that sets free",
  details: ["What came due during the pause stays not run: see it with `belfry did TASK`."],
  arguments: [{ name: "TASK", presence: "required" }],
  options: {},
  async run(session, call) {
    const context = await session.context();
    const { task, held } = await resume(context, call.argument(0));
    const now = context.clock.now();
    if (session.json) {
      session.document({ ...taskView(task, now), held: held.map(runView) });
      return 0;
    }
    session.print(`${task.name} is no longer paused.`);
    if (held.length > 0) session.print(`${counted(held.length, "run")} that waited may start now:`);
    for (const run of held) {
      session.print(
        `  ${plain(runReference(run))}  (${run.trigger.kind}, ${plain(run.trigger.by)})`,
      );
    }
    const next = nextDueAt(task, now);
    if (next !== null) {
      session.print(`Next: ${instantWords(next, zoneOf(task))} (${relativeWords(next, now)}).`);
    }
    return 0;
  },
});

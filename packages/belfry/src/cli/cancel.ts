import { runReference } from "../core/run-reference.ts";
import { cancel } from "../verbs/cancel.ts";
import { runView } from "../views/run.ts";
import { type Command, defineCommand } from "./command.ts";

export const cancelCommand: Command = defineCommand({
  name: "cancel",
  summary: "Ends a run: one that waits at once, one that runs by asking it to end",
  arguments: [{ name: "RUN", presence: "required" }],
  options: {},
  async run(session, call) {
    const context = await session.context();
    const { run, answer } = await cancel(context, call.argument(0));
    if (session.json) {
      session.document(runView(run));
      return 0;
    }
    const name = runReference(run);
    const subject = run.scheduleKey === null ? `${name} of ${run.task}` : name;
    session.print(
      answer === "cancelled"
        ? `${subject} was cancelled by ${context.by}.`
        : `${subject} was asked to end by ${context.by}; what it does first counts.`,
    );
    if (answer === "asked") session.say(session.err.dim(`See it with \`belfry show ${name}\`.`));
    return 0;
  },
});

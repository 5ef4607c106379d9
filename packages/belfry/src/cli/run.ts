import { runReference } from "../core/run-reference.ts";
import { findTask } from "../verbs/find.ts";
import { trigger } from "../verbs/trigger.ts";
import { runView } from "../views/run.ts";
import { hasLiveCarrier } from "./attendance.ts";
import { type Call, type Command, defineCommand } from "./command.ts";
import { waitForRun } from "./wait-for-run.ts";

const OPTIONS = {
  payload: { value: "JSON", help: "what the run is given" },
  wait: { help: "follow its log until it has ended; exit 0, 1, or 124 where it timed out" },
  "idempotency-key": { value: "KEY", help: "the same key again answers the same run" },
  force: { help: "although the task is paused" },
} as const;

export const runCommand: Command = defineCommand({
  name: "run",
  summary: "Runs a task now, by hand",
  details: [
    "A live node that has the task's code runs it, behind what its concurrency lets run already. " +
      "With no such node it waits for one; with --wait it is run here instead.",
  ],
  arguments: [{ name: "TASK", presence: "required" }],
  options: OPTIONS,
  examples: [
    ["belfry run backup --wait", "run it and see how it goes"],
    ["belfry run billing --payload '{\"customer\": 7}'", "with something to work on"],
  ],
  async run(session, call) {
    const context = await session.context();
    const task = await findTask(context, call.argument(0));
    const { run, already } = await trigger(context, task.name, triggerOptions(call));
    if (already) session.say(`That idempotency key has made this run before: ${run.id}.`);
    const alone = run.endedAt === null && !(await hasLiveCarrier(context, task.name));
    if (call.has("wait")) return await waitForRun(session, context, run, alone);
    if (session.json) session.document(runView(run));
    else session.print(run.id);
    const name = runReference(run);
    if (alone) {
      session.say(
        `No live node has the code of ${task.name}: the run waits until one is up.`,
        "Start one with `belfry up`. With --wait it would be run here: for that,",
        `withdraw this one with \`belfry cancel ${name}\`.`,
      );
    } else if (run.endedAt === null) {
      session.say(session.err.dim(`See it with \`belfry logs ${name} --follow\`.`));
    }
    return 0;
  },
});

function triggerOptions(call: Call<typeof OPTIONS>): Parameters<typeof trigger>[2] {
  return {
    payload: call.value("payload"),
    at: null,
    idempotencyKey: call.value("idempotency-key"),
    force: call.has("force"),
  };
}
